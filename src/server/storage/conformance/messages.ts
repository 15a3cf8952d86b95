import { expect, test } from 'vitest'
import { slotOf } from '../../../core/slots.ts'
import { hashBody, type Retract } from '../store.ts'
import { desk, rejection, textBody, type World } from './world.ts'

/** Dedupe, verdict, authorisation, epoch, insert: what a message meets, in this order. */
export function describeMessages(world: () => World): void {
  test("a visitor's first send opens a conversation, queued at epoch 0", async () => {
    const w = world()
    const first = await w.stored(w.send('vic'))
    expect(first).toEqual({
      status: 'stored',
      position: 1,
      conversation: first.conversation,
      stream: 'public',
      seq: 1,
      at: w.clock.now(),
      epoch: 0,
      visitor: 'vic',
      owner: null,
      opened: true,
      handles: first.handles,
    })
    expect(w.store.conversation(first.conversation)).toEqual({
      id: first.conversation,
      site: 'site',
      visitor: 'vic',
      state: 'queued',
      epoch: 0,
      owner: null,
      waitingSince: w.clock.now(),
      opened: w.clock.now(),
      public: { head: 1, headPosition: 1 },
      internal: { head: 0, headPosition: 0 },
      read: { visitor: 0, agent: 0 },
    })
  })

  test("a conversation's id begins with the slot of its visitor", async () => {
    const w = world()
    const conversation = await w.opened('vic')
    const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
    const slot = alphabet.indexOf(conversation.charAt(0)) * 32 + alphabet.indexOf(conversation.charAt(1))
    expect(conversation).toMatch(/^[a-z2-7]{16}$/)
    expect(slot).toBe(slotOf('site', 'vic'))
  })

  test('later sends join the open conversation, whether they name it or not', async () => {
    const w = world()
    const conversation = await w.opened()
    const unnamed = await w.stored(w.send('vic'))
    const named = await w.stored(w.send('vic', { conversation }))
    expect([unnamed.conversation, unnamed.seq, unnamed.opened]).toEqual([conversation, 2, undefined])
    expect([named.conversation, named.seq, named.position]).toEqual([conversation, 3, 3])
  })

  test("a send to a closed conversation opens the visitor's next one", async () => {
    const w = world()
    const conversation = await w.opened()
    await w.stored(w.fence(conversation, 0, { to: 'closed', reason: 'idle' }))
    const next = await w.stored(w.send('vic', { conversation }))
    expect(next.opened).toBe(true)
    expect(next.conversation).not.toBe(conversation)
    const late = await w.stored(w.send('vic', { conversation }))
    expect([late.conversation, late.seq]).toEqual([next.conversation, 2])
  })

  test("a visitor's foreign, unknown or internal target is refused, and nothing is stored of it", async () => {
    const w = world()
    const foreign = await w.opened('vera')
    await w.opened('vic')
    expect(await w.code(w.send('vic', { conversation: foreign }))).toBe('not_found')
    expect(await w.code(w.send('vic', { conversation: 'aaaaaaaaaaaaaaaa' }))).toBe('not_found')
    expect(await w.code(w.send('new', { conversation: foreign }))).toBe('not_found')
    expect(await w.code(w.send('vic', { stream: 'internal' }))).toBe('forbidden')
    expect(await w.code(w.send('vic', { site: 'other' }))).toBe('forbidden')
    expect(w.store.position()).toBe(2)
    expect(w.store.directory.visitor('new')).toBeUndefined()
  })

  test("a visitor's record is stored with its first send and keeps its credential", async () => {
    const w = world()
    const visitor = {
      id: 'vic',
      site: 'site',
      tokenHash: 'first',
      pageUrl: 'https://a.example/x',
      locale: 'zh-CN',
    }
    await w.stored(w.send('vic', { visitor }))
    await w.stored(w.send('vic', { visitor: { ...visitor, tokenHash: 'second' } }))
    expect(w.store.directory.visitor('vic')).toEqual(visitor)
  })

  test('an agent writes publicly as owner under the current epoch only', async () => {
    const w = world()
    const conversation = await w.assigned('ann')
    expect(await w.code(w.answer('ann', conversation, { epoch: 1 }))).toBe('stored')
    expect(await w.code(w.answer('ann', conversation, { epoch: 0 }))).toBe('stale_epoch')
    expect(await w.code(w.answer('ann', conversation))).toBe('stale_epoch')
    expect(await w.code(w.answer('bob', conversation, { epoch: 1 }))).toBe('forbidden')
    expect(await w.code(w.answer('bob', await w.opened('vera'), { epoch: 0 }))).toBe('stale_epoch')
    expect(await w.code(w.answer('eve', conversation, { epoch: 1, site: 'other' }))).toBe('not_found')
    await w.stored(w.fence(conversation, 1, { to: 'closed', reason: 'idle' }))
    expect(await w.code(w.answer('ann', conversation, { epoch: 2 }))).toBe('conversation_closed')
  })

  test('any agent of the site writes internally, in a stream with seqs of its own', async () => {
    const w = world()
    const conversation = await w.assigned('ann')
    const note = await w.stored(w.answer('bob', conversation, { stream: 'internal', body: textBody('note') }))
    expect([note.stream, note.seq]).toEqual(['internal', 1])
    expect(await w.code(w.answer('eve', conversation, { stream: 'internal', site: 'other' }))).toBe(
      'not_found',
    )
    expect(w.read(conversation, 'internal').map((message) => [message.seq, message.from])).toEqual([
      [1, { role: 'agent', id: 'bob', name: 'Agent bob' }],
    ])
    expect(w.record(conversation).public.head).toBe(2)
  })

  test('a retry is answered as the first time, whatever has changed since', async () => {
    const w = world()
    const conversation = await w.assigned('ann')
    const answer = w.answer('ann', conversation, { epoch: 1 })
    const first = await w.stored(answer)
    await w.stored(w.fence(conversation, 1, { to: 'closed', reason: 'idle' }))
    w.clock.advance(60_000)
    const again = await w.stored({ ...answer, epoch: 7, verdict: { code: 'filtered', message: 'no' } })
    expect(again).toEqual({ ...first, status: 'duplicate', epoch: 2, owner: null })
    expect(w.store.position()).toBe(4)
  })

  test('a retry of the send that opened a conversation says so again', async () => {
    const w = world()
    const send = w.send('vic')
    const first = await w.stored(send)
    expect(await w.stored(send)).toEqual({ ...first, status: 'duplicate' })
    await w.stored(w.fence(first.conversation, 0, { to: 'closed', reason: 'idle' }))
    const another = await w.opened('vic')
    expect(another).not.toBe(first.conversation)
    expect((await w.stored(send)).conversation).toBe(first.conversation)
  })

  test('the same id twice in one batch is stored once', async () => {
    const w = world()
    const send = w.send('vic')
    const [first, second] = await w.store.commit([send, send])
    expect(first).toMatchObject({ status: 'stored', seq: 1 })
    expect(second).toMatchObject({ status: 'duplicate', seq: 1 })
    expect(w.store.position()).toBe(1)
  })

  test("an id with another body, stream or command is a conflict; another sender's same id is not", async () => {
    const w = world()
    const send = w.send('vic')
    const { conversation } = await w.stored(send)
    const body = textBody('another')
    expect(await w.code({ ...send, body, bodyHash: hashBody('public', body) })).toBe('id_conflict')
    expect(await w.code({ ...send, stream: 'internal', bodyHash: hashBody('internal', send.body) })).toBe(
      'id_conflict',
    )
    expect(await w.code(w.send('vera', { id: send.id }))).toBe('stored')
    const fence = w.fence(conversation, 0, { to: 'closed', reason: 'idle' })
    await w.stored(fence)
    expect(await w.code({ ...fence, change: { to: 'released', reason: 'gone' } })).toBe('id_conflict')
  })

  test('a verdict counts only for a new id, and before authorisation', async () => {
    const w = world()
    const verdict = { code: 'filtered', message: 'The word list forbids it.' } as const
    const refused = w.send('vic', { verdict, conversation: 'aaaaaaaaaaaaaaaa' })
    expect(await w.do(refused)).toEqual({ ...rejection('filtered'), message: 'The word list forbids it.' })
    expect(await w.code(w.send('vic', { id: refused.id }))).toBe('stored')
    expect(w.store.position()).toBe(1)
  })

  test('a refused operation does not abort its batch', async () => {
    const w = world()
    const outcomes = await w.store.commit([
      w.send('vic'),
      w.send('vic', { stream: 'internal' }),
      w.send('vic'),
    ])
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['stored', 'rejected', 'stored'])
    expect(w.read((await w.stored(w.send('vic'))).conversation).map((message) => message.seq)).toEqual([
      1, 2, 3,
    ])
  })

  test('ids that are not UUIDs, and bodies of 64 KiB in any script, are kept as they are', async () => {
    const w = world()
    const body = textBody('客服🙂'.repeat(5_000))
    const { conversation } = await w.stored(w.send('vic', { id: 'Ä-1', body }))
    expect(w.read(conversation)).toEqual([
      { seq: 1, id: 'Ä-1', from: { role: 'visitor', id: 'vic' }, body, at: w.clock.now() },
    ])
    expect(await w.code(w.send('vic', { id: 'Ä-1', body }))).toBe('duplicate')
  })

  test("the sender's own young message is retracted: its content goes, its place stays", async () => {
    const w = world()
    const conversation = await w.assigned('ann')
    const answer = await w.stored(w.answer('ann', conversation, { epoch: 1 }))
    const ann = { role: 'agent', id: 'ann' } as const
    const retract = {
      kind: 'retract',
      id: w.id(),
      sender: ann,
      conversation,
      epoch: 1,
      seq: answer.seq,
      withinMs: 1_000,
    } as const
    w.clock.advance(1_000)
    expect(await w.stored(retract)).toMatchObject({
      status: 'stored',
      seq: 4,
      epoch: 1,
      owner: 'ann',
      event: '{"kind":"event","event":"retracted","epoch":1,"seq":3}',
    })
    expect(w.read(conversation)[2]).toMatchObject({ seq: 3, body: '{"kind":"retracted"}' })
    expect(await w.code(retract)).toBe('duplicate')
    expect(await w.code({ ...retract, id: w.id() })).toBe('retract_too_late')
    expect(await w.code({ ...retract, seq: 1 })).toBe('id_conflict')
  })

  test('nobody retracts what is old, foreign, an event, absent, or under another epoch', async () => {
    const w = world()
    const conversation = await w.assigned('ann')
    const answer = await w.stored(w.answer('ann', conversation, { epoch: 1 }))
    const retract = (seq: number, epoch = 1, id = 'ann'): Retract => {
      return {
        kind: 'retract',
        id: w.id(),
        sender: { role: 'agent', id },
        conversation,
        epoch,
        seq,
        withinMs: 1_000,
      }
    }
    expect(await w.code(retract(1))).toBe('retract_too_late')
    expect(await w.code(retract(2))).toBe('retract_too_late')
    expect(await w.code(retract(9))).toBe('not_found')
    expect(await w.code(retract(0))).toBe('not_found')
    expect(await w.code(retract(answer.seq, 0))).toBe('stale_epoch')
    expect(await w.code(retract(answer.seq, 1, 'bob'))).toBe('forbidden')
    expect(await w.code(retract(answer.seq, 1, 'eve'))).toBe('not_found')
    w.clock.advance(1_001)
    expect(await w.code(retract(answer.seq))).toBe('retract_too_late')
    expect(await w.code({ ...retract(1), sender: desk })).toBe('not_found')
  })

  test('read cursors grow, stop at the head, and survive a restart', async () => {
    const w = world()
    const conversation = await w.opened()
    await w.stored(w.send('vic'))
    expect(await w.do({ kind: 'mark_read', conversation, role: 'agent', seq: 1 })).toEqual({ status: 'done' })
    await w.do({ kind: 'mark_read', conversation, role: 'visitor', seq: 99 })
    await w.do({ kind: 'mark_read', conversation, role: 'visitor', seq: 1 })
    expect(w.record(conversation).read).toEqual({ visitor: 2, agent: 1 })
    await w.restart()
    expect(w.record(conversation).read).toEqual({ visitor: 2, agent: 1 })
    expect(await w.code({ kind: 'mark_read', conversation: 'aaaaaaaaaaaaaaaa', role: 'agent', seq: 1 })).toBe(
      'not_found',
    )
  })
}
