import { expect, test } from 'vitest'
import type { Erase, Operation, SiteRecord } from '../store.ts'
import { packed } from './packed.ts'
import { agentRecord, textBody, type World } from './world.ts'

const sealed: SiteRecord = {
  id: 'load',
  key: 'key of load',
  secret: 's',
  name: 'bench',
  origins: ['*'],
  sealed: true,
}

/** Erasing a sealed site: all of it, nothing else, in slices, whatever dies in between. */
export function describeErase(world: () => World): void {
  test('a sealed site goes with all that belongs to it, and nothing else does', async () => {
    const w = world()
    const kept = await w.assigned('ann', 'vic')
    const gone = await filled(w, 5, 3)
    await w.stored(w.send('vic', { body: textBody('after') }))
    const position = w.store.position()
    const record = w.record(kept)
    const thread = pageOf(w, kept)
    await eraseAll(w, 4)
    expect(gone.map((id) => w.store.conversation(id))).toEqual(gone.map(() => undefined))
    expect(w.store.directory.site('load')).toBeUndefined()
    expect(w.store.directory.agents('load')).toEqual([])
    expect(w.store.directory.session('token of load-agent')).toBeUndefined()
    expect(w.store.directory.visitor('load-0')).toBeUndefined()
    expect([w.store.load('load-agent'), w.store.queued('load'), w.store.reservations()]).toEqual([0, [], []])
    expect(w.store.replay(0, 1_000).map((message) => message.conversation)).toEqual([kept, kept, kept])
    expect(w.record(kept)).toEqual(record)
    expect(pageOf(w, kept)).toEqual(thread)
    expect(w.store.position()).toBe(position)
  })

  test('positions and retries go on as if nothing had been there', async () => {
    const w = world()
    const kept = await w.opened('vic')
    const first = w.send('vic', { body: textBody('first') })
    const before = await w.stored(first)
    await filled(w, 3, 2)
    const position = w.store.position()
    await eraseAll(w, 3)
    await w.kill()
    expect(w.store.position()).toBe(position)
    expect(await w.stored(first)).toMatchObject({
      status: 'duplicate',
      seq: before.seq,
      position: before.position,
    })
    expect(await w.stored(w.send('vic'))).toMatchObject({
      status: 'stored',
      conversation: kept,
      position: position + 1,
      seq: 3,
    })
  })

  test('keys that a worker may still hold never name another conversation', async () => {
    const w = world()
    const [gone = ''] = await filled(w, 1, 1)
    const { handles } = await w.stored(loadSend(w, 'load-0'))
    expect(w.store.conversation(gone)).toBeDefined()
    await eraseAll(w, 100)
    await w.kill()
    const opened = await w.stored(w.send('vera'))
    expect(opened.handles?.conversation).not.toBe(handles?.conversation)
    expect(opened.handles?.sender).not.toBe(handles?.sender)
  })

  test('from the first slice on nothing is stored for the site, also after a kill', async () => {
    const w = world()
    await filled(w, 2, 3)
    expect(await w.do(slice(0))).toEqual({ status: 'erased', removed: 0, done: false })
    expect(await w.code(loadSend(w, 'load-0'))).toBe('forbidden')
    expect(await w.code(loadSend(w, 'somebody new'))).toBe('forbidden')
    await w.kill()
    expect(await w.code(loadSend(w, 'load-0'))).toBe('forbidden')
    await eraseAll(w, 100)
    expect(await w.code(loadSend(w, 'load-0'))).toBe('forbidden')
  })

  test('by handles it is refused too, before its conversation is gone and after', async () => {
    const w = world()
    await filled(w, 1, 2)
    const { handles } = await w.stored(loadSend(w, 'load-0'))
    const send = (): Promise<string> => w.code(packed(loadSend(w, 'load-0'), handles))
    expect(await send()).toBe('stored')
    await w.do(slice(0))
    expect(await send()).toBe('forbidden')
    await eraseAll(w, 100)
    expect(await send()).toBe('forbidden')
  })

  test('killed after any slice it goes on, and what is left is whole until then', async () => {
    const w = world()
    const kept = await w.opened('vic')
    const gone = await filled(w, 4, 5)
    for (let slices = 1; ; slices++) {
      const outcome = await w.do(slice(2))
      if (outcome.status !== 'erased') throw new Error(JSON.stringify(outcome))
      await w.kill()
      for (const id of gone) {
        const { head } = w.store.conversation(id)?.public ?? { head: 0 }
        expect(pageOf(w, id).map(({ seq }) => seq)).toEqual(Array.from({ length: head }, (_, i) => i + 1))
      }
      expect(pageOf(w, kept)).toHaveLength(1)
      if (outcome.done) break
      expect(slices).toBeLessThan(100)
    }
    expect(gone.map((id) => w.store.conversation(id))).toEqual(gone.map(() => undefined))
  })

  test('a slice is about as large as it was asked to be', async () => {
    const w = world()
    await filled(w, 6, 10)
    await w.do(slice(0))
    for (let done = false; !done; ) {
      const outcome = await w.do(slice(7))
      if (outcome.status !== 'erased') throw new Error(JSON.stringify(outcome))
      expect(outcome.removed).toBeLessThanOrEqual(8)
      done = outcome.done
    }
  })

  test('a site that is not sealed is refused, and an unknown one is not found', async () => {
    const w = world()
    await w.do({ kind: 'put_site', site: { ...sealed, id: 'shop', key: 'k', sealed: false } })
    expect(await w.code({ kind: 'erase', site: 'shop', limit: 10 })).toBe('forbidden')
    expect(await w.code({ kind: 'erase', site: 'nowhere', limit: 10 })).toBe('not_found')
    expect(w.store.directory.site('shop')).toBeDefined()
  })
}

function slice(limit: number): Erase {
  return { kind: 'erase', site: 'load', limit }
}

function loadSend(w: World, visitor: string): Operation & { readonly kind: 'append' } {
  return w.send(visitor, {
    site: 'load',
    visitor: { id: visitor, site: 'load', tokenHash: `hash of ${visitor}` },
  })
}

/** A sealed site with an agent, its session, and so many conversations of so many messages and one note; the first is owned. */
async function filled(w: World, conversations: number, messages: number): Promise<readonly string[]> {
  await w.store.commit([
    { kind: 'put_site', site: sealed },
    { kind: 'put_agent', agent: { ...agentRecord('load-agent'), site: 'load', capacity: 100 } },
    {
      kind: 'put_session',
      session: { tokenHash: 'token of load-agent', agent: 'load-agent', createdAt: 0, expiresAt: 2 ** 50 },
    },
  ])
  const ids: string[] = []
  for (let n = 0; n < conversations; n++) {
    const { conversation } = await w.stored(loadSend(w, `load-${n}`))
    for (let i = 1; i < messages; i++) await w.stored(loadSend(w, `load-${n}`))
    await w.stored(w.answer('load-agent', conversation, { site: 'load', stream: 'internal' }))
    ids.push(conversation)
  }
  await w.assign(ids[0] ?? '', 'load-agent', 0)
  return ids
}

async function eraseAll(w: World, limit: number): Promise<void> {
  for (let slices = 0; slices < 200; slices++) {
    const outcome = await w.do(slice(limit))
    if (outcome.status !== 'erased') throw new Error(JSON.stringify(outcome))
    if (outcome.done) return
  }
  throw new Error('The erasure does not end.')
}

function pageOf(w: World, conversation: string) {
  const head = w.store.conversation(conversation)?.public
  if (head === undefined) return []
  return w.reader().page({ conversation, stream: 'public', head, after: 0, limit: 100 })
}
