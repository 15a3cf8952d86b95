import { expect, test } from 'vitest'
import { withHeartbeat } from './config-push.ts'

test.each([
  ['', '\n[heartbeat]\nevery = "13s"\n'],
  ['workers = 2', 'workers = 2\n\n[heartbeat]\nevery = "13s"\n'],
  [
    '[heartbeat]\nevery = "20s" # slow\nsilent_rounds = 2\n',
    '[heartbeat]\nevery = "13s"\nsilent_rounds = 2\n',
  ],
  [
    '[heartbeat]\nsilent_rounds = 2\n[other]\nevery = "1s"\n',
    '[heartbeat]\nevery = "13s"\nsilent_rounds = 2\n[other]\nevery = "1s"\n',
  ],
  ['[heartbeat] # often\n', '[heartbeat] # often\nevery = "13s"\n'],
])('%j gets its heartbeat, and all else stays', (before, after) => {
  expect(withHeartbeat(before, '13s')).toBe(after)
})
