import { expect, test } from 'vitest'
import { createLog, type LogFormat } from './log.ts'

function line(format: LogFormat): string {
  let written = ''
  const log = createLog({
    name: 'worker 0',
    format,
    now: () => 1_700_000_000_000,
    write: (text) => {
      written += text
    },
  })
  log.warn({ reason: 'closed', level: 'mine' }, 'the link broke')
  return written
}

test('a line for a journal is one JSON object, whose own keys no field replaces', () => {
  expect(line('json')).toBe(
    '{"reason":"closed","level":"warn","time":"2023-11-14T22:13:20.000Z","name":"worker 0","msg":"the link broke"}\n',
  )
})

test('a line for a terminal is a sentence with its details', () => {
  expect(line('text')).toBe('kf: worker 0: the link broke reason=closed level=mine\n')
})
