import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CenterInTest, type ProcessInTest, saying, unavailable } from './center-in-test.ts'
import type { ConfigCall } from './messages.ts'

let world: CenterInTest
beforeEach(async () => {
  world = await CenterInTest.start()
})
afterEach(() => world.end())

/** Each step of a change: the process it is seen in, before or after it carried the call out, and what is live if all ends there. */
type Step = {
  readonly name: string
  readonly at: (world: CenterInTest) => ProcessInTest
  readonly when: 'before' | 'after'
  readonly is: (call: ConfigCall) => boolean
  readonly live: 1 | 2
}

const writes = (kind: string) => (call: ConfigCall) =>
  call.step === 'store.commit' && call.operations.some((operation) => operation.kind === kind)
const hears = (step: ConfigCall['step']) => (call: ConfigCall) => call.step === step
const writer = (it: CenterInTest): ProcessInTest => it.writer
const worker = (it: CenterInTest): ProcessInTest => {
  const [first] = it.workers
  if (first === undefined) throw new Error('no worker')
  return first
}

const steps: readonly Step[] = [
  { name: 'before the attempt is stored', at: writer, when: 'before', is: writes('put_revision'), live: 1 },
  { name: 'when the attempt is stored', at: writer, when: 'after', is: writes('put_revision'), live: 1 },
  { name: 'before the writer prepares', at: writer, when: 'before', is: hears('prepare'), live: 1 },
  { name: 'before a worker prepares', at: worker, when: 'before', is: hears('prepare'), live: 1 },
  { name: 'when a worker is prepared', at: worker, when: 'after', is: hears('prepare'), live: 1 },
  {
    name: 'before the decision is stored',
    at: writer,
    when: 'before',
    is: writes('set_live_revision'),
    live: 1,
  },
  {
    name: 'when the decision is stored',
    at: writer,
    when: 'after',
    is: writes('set_live_revision'),
    live: 2,
  },
  { name: 'before the writer hears of it', at: writer, when: 'before', is: hears('commit'), live: 2 },
  { name: 'before a worker hears of it', at: worker, when: 'before', is: hears('commit'), live: 2 },
  { name: 'when a worker has it in effect', at: worker, when: 'after', is: hears('commit'), live: 2 },
]

const texts = { 1: 'one', 2: 'two' }

function expectOneLive(everywhere: readonly string[], live: 1 | 2): void {
  const text = texts[live]
  expect(everywhere).toEqual([`${live} ${text}`, text, text, text])
}

describe('the whole server killed', () => {
  test.each(steps)('$name comes back with one live revision, the same everywhere', async (step) => {
    const reached = Promise.withResolvers<void>()
    step.at(world)[step.when] = (call) => {
      if (!step.is(call)) return undefined
      reached.resolve()
      // Nothing of this node goes on from here.
      return new Promise(() => undefined)
    }
    world.apply(saying('two')).catch(() => undefined)
    await reached.promise
    await world.killAll()
    expectOneLive(await world.everywhere(), step.live)
    const { revisions } = await world.center.history(50, undefined)
    expect(revisions.map(({ state }) => state)).not.toContain('attempted')
    const next = await world.apply(saying('three'))
    expect(next).toMatchObject({ revision: { parent: step.live }, behind: [] })
  })
})

describe('the process that the step is seen in killed and replaced', () => {
  test.each(steps)('$name: one live revision, the same everywhere', async (step) => {
    const process = step.at(world)
    process[step.when] = (call) => {
      if (!step.is(call)) return
      process.ready = false
      process.before = () => undefined
      process.after = () => undefined
      world.clock.after(100, () => {
        process.start(world.center.inEffect)
      })
      throw unavailable(`the ${process.name} was killed by SIGKILL`)
    }
    await world.run(world.apply(saying('two')).catch(() => undefined))
    world.clock.advance(100)
    await world.center.tick()
    const everywhere = await world.everywhere()
    expect(world.center.behind()).toEqual([])
    // An attempt whose decision the writer never stored may be refused; one that it stored stands.
    expectOneLive(everywhere, step.live)
    const next = await world.apply(saying('three'))
    expect(next).toMatchObject({ revision: { parent: step.live }, behind: [] })
  })
})

describe('an apply whose writer dies over the decision', () => {
  const dies = (when: 'before' | 'after'): void => {
    world.writer[when] = (call) => {
      if (!writes('set_live_revision')(call)) return
      world.writer.ready = false
      world.writer[when] = () => undefined
      world.clock.after(100, () => {
        world.writer.start(world.center.inEffect)
      })
      throw unavailable('the writer was killed by SIGKILL')
    }
  }

  test('is answered as done when it was stored', async () => {
    dies('after')
    expect(await world.run(world.apply(saying('two')))).toMatchObject({
      revision: { revision: 2, state: 'accepted', live: true },
      behind: [],
    })
  })

  test('is answered as not done when it was not', async () => {
    dies('before')
    await expect(world.run(world.apply(saying('two')))).rejects.toMatchObject({
      code: 'not_prepared',
      message: 'nobody changed: the writer ended before the decision was stored',
    })
    const { revisions } = await world.center.history(1, undefined)
    expect(revisions[0]).toMatchObject({
      revision: 2,
      state: 'refused',
      reason: 'the writer ended before the decision was stored',
    })
  })
})

describe('a process that missed the decision', () => {
  test('is out of readiness until it was told again', async () => {
    const late = worker(world)
    late.before = (call) => {
      if (call.step === 'commit') throw unavailable('the worker 0 did not answer within 5000 ms')
    }
    const answer = await world.apply(saying('two'))
    expect(answer).toMatchObject({ behind: ['worker 0'], committed: 2, processes: 3 })
    expect(world.center.behind()).toEqual(['worker 0'])
    late.before = () => undefined
    await world.center.tick()
    expect(world.center.behind()).toEqual([])
    expectOneLive(await world.everywhere(), 2)
  })
})
