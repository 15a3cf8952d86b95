/**
 * What a file holds for certain when the power goes, read from a trace of the system calls that wrote and synced it:
 * `strace -f -y -s 0 -e trace=pwrite64,ftruncate,fsync,fdatasync`.
 */
export type Certain = {
  /** Bytes past this were never synced: they are cut off. */
  readonly syncedLength: number
  /** Below it, written again after the last sync: nothing is certain about them. */
  readonly uncertain: readonly { readonly from: number; readonly to: number }[]
  readonly syncs: number
}

type Write = { readonly from: number; readonly to: number; done: boolean }
type File = { length: number; syncedLength: number; syncs: number; pending: Write[] }

const call = /^(\d+)\s+(pwrite64|ftruncate|fsync|fdatasync)\(\d+<([^>]+)>(.*)$/
const ended = /^(\d+)\s+\+\+\+ /
const resumed = /^(\d+)\s+<\.\.\. (\w+) resumed>.*= (-?\d+)/

/**
 * By path. A call that was under way when the trace ended counts as a write, and not as a sync. Traces of processes that ran one
 * after the other may be joined: a later one's sync vouches for what a dead one wrote. `before`: what was synced when the trace
 * began, bytes by path.
 */
export function readTrace(
  trace: string,
  before: ReadonlyMap<string, number> = new Map(),
): ReadonlyMap<string, Certain> {
  const files = new Map<string, File>(
    [...before].map(([path, length]) => [path, { length, syncedLength: length, syncs: 0, pending: [] }]),
  )
  /** By thread: what to do when its call returns. */
  const underWay = new Map<string, (succeeded: boolean) => void>()
  for (const line of trace.split('\n')) {
    if (ended.test(line)) {
      // What the dead had begun to write, the kernel has finished or will never.
      for (const file of files.values()) for (const write of file.pending) write.done = true
      continue
    }
    const end = resumed.exec(line)
    if (end !== null) {
      const [, thread = '', , result = '-1'] = end
      underWay.get(thread)?.(Number(result) >= 0)
      underWay.delete(thread)
      continue
    }
    const begin = call.exec(line)
    if (begin === null) continue
    const [, thread = '', name = '', path = '', rest = ''] = begin
    const finish = enter(fileOf(files, path), name, rest)
    const result = /= (-?\d+)[^=]*$/.exec(rest)?.[1]
    if (rest.endsWith('<unfinished ...>') || result === undefined) underWay.set(thread, finish)
    else finish(Number(result) >= 0)
  }
  return new Map([...files].map(([path, file]) => [path, certainOf(file)]))
}

function fileOf(files: Map<string, File>, path: string): File {
  const known = files.get(path)
  if (known !== undefined) return known
  const file: File = { length: 0, syncedLength: 0, syncs: 0, pending: [] }
  files.set(path, file)
  return file
}

function enter(file: File, name: string, rest: string): (succeeded: boolean) => void {
  if (name === 'pwrite64') {
    const [length = 0, from = 0] = (/, (\d+), (\d+)/.exec(rest) ?? []).slice(1).map(Number)
    const write: Write = { from, to: from + length, done: false }
    file.pending.push(write)
    file.length = Math.max(file.length, write.to)
    return () => {
      write.done = true
    }
  }
  if (name === 'ftruncate') {
    const length = Number(/, (\d+)/.exec(rest)?.[1] ?? 0)
    return (succeeded) => {
      if (!succeeded) return
      file.length = length
      file.syncedLength = Math.min(file.syncedLength, length)
      file.pending = file.pending.filter((write) => write.from < length)
    }
  }
  // A sync vouches for the writes that had returned when it began.
  const covered = new Set(file.pending.filter((write) => write.done))
  return (succeeded) => {
    if (!succeeded) return
    file.syncs++
    file.pending = file.pending.filter((write) => !covered.has(write))
    for (const write of covered)
      file.syncedLength = Math.max(file.syncedLength, Math.min(write.to, file.length))
  }
}

function certainOf(file: File): Certain {
  const uncertain = file.pending
    .filter((write) => write.from < file.syncedLength)
    .map((write) => ({ from: write.from, to: Math.min(write.to, file.syncedLength) }))
  return { syncedLength: file.syncedLength, uncertain, syncs: file.syncs }
}
