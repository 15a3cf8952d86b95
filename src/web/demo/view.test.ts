import { describe, expect, test } from 'vitest'
import { type SessionState, type Thread, type ThreadMessage, threadKey } from '../../client/contract.ts'
import type { ConversationSummary, Role } from '../../protocol/frames.ts'
import { wireLimits } from '../../protocol/limits.ts'
import { visitorView } from './view.ts'

const conversation = (
  id: string,
  head: number,
  more: Partial<ConversationSummary> = {},
): ConversationSummary => ({
  id,
  head,
  state: 'assigned',
  epoch: 1,
  owner: 'a1',
  read: { visitor: 0, agent: 0 },
  ...more,
})
const message = (seq: number, role: Role): ThreadMessage => ({
  seq,
  id: `${role}${String(seq)}`,
  from: { role, id: role },
  body: { kind: 'text', text: 'x' },
  at: seq,
  mine: role === 'visitor',
})
const thread = (
  id: string,
  messages: readonly ThreadMessage[],
  more: Partial<Thread> = {},
): readonly [string, Thread] => [
  threadKey(id, 'public'),
  {
    conversation: id,
    stream: 'public',
    messages,
    pending: [],
    complete: true,
    loadingOlder: false,
    behind: false,
    ...more,
  },
]
const state = (
  conversations: readonly ConversationSummary[],
  threads: readonly (readonly [string, Thread])[],
): SessionState => ({
  connection: { phase: 'ready' },
  you: { role: 'visitor', id: 'visitor' },
  site: undefined,
  limits: wireLimits,
  conversations,
  threads: new Map(threads),
  pending: [],
  position: undefined,
  queue: { waiting: 0, conversations: [] },
  agents: [],
  status: undefined,
  typing: new Map(),
  presence: new Map(),
  listed: true,
})

describe('what the visitor’s panel shows', () => {
  test('conversations stand oldest on top, and the newest is the current one', () => {
    const view = visitorView(
      state(
        [conversation('new', 1), conversation('old', 2, { state: 'closed' })],
        [thread('new', [message(1, 'visitor')]), thread('old', [message(1, 'visitor'), message(2, 'agent')])],
      ),
      undefined,
    )
    expect(view.segments.map(({ messages }) => messages.length)).toEqual([2, 1])
    expect(view.current?.id).toBe('new')
    expect(view.older).toBeUndefined()
  })

  test('unread is what agents wrote after the read cursors of all conversations', () => {
    const view = visitorView(
      state(
        [conversation('new', 2), conversation('old', 2, { read: { visitor: 2, agent: 0 } })],
        [
          thread('new', [message(1, 'agent'), message(2, 'agent')]),
          thread('old', [message(1, 'visitor'), message(2, 'agent')]),
        ],
      ),
      { conversation: 'new', seq: 1 },
    )
    expect(view.unread).toBe(2)
    expect(view.segments.map(({ unreadAfter }) => unreadAfter)).toEqual([undefined, 1])
  })

  test('older history is asked of the newest conversation first, then of the one before it', () => {
    const both = [conversation('new', 9), conversation('old', 5)]
    const newest = thread('new', [message(9, 'agent')], { complete: false, loadingOlder: true })
    expect(visitorView(state(both, [newest]), undefined)).toMatchObject({ older: 'new', loadingOlder: true })
    expect(visitorView(state(both, [thread('new', [message(1, 'agent')])]), undefined)).toMatchObject({
      older: 'old',
      loadingOlder: false,
    })
  })
})
