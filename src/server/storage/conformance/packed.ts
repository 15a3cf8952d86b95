import { expect, test } from 'vitest'
import type { Append, Handles, PackedAppend } from '../store.ts'
import { textBody, type World } from './world.ts'

/** Messages by handles: each is answered what the same `Append` would have been. */
export function describePacked(world: () => World): void {
  test('a message by handles is stored like any other, and read back the same', async () => {
    const w = world()
    const { handles } = await w.stored(w.send('vic'))
    const conversation = await w.opened('vic')
    const message = w.send('vic', { body: textBody('编号 42, "quoted"') })
    const stored = await w.stored(packed(message, handles))
    expect([stored.conversation, stored.seq, stored.visitor, stored.owner]).toEqual([
      conversation,
      3,
      'vic',
      null,
    ])
    expect(stored.handles).toEqual(handles)
    expect(w.read(conversation).at(-1)).toEqual({
      seq: 3,
      id: message.id,
      from: { role: 'visitor', id: 'vic' },
      body: message.body,
      at: w.clock.now(),
    })
  })

  test('a retry in either form gets the first answer, and another body under the id is refused', async () => {
    const w = world()
    const { handles } = await w.stored(w.send('vic'))
    const message = w.send('vic')
    const first = await w.stored(packed(message, handles))
    for (const retry of [packed(message, handles), message]) {
      const again = await w.stored(retry)
      expect([again.status, again.seq, again.position]).toEqual(['duplicate', first.seq, first.position])
    }
    const plain = w.send('vic')
    await w.stored(plain)
    expect((await w.stored(packed(plain, handles))).status).toBe('duplicate')
    expect(await w.code(packed({ ...message, bodyHash: message.bodyHash + 1 }, handles))).toBe('id_conflict')
    expect(w.record(first.conversation).public.head).toBe(3)
  })

  test('twice in one batch it is stored once', async () => {
    const w = world()
    const { handles } = await w.stored(w.send('vic'))
    const message = packed(w.send('vic'), handles)
    const outcomes = await w.store.commit([message, message])
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['stored', 'duplicate'])
  })

  test("an agent's counts only under the epoch, and only while it owns the conversation", async () => {
    const w = world()
    const conversation = await w.assigned('ann')
    const answer = w.answer('ann', conversation, { epoch: 1 })
    const { handles } = await w.stored(answer)
    const stored = await w.stored(packed(w.answer('ann', conversation, { epoch: 1 }), handles))
    expect([stored.epoch, stored.owner, stored.conversation]).toEqual([1, 'ann', conversation])
    expect(await w.code(packed(w.answer('ann', conversation, { epoch: 0 }), handles))).toBe('stale_epoch')
    expect(await w.code(packed(w.answer('ann', conversation), handles))).toBe('stale_epoch')
    await w.assign(conversation, 'bob', 1, { role: 'agent', id: 'ann' })
    expect(await w.code(packed(w.answer('ann', conversation, { epoch: 1 }), handles))).toBe('stale_epoch')
    expect(await w.code(packed(w.answer('ann', conversation, { epoch: 2 }), handles))).toBe('forbidden')
    // What was stored before is answered as it was, whatever has changed since.
    expect((await w.stored(packed(answer, handles))).status).toBe('duplicate')
  })

  test("a visitor's to a closed conversation opens the next one", async () => {
    const w = world()
    const { handles, conversation } = await w.stored(w.send('vic'))
    await w.stored(w.fence(conversation, 0, { to: 'closed', reason: 'idle' }))
    const next = await w.stored(packed(w.send('vic'), handles))
    expect([next.opened, next.seq]).toEqual([true, 1])
    expect(next.conversation).not.toBe(conversation)
    expect(next.handles).not.toEqual(handles)
  })

  test('handles of somebody else open nothing', async () => {
    const w = world()
    const vera = await w.stored(w.send('vera'))
    const vic = await w.stored(w.send('vic'))
    const mixed = { sender: handlesOf(vic).sender, conversation: handlesOf(vera).conversation }
    expect(await w.code(packed(w.send('vic'), mixed))).toBe('not_found')
    const unknown = { sender: 9_999, conversation: handlesOf(vic).conversation }
    expect(await w.code(packed(w.send('vic'), unknown))).toBe('internal')
    expect(w.store.position()).toBe(2)
  })

  test('handles hold after a restart', async () => {
    const w = world()
    const { handles, conversation } = await w.stored(w.send('vic'))
    await w.restart()
    const stored = await w.stored(packed(w.send('vic'), handles))
    expect([stored.conversation, stored.seq]).toEqual([conversation, 2])
    await w.kill()
    expect((await w.stored(packed(w.send('vic'), handles))).seq).toBe(3)
  })
}

/** The same message by handles. */
export function packed(
  { id, sender, epoch, body, bodyHash }: Append,
  handles: Handles | undefined,
): PackedAppend {
  return {
    kind: 'packed_append',
    handles: handlesOf({ handles }),
    role: sender.role,
    id: Buffer.from(id.replaceAll('-', ''), 'hex'),
    epoch,
    body: Buffer.from(body),
    bodyHash,
  }
}

function handlesOf({ handles }: { readonly handles?: Handles | undefined }): Handles {
  if (handles === undefined) throw new Error('The store gave no handles.')
  return handles
}
