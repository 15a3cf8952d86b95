import { createServer } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'
import { batchBytes, ringBatches } from './handover.ts'

/** The receiving side of `handover.ts`: says when it is ready, and when it has copied all that it was to get. */
type Task =
  | { readonly way: 'socket'; readonly path: string; readonly batches: number }
  | { readonly way: 'ring'; readonly shared: SharedArrayBuffer; readonly batches: number }

// Given by handover.ts.
const task = workerData as Task
const own = Buffer.alloc(batchBytes)

if (task.way === 'socket') {
  let left = task.batches * batchBytes
  createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      chunk.copy(own, 0, 0, Math.min(chunk.length, batchBytes))
      left -= chunk.length
      if (left === 0) parentPort?.postMessage('done')
    })
  }).listen(task.path, () => {
    parentPort?.postMessage('ready')
  })
} else {
  const [written, read] = [0, 1]
  const marks = new Int32Array(task.shared, 0, 2)
  const bytes = new Uint8Array(task.shared, 8)
  parentPort?.postMessage('ready')
  for (let n = 0; n < task.batches; n++) {
    for (let seen = Atomics.load(marks, written); seen <= n; seen = Atomics.load(marks, written)) {
      Atomics.wait(marks, written, seen)
    }
    const at = (n % ringBatches) * batchBytes
    own.set(bytes.subarray(at, at + batchBytes))
    Atomics.store(marks, read, n + 1)
    Atomics.notify(marks, read)
  }
  parentPort?.postMessage('done')
}
