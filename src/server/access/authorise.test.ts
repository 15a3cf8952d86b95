import { expect, test } from 'vitest'
import { type AgentCaller, mayReadConversation, mayReadStream, type VisitorCaller } from './authorise.ts'

const conversation = { site: 's1', visitor: 'v1' }

test('a visitor reads the public stream of its own conversations and nothing else', () => {
  expect(mayReadConversation(visitor('v1', 's1'), conversation)).toBe(true)
  expect(mayReadConversation(visitor('v2', 's1'), conversation)).toBe(false)
  expect(mayReadConversation(visitor('v1', 's2'), conversation)).toBe(false)
  expect(mayReadStream(visitor('v1', 's1'), conversation, 'public')).toBe(true)
  expect(mayReadStream(visitor('v1', 's1'), conversation, 'internal')).toBe(false)
})

test('an agent reads both streams of its site, and no other site', () => {
  for (const stream of ['public', 'internal'] as const) {
    expect(mayReadStream(agent('s1'), conversation, stream)).toBe(true)
    expect(mayReadStream(agent('s2'), conversation, stream)).toBe(false)
  }
})

function visitor(id: string, site: string): VisitorCaller {
  return { role: 'visitor', id, site, record: { id, site, tokenHash: 'h' } }
}

function agent(site: string): AgentCaller {
  return { role: 'agent', id: 'a1', site, name: 'A', agentRole: 'agent', tokenHash: 'h' }
}
