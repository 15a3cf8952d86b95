import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/**
 * One person's way to the server, which can be cut. NOTE: the browser's own offline mode only stalls a WebSocket that is
 * open; here the connection ends for both sides, and new ones fail until the line is mended.
 */
export type Line = {
  /** Stands for the server's own address; the path is kept. */
  readonly url: string
  readonly cut: () => void
  readonly mend: () => void
  readonly stop: () => void
}

export async function startLine(serverUrl: string): Promise<Line> {
  const { hostname, port, pathname } = new URL(serverUrl)
  const ends = new Set<Socket>()
  let whole = true
  const hold = (socket: Socket, other: () => Socket | undefined): void => {
    ends.add(socket)
    // An end that breaks also says that it closed.
    socket.on('error', () => undefined)
    socket.on('close', () => {
      ends.delete(socket)
      other()?.destroy()
    })
  }
  const server = createServer((near) => {
    if (!whole) {
      near.resetAndDestroy()
      return
    }
    const far = connect({ host: hostname, port: Number(port) })
    hold(near, () => far)
    hold(far, () => near)
    near.pipe(far)
    far.pipe(near)
  })
  const cut = (): void => {
    whole = false
    for (const end of ends) end.resetAndDestroy()
  }
  server.listen({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  const address = server.address()
  const own = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${String(own)}${pathname}`,
    cut,
    mend: () => {
      whole = true
    },
    stop: () => {
      server.close()
      cut()
    },
  }
}
