import { expect, test, vi } from 'vitest'
import { type Beating, Heartbeat } from './heartbeat.ts'

const slices = 5

function start() {
  const wheel = new Heartbeat({ everyMs: 25_000, silentRounds: 2, slices })
  const connection = () => {
    const state = { alive: true, pings: 0, lost: 0 }
    const beating: Beating = {
      slice: 0,
      silent: 0,
      heard: () => state.alive,
      ping: () => state.pings++,
      lost: () => state.lost++,
    }
    wheel.add(beating)
    return {
      state,
      leave: () => {
        wheel.remove(beating)
      },
    }
  }
  const round = (): void => {
    for (let i = 0; i < slices; i++) wheel.beat()
  }
  return { wheel, connection, round }
}

test('each connection is pinged once a round, and no slice has more than its share', () => {
  const { wheel, connection, round } = start()
  const all = Array.from({ length: 12 }, connection)
  const perBeat: number[] = []
  for (let i = 0; i < slices; i++) {
    const before = all.reduce((sum, { state }) => sum + state.pings, 0)
    wheel.beat()
    perBeat.push(all.reduce((sum, { state }) => sum + state.pings, 0) - before)
  }
  expect(perBeat.toSorted((a, b) => a - b)).toEqual([2, 2, 2, 3, 3])
  round()
  expect(all.map(({ state }) => state)).toEqual(all.map(() => ({ alive: true, pings: 2, lost: 0 })))
})

test('two silent rounds and a connection is lost, once; a sign of life between starts the count anew', () => {
  const { connection, round } = start()
  const [silent, sleepy] = [connection(), connection()]
  silent.state.alive = false
  sleepy.state.alive = false
  round()
  sleepy.state.alive = true
  round()
  expect([silent.state.lost, sleepy.state.lost]).toEqual([1, 0])
  sleepy.state.alive = false
  round()
  expect(sleepy.state.lost).toBe(0)
  for (let i = 0; i < 3; i++) round()
  expect([silent.state, sleepy.state]).toEqual([
    { alive: false, pings: 1, lost: 1 },
    { alive: false, pings: 3, lost: 1 },
  ])
})

test('who left is neither pinged nor lost', () => {
  const { connection, round } = start()
  const { state, leave } = connection()
  state.alive = false
  leave()
  for (let i = 0; i < 3; i++) round()
  expect(state).toEqual({ alive: false, pings: 0, lost: 0 })
})

test('another pace and other rounds count from the change on, wherever the wheel stands', () => {
  vi.useFakeTimers()
  try {
    const options = { everyMs: 5_000, silentRounds: 2, slices }
    const wheel = new Heartbeat(options)
    const state = { pings: 0, lost: 0 }
    wheel.add({
      slice: 0,
      silent: 0,
      heard: () => false,
      ping: () => state.pings++,
      lost: () => state.lost++,
    })
    wheel.change()
    vi.advanceTimersByTime(10_000)
    expect(state).toEqual({ pings: 0, lost: 0 })
    wheel.start()
    vi.advanceTimersByTime(4_000)
    expect(state).toEqual({ pings: 1, lost: 0 })
    Object.assign(options, { everyMs: 500, silentRounds: 4 })
    wheel.change()
    vi.advanceTimersByTime(1_000)
    expect(state).toEqual({ pings: 3, lost: 0 })
    options.silentRounds = 1
    vi.advanceTimersByTime(500)
    expect(state).toEqual({ pings: 3, lost: 1 })
    wheel.stop()
  } finally {
    vi.useRealTimers()
  }
})
