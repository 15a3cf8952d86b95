import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { median } from './claim.ts'

const atOnce = 100

/** Microseconds of one write of so many bytes to a loopback socket, the call into the kernel included; the reader's work is not. */
export async function socketWriteUs(bytes: number, rounds: number): Promise<number> {
  const server = createServer((reader) => reader.resume())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // `net` gives an object for every address that is not a pipe.
  const socket = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, noDelay: true })
  await once(socket, 'connect')
  const frame = Buffer.alloc(bytes, 0x61)
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    const began = performance.now()
    for (let n = 0; n < atOnce; n++) socket.write(frame)
    times.push(((performance.now() - began) * 1000) / atOnce)
    // What was read meanwhile makes room: a full socket would be measured in place of a write.
    await new Promise((resolve) => setImmediate(resolve))
    if (socket.writableNeedDrain) await once(socket, 'drain')
  }
  socket.destroy()
  server.close()
  return median(times)
}
