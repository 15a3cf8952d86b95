import type { OpenSocket } from './contract.ts'

/** The port over a browser's `WebSocket`: `webSocketPort((url, protocol) => new WebSocket(url, protocol))`. */
export function webSocketPort(create: (url: string, protocol: string) => WebSocket): OpenSocket {
  return (url, protocol, { onopen, onmessage, onclose }) => {
    const socket = create(url, protocol)
    socket.onopen = onopen
    socket.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (typeof data === 'string') onmessage(data)
    }
    socket.onclose = ({ code }) => {
      onclose(code)
    }
    return {
      send: (text) => {
        socket.send(text)
      },
      close: (code) => {
        socket.close(code)
      },
    }
  }
}
