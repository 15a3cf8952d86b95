import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CenterInTest, saying, unavailable } from './center-in-test.ts'

let world: CenterInTest
beforeEach(async () => {
  world = await CenterInTest.start()
})
afterEach(() => world.end())

const states = async (): Promise<readonly (readonly [number, string])[]> =>
  (await world.center.history(50, undefined)).revisions.map(({ revision, state }) => [revision, state])

describe('an apply', () => {
  test('is in effect in every process when it is answered', async () => {
    const answer = await world.apply(saying('two'), { message: '调高限额' })
    expect(answer).toMatchObject({
      revision: { revision: 2, parent: 1, who: 'ann', message: '调高限额', state: 'accepted', live: true },
      prepared: 3,
      committed: 3,
      processes: 3,
      behind: [],
      changed: true,
      unconfirmed: null,
    })
    expect(answer.etag).toBe(`"2-${answer.revision.hash}"`)
    expect(await world.everywhere()).toEqual(['2 two', 'two', 'two', 'two'])
  })

  test('of the same texts writes no revision', async () => {
    const answer = await world.apply(saying('one'))
    expect(answer).toMatchObject({ revision: { revision: 1 }, changed: false, prepared: 0 })
    expect(await states()).toEqual([[1, 'accepted']])
  })

  test('that is invalid changes nobody, and the audit log shows it', async () => {
    await expect(world.apply(saying('invalid'))).rejects.toMatchObject({
      code: 'bad_config',
      status: 422,
      message: 'server.toml:1:1: text: is invalid',
      details: { problems: [{ key: 'text' }] },
    })
    expect(await world.everywhere()).toEqual(['1 one', 'one', 'one', 'one'])
    expect((await world.center.history(50, undefined)).audit[0]).toEqual({
      at: world.clock.now(),
      who: 'ann',
      action: 'apply',
      revision: 0,
      ok: false,
      detail: 'server.toml:1:1: text: is invalid',
    })
  })

  test('of two that were made from the same revision the first wins, the other is told', async () => {
    const { etag } = await world.center.dryRun(saying('two'), undefined)
    const [first, second] = await Promise.allSettled([
      world.apply(saying('two'), { ifMatch: etag }),
      world.apply(saying('three'), { ifMatch: etag }),
    ])
    expect(first).toMatchObject({ status: 'fulfilled', value: { revision: { revision: 2 } } })
    expect(second).toMatchObject({
      status: 'rejected',
      reason: { code: 'revision_conflict', status: 412, details: { live: 2 } },
    })
    expect(await world.everywhere()).toEqual(['2 two', 'two', 'two', 'two'])
  })

  test.each([
    ['refuses', () => new Error('worker 1 has no room for it'), 'worker 1 has no room for it'],
    [
      'is late',
      () => unavailable('the worker 1 did not answer within 5000 ms'),
      'the worker 1 did not answer within 5000 ms',
    ],
    ['dies', () => unavailable('the worker 1 was killed by SIGKILL'), 'the worker 1 was killed by SIGKILL'],
  ])('changes nobody when one process %s, and history shows the attempt', async (_, error, said) => {
    const [, worker] = world.workers
    if (worker === undefined) throw new Error('no worker 1')
    worker.before = (call) => {
      if (call.step === 'prepare') throw error()
    }
    await expect(world.apply(saying('two'))).rejects.toMatchObject({
      code: 'not_prepared',
      message: `nobody changed: ${said}`,
    })
    expect(await world.everywhere()).toEqual(['1 one', 'one', 'one', 'one'])
    expect(await states()).toEqual([
      [2, 'refused'],
      [1, 'accepted'],
    ])
    expect(world.workers[0]?.heard).toEqual(['prepare', 'abort'])
    // Once in the audit log, with the number under which the history has it.
    const { audit } = await world.center.history(50, undefined)
    expect(audit.filter(({ ok }) => !ok)).toMatchObject([
      { action: 'apply', revision: 2, detail: `nobody changed: ${said}` },
    ])
  })
})
