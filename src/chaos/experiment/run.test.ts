import { describe, expect, test } from 'vitest'
import { deafFault, experimentOf, node, played, stepOf, timelineOf } from './run-in-test.ts'

const timeline = timelineOf(stepOf())

describe('a run', () => {
  test('goes through its phases, heals its fault, and passes', async () => {
    const { result, history, steps, stopped } = await played(experimentOf(), timeline, ({ server }) => [
      deafFault(server),
    ])
    expect(result).toMatchObject({ status: 'pass', reasons: [], leftFaults: [] })
    expect(history.flatMap((entry) => (entry.e === 'phase' ? [entry.phase] : []))).toEqual([
      'warmup',
      'baseline',
      'fault',
      'calm',
      'recovery',
      'drain',
      'read-back',
      'end',
    ])
    expect(steps).toEqual([
      ...[
        'start',
        'connect',
        'warmup',
        'baseline',
        'heal',
        'recovery',
        'drain',
        'read-back',
        'stop',
        'check',
      ],
    ])
    expect(stopped).toBe(true)
  })

  test('measures a row for each phase, and how long it took to notice and to come back', async () => {
    const { result } = await played(experimentOf({ recoveryMs: 20_000 }), timeline, ({ server }) => [
      deafFault(server),
    ])
    expect(result.phases.map(({ phase, concurrency }) => [phase, concurrency])).toEqual([
      ['baseline', 4],
      ['fault', 4],
      ['recovery', 4],
    ])
    const [baseline, fault] = result.phases
    expect(baseline?.errorRate).toBe(0)
    expect(fault?.errorRate).toBeGreaterThan(0.4)
    expect(result.detectMs).toBeGreaterThan(0)
    expect(result.recoverMs).toBeGreaterThan(0)
    expect(result.series.every(({ t }, i) => i === 0 || t > (result.series[i - 1]?.t ?? 0))).toBe(true)
  })

  test('answers whatever was said before it reads back', async () => {
    const { result, history } = await played(experimentOf(), timeline, ({ server }) => [deafFault(server)])
    const answered = new Set(history.flatMap((entry) => (entry.e === 'ok' ? [entry.id] : [])))
    const asked = history.flatMap((entry) => (entry.e === 'invoke' ? [entry.id] : []))
    expect(asked.filter((id) => !answered.has(id))).toEqual([])
    expect(result.counts).toMatchObject({ sends: asked.length, acks: answered.size, unknown: 0 })
  })
})

describe('what did not go as planned', () => {
  test('a fault that was not seen to fire makes the run unknown', async () => {
    const { result } = await played(experimentOf(), timeline, ({ server }) => [
      deafFault(server, { inject: async () => ({ verify: async () => undefined, heal: async () => {} }) }),
    ])
    expect(result.status).toBe('unknown')
    expect(result.reasons).toEqual(['deaf on node was not seen to fire: nothing showed within 1000 ms'])
  })

  test('so does one that could not be injected', async () => {
    const { result } = await played(experimentOf(), timeline, ({ server }) => [
      deafFault(server, { inject: () => Promise.reject(new Error('no such proxy')) }),
    ])
    expect(result.status).toBe('unknown')
    expect(result.reasons).toEqual(['deaf on node was not seen to fire: no such proxy'])
  })

  test('a fault that does not heal is tried again, and is left in the result when it will not', async () => {
    let tries = 0
    const { result } = await played(experimentOf(), timeline, ({ server }) => [
      deafFault(server, {
        inject: async () => ({
          verify: async () => 'seen',
          heal: () => {
            tries += 1
            return Promise.reject(new Error('stuck'))
          },
        }),
      }),
    ])
    expect(tries).toBeGreaterThan(1)
    expect(result).toMatchObject({ status: 'fail', leftFaults: ['deaf on node: stuck'] })
  })

  test('a probe out of its bound fails the run', async () => {
    const threshold = { measure: 'error_rate', op: '<=', value: 0.1 } as const
    const probes = [{ name: 'errors', threshold: { baseline: threshold, fault: threshold } }]
    const { result } = await played(experimentOf({ probes }), timeline, ({ server }) => [deafFault(server)])
    expect(result.status).toBe('fail')
    expect(result.probes.map(({ phase, held }) => [phase, held])).toEqual([
      ['baseline', true],
      ['fault', false],
    ])
  })

  test('what could not be read back makes the run unknown', async () => {
    const { result } = await played(experimentOf(), timeline, ({ server }) => [deafFault(server)], {
      network: { readBack: async () => ['c/public: refused'] },
    })
    expect(result).toMatchObject({ status: 'unknown', reasons: ['c/public: refused'] })
  })
})

describe('a run that is ended early', () => {
  test('by a signal: heals, stops, and says so', async () => {
    const { result, stopped } = await played(experimentOf(), timeline, ({ server }) => [deafFault(server)], {
      at: ({ abort }, ms) => {
        if (ms === 15_000) abort.abort()
      },
    })
    expect(result).toMatchObject({
      status: 'aborted',
      interrupted: true,
      reasons: ['interrupted'],
      leftFaults: [],
    })
    expect(result.faults[0]?.healedMs).toBeLessThan(15_000)
    expect(stopped).toBe(true)
  })

  test('by abort_if', async () => {
    const { safety } = experimentOf()
    const abortIf = [{ measure: 'error_rate', op: '>', value: 0.5 } as const]
    const { result } = await played(
      experimentOf({ safety: { ...safety, abortIf } }),
      timeline,
      ({ server }) => [deafFault(server)],
    )
    expect(result).toMatchObject({ status: 'aborted', leftFaults: [] })
    expect(result.reasons[0]).toMatch(/^abort_if: error_rate > 0\.5, and it was [\d.]+ over 5 s$/)
    expect(result.faults[0]?.healedMs).toBeLessThan(20_000)
  })

  test('by the ttl', async () => {
    const { safety } = experimentOf()
    const { result } = await played(
      experimentOf({ safety: { ...safety, ttlMs: 3_000 } }),
      timeline,
      ({ server }) => [deafFault(server)],
    )
    expect(result).toMatchObject({ status: 'aborted', reasons: ['the ttl of 3 s is over'], leftFaults: [] })
  })

  test('by the death of Toxiproxy', async () => {
    let asked = 0
    const { result } = await played(experimentOf(), timeline, ({ server }) => [deafFault(server)], {
      network: {
        toxiproxyAnswers: async () => {
          asked += 1
          return asked < 5
        },
      },
    })
    expect(result).toMatchObject({
      status: 'aborted',
      reasons: ['Toxiproxy at http://memory does not answer any more'],
      leftFaults: [],
    })
  })

  test('by the death of a node that no fault is at, but not by one that is meant', async () => {
    const dead = { nodes: [{ ...node, processes: () => Promise.resolve(undefined) }] }
    const unasked = await played(experimentOf(), timeline, ({ server }) => [deafFault(server)], {
      topology: dead,
    })
    expect(unasked.result.reasons).toEqual(['node has died, and no fault was at it'])
    const meant = await played(
      experimentOf({ recoveryMs: 5_000 }),
      timelineOf(stepOf({ at: 0, until: 5_000 })),
      ({ server }) => [deafFault(server, { on: 'node' })],
      { topology: dead },
    )
    expect(meant.result.status).toBe('pass')
  })

  test('where too few can connect', async () => {
    const { result } = await played(experimentOf(), timeline, ({ server }) => [deafFault(server)], {
      network: { openPlug: () => () => ({ send: () => {}, close: () => {} }) },
    })
    expect(result).toMatchObject({
      status: 'aborted',
      phases: [],
      reasons: ['only 0 of 4 visitors and 0 of 0 agents were connected within 60 s'],
    })
  })
})
