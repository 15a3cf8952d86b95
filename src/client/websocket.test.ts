import { expect, test } from 'vitest'
import { webSocketPort } from './websocket.ts'

test('the port over a browser’s WebSocket hands on text, open and close, and drops binary', () => {
  const socket = new EventTarget() as WebSocket
  const done: unknown[] = []
  socket.send = (text) => done.push(['send', text])
  socket.close = (code) => done.push(['close', code])
  const port = webSocketPort((url, protocol) => {
    done.push([url, protocol])
    return socket
  })('wss://shop.example/ws', 'kf.v1', {
    onopen: () => done.push('open'),
    onmessage: (text) => done.push(['message', text]),
    onclose: (code) => done.push(['closed', code]),
  })
  socket.onopen?.(new Event('open'))
  socket.onmessage?.(new MessageEvent('message', { data: '{"type":"pong"}' }))
  socket.onmessage?.(new MessageEvent('message', { data: new ArrayBuffer(1) }))
  port.send('{"type":"ping"}')
  port.close(1000)
  socket.onclose?.({ code: 1006 } as CloseEvent)
  expect(done).toEqual([
    ['wss://shop.example/ws', 'kf.v1'],
    'open',
    ['message', '{"type":"pong"}'],
    ['send', '{"type":"ping"}'],
    ['close', 1000],
    ['closed', 1006],
  ])
})
