import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { textFrame } from './frame.ts'
import { Flusher, Outbox } from './outbox.ts'

/** A socket that writes down what it is given and takes as much of it as `takes` says. */
function socketOf() {
  const writes: string[] = []
  const socket = {
    writable: true,
    takes: true,
    writableLength: 0,
    write: (bytes: string, encoding: string) => {
      expect(encoding).toBe('latin1')
      writes.push(bytes)
      if (!socket.takes) socket.writableLength += bytes.length
    },
  }
  return { socket, writes }
}

function start(maxBytes = 1_000) {
  const time = { now: 0 }
  const flusher = new Flusher(() => time.now)
  const outbox = () => {
    const { socket, writes } = socketOf()
    const overflows: number[] = []
    const box = new Outbox(
      socket as unknown as Socket,
      { flusher, outboxBytes: maxBytes },
      { overflowed: () => overflows.push(writes.length) },
    )
    return { box, socket, writes, overflows }
  }
  return { time, flusher, outbox }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('what is written in one turn of the loop is one write per socket', async () => {
  const { outbox } = start()
  const [one, two] = [outbox(), outbox()]
  for (const json of ['"a"', '"你"', '"c"']) one.box.write(json)
  two.box.write('"d"')
  expect([one.writes, two.writes]).toEqual([[], []])
  await turn()
  expect(one.writes).toEqual([textFrame('"a"') + textFrame('"你"') + textFrame('"c"')])
  expect(two.writes).toEqual([textFrame('"d"')])
  await turn()
  expect([one.writes, two.writes].map(({ length }) => length)).toEqual([1, 1])
})

test('a flush comes sooner with 512 sockets, or when the first frame is 2 ms old', () => {
  const { time, outbox } = start()
  const many = Array.from({ length: 512 }, outbox)
  for (const { box } of many) box.write('1')
  expect(many.every(({ writes }) => writes.length === 1)).toBe(true)
  const [early, late] = [outbox(), outbox()]
  early.box.write('1')
  time.now += 2
  expect(early.writes).toEqual([])
  late.box.write('1')
  expect([early.writes, late.writes]).toEqual([[textFrame('1')], [textFrame('1')]])
})

test('a client that does not read is reported once, when more waits than may, and gets nothing more', () => {
  const { flusher, outbox } = start(100)
  const { box, socket, writes, overflows } = outbox()
  socket.takes = false
  const put = (): void => {
    box.write('x'.repeat(48))
    flusher.flush()
  }
  put()
  put()
  expect([socket.writableLength, overflows]).toEqual([100, []])
  put()
  expect(overflows).toEqual([3])
  put()
  box.close()
  flusher.flush()
  expect([writes.length, overflows]).toEqual([3, [3]])
})

test('closing writes what is held and nothing after it; abandoning drops that too', () => {
  const { flusher, outbox } = start()
  const [closed, abandoned] = [outbox(), outbox()]
  for (const { box } of [closed, abandoned]) box.write('"last"')
  closed.box.close('behind it')
  abandoned.box.abandon()
  for (const { box } of [closed, abandoned]) box.write('"late"')
  flusher.flush()
  expect([closed.writes, abandoned.writes]).toEqual([[`${textFrame('"last"')}behind it`], []])
})

test('a socket that has ended is not written to', () => {
  const { flusher, outbox } = start()
  const { box, socket, writes } = outbox()
  box.write('1')
  socket.writable = false
  flusher.flush()
  expect(writes).toEqual([])
})

test('the bound is the one of now: what was fine may be too much with the next flush, and the other way round', async () => {
  const { flusher } = start()
  const { socket } = socketOf()
  const ports = { flusher, outboxBytes: 1_000 }
  const overflows: string[] = []
  const box = new Outbox(socket as unknown as Socket, ports, { overflowed: () => overflows.push('over') })
  socket.takes = false
  box.write(`"${'a'.repeat(500)}"`)
  await turn()
  expect(overflows).toEqual([])
  ports.outboxBytes = 400
  box.write('1')
  await turn()
  expect(overflows).toEqual(['over'])
})
