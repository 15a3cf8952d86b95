import { describe, expect, it } from 'vitest'
import { manualClock } from '../../core/clock.ts'
import type { Identity } from '../bus/wire.ts'
import { createPresence } from './presence.ts'

const ada: Identity = { id: 'ada', role: 'agent', site: 's' }
const bob: Identity = { id: 'bob', role: 'visitor', site: 's' }

function setUp() {
  const clock = manualClock()
  const presence = createPresence({ clock })
  const changes: string[] = []
  presence.listen({
    changed: ({ id }, now, workers) => changes.push(`${id} ${now} ${workers.join('+')}`),
    graceEnded: () => changes.push('grace ended'),
  })
  return { clock, presence, changes }
}

describe('presence', () => {
  it('takes nobody for offline until the grace after the start is over', () => {
    const { clock, presence, changes } = setUp()
    expect(presence.of('ada')).toBe('unknown')
    clock.advance(29_999)
    expect(presence.of('ada')).toBe('unknown')
    clock.advance(1)
    expect(presence.of('ada')).toBe('offline')
    expect(changes).toEqual(['grace ended'])
  })

  it('knows the workers of an identity, and shares the array', () => {
    const { presence, changes } = setUp()
    presence.up(2, [ada, bob])
    presence.up(1, [ada])
    presence.up(1, [ada])
    expect(presence.workersOf('ada')).toEqual([1, 2])
    expect(presence.workersOf('bob')).toEqual([2])
    expect(presence.workersOf('nobody')).toEqual([])
    presence.down(1, ['ada', 'nobody'])
    expect(presence.workersOf('ada')).toBe(presence.workersOf('bob'))
    expect(presence.online()).toBe(2)
    expect(changes).toEqual(['ada online 2', 'bob online 2', 'ada online 1+2', 'ada online 2'])
  })

  it('gives a page that navigates ten seconds', () => {
    const { clock, presence, changes } = setUp()
    clock.advance(30_000)
    presence.up(1, [bob])
    presence.down(1, ['bob'])
    expect(presence.of('bob')).toBe('unknown')
    clock.advance(9_999)
    presence.up(1, [bob])
    clock.advance(10_000)
    expect(presence.of('bob')).toBe('online')
    presence.down(1, ['bob'])
    clock.advance(9_999)
    expect(presence.of('bob')).toBe('unknown')
    clock.advance(1)
    expect(presence.of('bob')).toBe('offline')
    expect(changes.slice(1)).toEqual([
      'bob online 1',
      'bob unknown ',
      'bob online 1',
      'bob unknown ',
      'bob offline ',
    ])
  })

  it('says offline once, though it flapped within one millisecond', () => {
    const { clock, presence, changes } = setUp()
    clock.advance(30_000)
    for (let i = 0; i < 3; i++) {
      presence.up(1, [bob])
      presence.down(1, ['bob'])
    }
    clock.advance(10_000)
    expect(changes.filter((change) => change.startsWith('bob offline'))).toHaveLength(1)
  })

  it('gives the sessions of a lost worker thirty seconds to come back elsewhere', () => {
    const { clock, presence } = setUp()
    clock.advance(30_000)
    presence.up(1, [ada, bob])
    presence.workerLost(1)
    expect([presence.of('ada'), presence.of('bob')]).toEqual(['unknown', 'unknown'])
    clock.advance(20_000)
    presence.up(2, [ada])
    clock.advance(10_000)
    expect([presence.of('ada'), presence.of('bob')]).toEqual(['online', 'offline'])
  })

  it('takes the list of a worker that came back for the whole truth about it, without a flap', () => {
    const { presence, changes } = setUp()
    presence.up(1, [ada, bob])
    presence.replace(1, [ada])
    expect([presence.of('ada'), presence.of('bob')]).toEqual(['online', 'unknown'])
    expect(changes).toEqual(['ada online 1', 'bob online 1', 'bob unknown '])
  })

  it('declares a lost crowd offline in slices', () => {
    const { clock, presence, changes } = setUp()
    clock.advance(30_000)
    const crowd = Array.from(
      { length: 1_200 },
      (_, n): Identity => ({ id: `v${n}`, role: 'visitor', site: 's' }),
    )
    presence.up(1, crowd)
    presence.workerLost(1)
    changes.length = 0
    clock.advance(30_000)
    expect(changes).toHaveLength(1_200)
    expect(presence.of('v1199')).toBe('offline')
  })

  it('changes nothing after it was stopped', () => {
    const { clock, presence, changes } = setUp()
    presence.up(1, [bob])
    presence.down(1, ['bob'])
    presence.stop()
    changes.length = 0
    clock.advance(60_000)
    expect(changes).toEqual([])
  })
})
