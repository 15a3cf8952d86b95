import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { root } from './root.ts'

/** What both ways hand over: as many messages as a batch of the link has under load, of an ordinary message's size. */
export const messagesPerBatch = 100
export const messageBytes = 250
export const batchBytes = messagesPerBatch * messageBytes
export const ringBatches = 16

/** CPU-µs per message, of both sides together, over a Unix socket. */
export async function socketFigures(batches: number): Promise<number> {
  const path = join(root, `.bench-${process.pid}.sock`)
  const thread = await startThread({ way: 'socket', path, batches })
  try {
    const socket = connect(path)
    await once(socket, 'connect')
    const batch = Buffer.alloc(batchBytes, 0x61)
    const spent = await cpuUsOf(async () => {
      const done = once(thread, 'message')
      for (let n = 0; n < batches; n++) {
        if (!socket.write(batch)) await once(socket, 'drain')
      }
      await done
    })
    socket.destroy()
    return spent / batches / messagesPerBatch
  } finally {
    await thread.terminate()
    rmSync(path, { force: true })
  }
}

/**
 * The same through a ring of shared memory: `Atomics` alone, no lock. Each side sleeps while there is nothing for it to do. NOTE:
 * an event loop may not sleep like that; what it would need instead costs more, so this is the least it can cost.
 */
export async function ringFigures(batches: number): Promise<number> {
  const shared = new SharedArrayBuffer(8 + ringBatches * batchBytes)
  const thread = await startThread({ way: 'ring', shared, batches })
  try {
    const [written, read] = [0, 1]
    const marks = new Int32Array(shared, 0, 2)
    const bytes = new Uint8Array(shared, 8)
    const batch = new Uint8Array(batchBytes).fill(0x61)
    const spent = await cpuUsOf(async () => {
      const done = once(thread, 'message')
      for (let n = 0; n < batches; n++) {
        for (
          let seen = Atomics.load(marks, read);
          n - seen >= ringBatches;
          seen = Atomics.load(marks, read)
        ) {
          Atomics.wait(marks, read, seen)
        }
        bytes.set(batch, (n % ringBatches) * batchBytes)
        Atomics.store(marks, written, n + 1)
        Atomics.notify(marks, written)
      }
      await done
    })
    return spent / batches / messagesPerBatch
  } finally {
    await thread.terminate()
  }
}

async function startThread(data: unknown): Promise<Worker> {
  const thread = new Worker(new URL('./handover-thread.ts', import.meta.url), { workerData: data })
  await once(thread, 'message')
  return thread
}

// Of the whole process, its threads included.
async function cpuUsOf(task: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  await task()
  const { user, system } = process.cpuUsage(before)
  return user + system
}
