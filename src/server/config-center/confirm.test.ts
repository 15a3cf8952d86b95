import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CenterInTest, saying } from './center-in-test.ts'

let world: CenterInTest
beforeEach(async () => {
  world = await CenterInTest.start()
})
afterEach(() => world.end())

const applied = () => world.apply(saying('two'), { confirmWithinMs: 60_000 })
const newest = async () => (await world.center.history(1, undefined)).revisions[0]

describe('a revision that waits for its confirm', () => {
  test('stays when it is confirmed in time, also when that is said twice', async () => {
    expect((await applied()).unconfirmed).toEqual({
      revision: 2,
      revert_to: 1,
      deadline: world.clock.now() + 60_000,
    })
    await world.center.confirm(2, 'ann')
    await world.center.confirm(2, 'ann')
    world.clock.advance(60_000)
    await world.center.tick()
    expect(await world.everywhere()).toEqual(['2 two', 'two', 'two', 'two'])
  })

  test('is taken back at its deadline, by kf and as a new revision', async () => {
    await applied()
    world.clock.advance(59_999)
    await world.center.tick()
    expect((await world.everywhere())[0]).toBe('2 two')
    world.clock.advance(1)
    await world.center.tick()
    expect(await world.everywhere()).toEqual(['3 one', 'one', 'one', 'one'])
    expect(await newest()).toMatchObject({
      revision: 3,
      parent: 2,
      who: 'kf',
      message: 'revision 2 is taken back to 1: it was not confirmed in time',
    })
    expect((await world.center.show()).unconfirmed).toBeNull()
  })

  test('is taken back at the start after a crash that outlasted the deadline', async () => {
    await applied()
    world.clock.advance(60_000)
    await world.killAll()
    expect(await world.everywhere()).toEqual(['3 one', 'one', 'one', 'one'])
  })

  test('keeps its deadline over a crash within the window', async () => {
    await applied()
    world.clock.advance(30_000)
    await world.killAll()
    expect((await world.center.show()).unconfirmed).toMatchObject({ revision: 2, revert_to: 1 })
    await world.center.tick()
    expect((await world.everywhere())[0]).toBe('2 two')
    world.clock.advance(30_000)
    await world.center.tick()
    expect((await world.everywhere())[0]).toBe('3 one')
  })

  test('is taken back at once when readiness fails', async () => {
    await applied()
    world.health = { ...world.health, notReady: ['worker 0: waiting'] }
    await world.center.tick()
    expect(await newest()).toMatchObject({
      revision: 3,
      message: 'revision 2 is taken back to 1: readiness failed: worker 0: waiting',
    })
  })

  test('is taken back at once when a process ended, also when another is ready by now', async () => {
    world.health = { ...world.health, restarts: 3 }
    await applied()
    await world.center.tick()
    expect((await newest())?.revision).toBe(2)
    world.health = { ...world.health, restarts: 4 }
    await world.center.tick()
    expect(await newest()).toMatchObject({
      revision: 3,
      message: 'revision 2 is taken back to 1: a process of the node ended and was started again',
    })
  })

  test('is not taken back for what was refused until every process had it in effect', async () => {
    const [worker] = world.workers
    if (worker === undefined) throw new Error('no worker')
    worker.after = (call) => {
      // What it counted before is told with its answer.
      if (call.step === 'commit') world.health = { ...world.health, taken: 400, refused: 400 }
    }
    await applied()
    await world.center.tick()
    expect((await newest())?.revision).toBe(2)
  })

  test('is taken back at once when too many messages are refused', async () => {
    world.health = { ...world.health, taken: 1_000, refused: 400 }
    await applied()
    world.health = { ...world.health, taken: 1_400, refused: 420 }
    await world.center.tick()
    expect((await newest())?.revision).toBe(2)
    world.health = { ...world.health, taken: 1_400, refused: 421 }
    await world.center.tick()
    expect(await newest()).toMatchObject({
      revision: 3,
      message: 'revision 2 is taken back to 1: 5.3 % of 400 messages were refused (bound 5 %)',
    })
  })

  test('is taken back also while a worker is down, which comes up with what is live', async () => {
    await applied()
    const [worker] = world.workers
    if (worker === undefined) throw new Error('no worker')
    worker.ready = false
    world.health = { ...world.health, notReady: ['worker 0: waiting'] }
    await world.center.tick()
    worker.start(world.center.inEffect)
    expect(await world.everywhere()).toEqual(['3 one', 'one', 'one', 'one'])
  })

  test('stands in the way of another apply, not of a rollback', async () => {
    await applied()
    await expect(world.apply(saying('three'))).rejects.toMatchObject({
      code: 'unconfirmed',
      hint: '`kf config confirm 2` keeps it, `kf config rollback 1` takes it back',
    })
    const back = { who: 'ann', message: 'back', confirmWithinMs: undefined, ifMatch: undefined }
    expect(await world.center.rollBack(1, back)).toMatchObject({ revision: { revision: 3, who: 'ann' } })
    world.clock.advance(60_000)
    await world.center.tick()
    expect((await world.everywhere())[0]).toBe('3 one')
  })
})

test('a confirm of a revision that is not live is a conflict', async () => {
  await expect(world.center.confirm(7, 'ann')).rejects.toMatchObject({
    code: 'revision_conflict',
    message: 'revision 7 is not live, 1 is',
  })
})

test('a rollback to a revision that never was live is refused', async () => {
  const back = { who: 'ann', message: 'back', confirmWithinMs: undefined, ifMatch: undefined }
  await expect(world.center.rollBack(9, back)).rejects.toMatchObject({ code: 'not_found' })
})
