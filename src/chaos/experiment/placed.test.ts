import { expect, test } from 'vitest'
import { hashOf, placedOf } from './placed.ts'

test('a body hashes the same whatever the order of its keys, and another one differently', () => {
  const card = { kind: 'card', title: 'a', text: 'b' } as const
  expect(hashOf('public', { text: 'b', title: 'a', kind: 'card' })).toBe(hashOf('public', card))
  const others = [
    hashOf('internal', card),
    hashOf('public', { ...card, text: 'c' }),
    hashOf('public', { kind: 'text', text: 'b' }),
    hashOf('public', { kind: 'text', text: '在吗' }),
  ]
  expect(new Set([hashOf('public', card), ...others]).size).toBe(5)
})

test('an event says in full what the desk decided', () => {
  const body = {
    kind: 'event',
    event: 'assigned',
    epoch: 2,
    owner: 'A',
    owner_name: 'Lin',
    agent_version: 4,
    capacity: 8,
    load: 3,
  } as const
  const message = { seq: 5, id: 'e', from: { role: 'system', id: 'desk' }, body, at: 0 } as const
  expect(placedOf(message, 'c', 'public')).toMatchObject({
    conversation: 'c',
    stream: 'public',
    seq: 5,
    id: 'e',
    from: 'desk',
    role: 'system',
    event: { kind: 'assigned', epoch: 2, owner: 'A', load: 3, capacity: 8, agentVersion: 4 },
  })
  const gone = { ...message, body: { kind: 'retracted' } } as const
  expect(placedOf(gone, 'c', 'public')).toMatchObject({ retracted: true })
})
