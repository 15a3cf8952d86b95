import { expect, test } from 'vitest'
import type { SiteRecord } from '../store.ts'
import { agentRecord, textBody, type World } from './world.ts'

/** Pages, replay, lists, the directory, and what a kill leaves. */
export function describeReads(world: () => World): void {
  test('a page holds the messages nearest to its bound, ascending, whatever the length of the stream', async () => {
    const w = world()
    const total = 300
    // Two streams of one conversation and another conversation between, so that neighbours in the log are not neighbours in the stream.
    const conversation = await w.opened()
    for (let seq = 2; seq <= total; seq++) {
      await w.store.commit([
        w.send('vera'),
        w.send('vic', { body: textBody(String(seq)) }),
        w.answer('bob', conversation, { stream: 'internal' }),
      ])
    }
    const reader = w.reader()
    const head = w.record(conversation).public
    const page = (bound: { before: number } | { after: number }, limit: number): readonly number[] => {
      return reader
        .page({ conversation, stream: 'public', head, limit, ...bound })
        .map((message) => message.seq)
    }
    for (let bound = 0; bound <= total + 2; bound++) {
      for (const limit of [1, 50]) {
        expect(page({ before: bound }, limit)).toEqual(
          span(Math.max(1, Math.min(bound - 1, total) - limit + 1), Math.min(bound - 1, total)),
        )
        expect(page({ after: bound }, limit)).toEqual(span(bound + 1, Math.min(bound + limit, total)))
      }
    }
    expect(reader.page({ conversation, stream: 'public', head, after: 99, limit: 1 })[0]?.body).toBe(
      textBody('100'),
    )
    expect(
      reader.page({
        conversation: 'aaaaaaaaaaaaaaaa',
        stream: 'public',
        head: { head: 0, headPosition: 0 },
        after: 0,
        limit: 9,
      }),
    ).toEqual([])
  })

  test('replay gives what was committed past a position, with the place of each message', async () => {
    const w = world()
    const conversation = await w.assigned('ann')
    await w.stored(w.answer('ann', conversation, { stream: 'internal', body: textBody('note') }))
    expect(w.store.position()).toBe(3)
    expect(w.store.replay(2, 10)).toEqual([
      {
        position: 3,
        conversation,
        stream: 'internal',
        seq: 1,
        id: w.store.replay(2, 1)[0]?.id,
        from: { role: 'agent', id: 'ann', name: 'Agent ann' },
        body: textBody('note'),
        at: w.clock.now(),
      },
    ])
    expect(w.store.replay(0, 2).map((message) => message.position)).toEqual([1, 2])
    expect(w.store.replay(3, 10)).toEqual([])
  })

  test("a visitor's conversations come newest first, in pages, even if the clock stands still", async () => {
    const w = world()
    const ids: string[] = []
    for (let i = 0; i < 3; i++) {
      const conversation = await w.opened('vic')
      ids.unshift(conversation)
      await w.stored(w.fence(conversation, 0, { to: 'closed', reason: 'idle' }))
    }
    const first = w.store.conversationsOfVisitor('vic', 2)
    expect(first.map((record) => record.id)).toEqual(ids.slice(0, 2))
    expect(w.store.conversationsOfVisitor('vic', 2, first[1]?.opened).map((record) => record.id)).toEqual(
      ids.slice(2),
    )
    expect(w.store.conversationsOfVisitor('nobody', 2)).toEqual([])
    expect(w.store.conversation('aaaaaaaaaaaaaaaa')).toBeUndefined()
  })

  test('a worker reads sites, agents and sessions as they are now', async () => {
    const w = world()
    const site: SiteRecord = {
      id: 'site',
      key: 'k1',
      secret: 's',
      name: '商店',
      origins: ['https://a.example', '*'],
      sealed: false,
    }
    const reader = w.reader()
    await w.do({ kind: 'put_site', site })
    expect(reader.directory.siteByKey('k1')).toEqual(site)
    await w.do({ kind: 'put_site', site: { ...site, key: 'k2', sealed: true } })
    expect(reader.directory.siteByKey('k1')).toBeUndefined()
    expect(reader.directory.site('site')).toEqual({ ...site, key: 'k2', sealed: true })
    expect(reader.directory.sites()).toHaveLength(1)
    expect(await w.code({ kind: 'put_site', site: { ...site, id: 'other', key: 'k2' } })).toBe('id_conflict')
    expect(reader.directory.agents('site').map((agent) => agent.id)).toEqual(['ann', 'bob'])
    expect(reader.directory.agents()).toHaveLength(3)
    expect(reader.directory.agentByLogin('eve@example.com')?.id).toBe('eve')
  })

  test("each change of an agent grows its version; its status does not; a login is one agent's", async () => {
    const w = world()
    await w.do({ kind: 'put_agent', agent: { ...agentRecord('ann'), name: '安' } })
    expect(await w.do({ kind: 'set_status', agent: 'ann', status: 'away' })).toEqual({ status: 'done' })
    expect(w.store.directory.agent('ann')).toEqual({
      ...agentRecord('ann'),
      name: '安',
      status: 'away',
      version: 2,
    })
    expect(await w.code({ kind: 'set_status', agent: 'nobody', status: 'away' })).toBe('not_found')
    expect(
      await w.code({ kind: 'put_agent', agent: { ...agentRecord('bob'), login: 'ann@example.com' } }),
    ).toBe('id_conflict')
  })

  test("a session ends by itself, with all of its agent's, with the password and with the account", async () => {
    const w = world()
    const reader = w.reader()
    const begin = async (...tokens: readonly string[]): Promise<void> => {
      for (const tokenHash of tokens) {
        await w.do({
          kind: 'put_session',
          session: { tokenHash, agent: 'ann', createdAt: 1, expiresAt: 9_000_000_000_000 },
        })
      }
    }
    const alive = (): readonly string[] =>
      ['a', 'b'].filter((tokenHash) => reader.directory.session(tokenHash) !== undefined)
    await begin('a', 'b')
    expect(reader.directory.session('a')).toEqual({
      tokenHash: 'a',
      agent: 'ann',
      createdAt: 1,
      expiresAt: 9_000_000_000_000,
    })
    await w.do({ kind: 'end_sessions', tokenHash: 'a', agent: 'ann' })
    expect(alive()).toEqual(['b'])
    await w.do({ kind: 'end_sessions', agent: 'ann' })
    expect(alive()).toEqual([])
    await begin('a')
    await w.do({ kind: 'put_agent', agent: { ...agentRecord('ann'), capacity: 5 } })
    expect(alive()).toEqual(['a'])
    await w.do({ kind: 'put_agent', agent: { ...agentRecord('ann'), passwordHash: 'new' } })
    expect(alive()).toEqual([])
    await begin('b')
    await w.do({ kind: 'put_agent', agent: { ...agentRecord('ann'), passwordHash: 'new', disabled: true } })
    expect(alive()).toEqual([])
    expect(
      await w.code({
        kind: 'put_session',
        session: { tokenHash: 'c', agent: 'nobody', createdAt: 1, expiresAt: 2 },
      }),
    ).toBe('not_found')
  })

  test("names are today's: a renamed agent signs its old messages with the new name", async () => {
    const w = world()
    const conversation = await w.assigned('ann')
    await w.stored(w.answer('ann', conversation, { epoch: 1 }))
    await w.do({ kind: 'put_agent', agent: { ...agentRecord('ann'), name: '安娜' } })
    expect(w.read(conversation).map((message) => message.from)).toEqual([
      { role: 'visitor', id: 'vic' },
      { role: 'system', id: 'desk' },
      { role: 'agent', id: 'ann', name: '安娜' },
    ])
  })

  test('a kill loses nothing that was answered', async () => {
    const w = world()
    const conversation = await w.assigned('ann')
    const answer = w.answer('ann', conversation, { epoch: 1 })
    const first = await w.stored(answer)
    await w.do(w.reserve(await w.opened('v2'), 'bob', 0))
    const before = [
      w.store.incarnation,
      w.store.position(),
      w.record(conversation),
      w.store.queued('site'),
      w.store.reservations(),
    ]
    await w.kill()
    expect([
      w.store.incarnation,
      w.store.position(),
      w.record(conversation),
      w.store.queued('site'),
      w.store.reservations(),
    ]).toEqual(before)
    expect(w.store.load('bob')).toBe(1)
    expect(await w.stored(answer)).toEqual({ ...first, status: 'duplicate' })
    expect((await w.stored(w.send('vic'))).seq).toBe(4)
  })

  test('a closed store refuses, and closing twice is closing once', async () => {
    const w = world()
    await w.store.close()
    await w.store.close()
    await expect(w.store.commit([w.send('vic')])).rejects.toMatchObject({ code: 'unavailable' })
  })
}

function span(first: number, last: number): readonly number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i)
}
