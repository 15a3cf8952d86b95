import { expect, test } from 'vitest'
import type { RevisionOperation } from '../revisions.ts'
import { rejection, type World } from './world.ts'

/** Revisions: appended, one live, changed by compare-and-set, with the confirm's deadline durable. */
export function describeRevisions(world: () => World): void {
  test('there is none before the first', () => {
    const { revisions } = world().store
    expect([revisions.live(), revisions.revision(1), revisions.list(10), revisions.audit(10)]).toEqual([
      undefined,
      undefined,
      [],
      [],
    ])
  })

  test('are numbered 1, 2, 3 and are attempts until one becomes live', async () => {
    const w = world()
    expect(await put(w)).toBe(1)
    expect(await put(w, { message: '调高限额', files: { 'server.toml': 'workers = 2\n' } })).toBe(2)
    expect(w.store.revisions.attempted()).toEqual([1, 2])
    expect(w.store.revisions.live()).toBeUndefined()
    expect(w.store.revisions.revision(2)).toEqual({
      revision: 2,
      parent: 0,
      hash: 'h',
      who: 'ann',
      at: w.clock.now(),
      message: '调高限额',
      files: { 'server.toml': 'workers = 2\n' },
      state: 'attempted',
    })
  })

  test('one becomes live by compare-and-set: the second that expects the same is refused', async () => {
    const w = world()
    await put(w)
    await put(w)
    await put(w)
    expect(await w.do(live(1, 0))).toEqual({ status: 'done' })
    expect(await w.do(live(2, 1))).toEqual({ status: 'done' })
    expect(await w.do(live(3, 1))).toMatchObject(rejection('id_conflict'))
    expect(w.store.revisions.live()).toEqual({ revision: 2 })
    expect(w.store.revisions.list(10).map(({ revision, state }) => [revision, state])).toEqual([
      [3, 'attempted'],
      [2, 'accepted'],
      [1, 'accepted'],
    ])
    expect(w.store.revisions.list(1, 3).map(({ revision }) => revision)).toEqual([2])
  })

  test('asking again for the live one changes nothing, and an old one never comes back under its number', async () => {
    const w = world()
    await put(w)
    await put(w)
    await w.do(live(1, 0))
    expect(await w.do(live(1, 0))).toEqual({ status: 'done' })
    await w.do(live(2, 1))
    expect(await w.do(live(1, 2))).toMatchObject(rejection('id_conflict'))
    expect(await w.do(live(9, 2))).toMatchObject(rejection('id_conflict'))
    expect(w.store.revisions.live()).toEqual({ revision: 2 })
  })

  test('a refused one says why, and cannot become live', async () => {
    const w = world()
    await put(w)
    expect(await w.do({ kind: 'refuse_revision', revision: 1, reason: 'worker 0 was late' })).toEqual({
      status: 'done',
    })
    expect(w.store.revisions.revision(1)).toMatchObject({ state: 'refused', reason: 'worker 0 was late' })
    expect(await w.do(live(1, 0))).toMatchObject(rejection('id_conflict'))
    expect(await w.do({ kind: 'refuse_revision', revision: 1, reason: 'again' })).toMatchObject(
      rejection('id_conflict'),
    )
    expect(w.store.revisions.attempted()).toEqual([])
  })

  test('the deadline of a confirm lasts until it is confirmed or another one is live', async () => {
    const w = world()
    for (let n = 0; n < 3; n++) await put(w)
    await w.do(live(1, 0))
    await w.do({ ...live(2, 1), confirm: { by: 9_000, revertTo: 1 } })
    expect(w.store.revisions.live()).toEqual({ revision: 2, confirm: { by: 9_000, revertTo: 1 } })
    expect(await w.do({ kind: 'confirm_revision', revision: 1 })).toMatchObject(rejection('not_found'))
    expect(await w.do({ kind: 'confirm_revision', revision: 2 })).toEqual({ status: 'done' })
    expect(await w.do({ kind: 'confirm_revision', revision: 2 })).toMatchObject(rejection('not_found'))
    expect(w.store.revisions.live()).toEqual({ revision: 2 })
  })

  test('all of it is there after a crash', async () => {
    const w = world()
    await put(w)
    await put(w)
    await w.do({ ...live(1, 0), confirm: { by: 9_000, revertTo: 0 } })
    await w.do({ kind: 'put_config_base', node: 'one', base: { filesHash: 'old', revision: 0 } })
    await w.do({ kind: 'put_config_base', node: 'one', base: { filesHash: 'f', revision: 1 } })
    await w.do({
      kind: 'put_audit',
      entry: { who: 'ann', action: 'apply', revision: 1, ok: true, detail: '为什么' },
    })
    await w.kill()
    const { revisions } = w.store
    expect(revisions.live()).toEqual({ revision: 1, confirm: { by: 9_000, revertTo: 0 } })
    expect(revisions.attempted()).toEqual([2])
    expect(revisions.base('one')).toEqual({ filesHash: 'f', revision: 1 })
    expect(revisions.base('two')).toBeUndefined()
    expect(revisions.audit(10)).toEqual([
      { at: w.clock.now(), who: 'ann', action: 'apply', revision: 1, ok: true, detail: '为什么' },
    ])
  })
}

type Put = RevisionOperation & { readonly kind: 'put_revision' }

async function put(w: World, change: Partial<Put['revision']> = {}): Promise<number> {
  const outcome = await w.do({
    kind: 'put_revision',
    revision: { parent: 0, hash: 'h', who: 'ann', message: '', files: {}, ...change },
  })
  if (outcome.status !== 'revision') throw new Error(JSON.stringify(outcome))
  return outcome.revision
}

function live(
  revision: number,
  expected: number,
): RevisionOperation & { readonly kind: 'set_live_revision' } {
  return { kind: 'set_live_revision', revision, expected }
}
