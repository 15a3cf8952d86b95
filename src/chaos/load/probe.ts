import { createServer, type Socket } from 'node:net'

/**
 * Writes the run's time to every generator each few milliseconds. How old a stamp is when a generator reads it is how late
 * its loop stamps everything else it reads: the one error of measurement that the generator cannot see by itself.
 */
export type Probe = { readonly port: number; readonly stop: () => void }

const everyMs = 5

export async function startProbe(now: () => number): Promise<Probe> {
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const timer = setInterval(() => {
    for (const socket of sockets) {
      const stamp = Buffer.allocUnsafe(8)
      stamp.writeDoubleBE(now())
      socket.write(stamp)
    }
  }, everyMs)
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    stop: () => {
      clearInterval(timer)
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
