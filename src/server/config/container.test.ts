import { expect, test } from 'vitest'
import { defaultSnapshot } from './assemble.ts'
import { createSnapshotContainer } from './container.ts'
import { liveView } from './live.ts'
import { parseConfig } from './parse.ts'
import type { Snapshot } from './snapshot.ts'

test('tells those whose values differ, and nobody else', () => {
  const told: unknown[] = []
  const container = createSnapshotContainer(defaultSnapshot(), fail)
  const end = container.subscribe(
    ({ cluster }) => cluster.server.heartbeat,
    (next, last) => told.push([next.every, last.every]),
  )
  container.subscribe(
    ({ cluster }) => cluster.server.trusted_proxies,
    () => told.push('proxies'),
  )
  container.swap(snapshotOf('[heartbeat]\nevery = "30s"'))
  container.swap(snapshotOf('[heartbeat]\nevery = "30s"\n[drain]\nspread = "1s"'))
  end()
  container.swap(snapshotOf('[heartbeat]\nevery = "40s"'))
  expect(told).toEqual([[30_000, 25_000]])
})

test('a subscriber finds the new values everywhere, and one that throws leaves the others their turn', () => {
  const failures: unknown[] = []
  const seen: number[] = []
  const container = createSnapshotContainer(defaultSnapshot(), (error) => failures.push(error))
  const every = ({ cluster }: Snapshot): number => cluster.server.heartbeat.every
  container.subscribe(every, () => {
    throw new Error('no')
  })
  container.subscribe(every, () => seen.push(container.current().cluster.server.heartbeat.every))
  container.swap(snapshotOf('[heartbeat]\nevery = "30s"'))
  expect(seen).toEqual([30_000])
  expect(failures).toEqual([new Error('no')])
})

test('a live view has the value of now, also for who holds a table of it', () => {
  const container = createSnapshotContainer(defaultSnapshot(), fail)
  const view = liveView(() => container.current().cluster.server.pipeline)
  const { persist } = view
  container.swap(snapshotOf('[pipeline.persist]\ntarget = "50ms"\nqueue = 5000'))
  expect([persist.target, view.persist.queue, view.persist.batch]).toEqual([50, 5_000, 2_000])
})

function snapshotOf(server: string): Snapshot {
  const parsed = parseConfig({ 'server.toml': server })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return parsed.snapshot
}

function fail(error: unknown): void {
  throw error
}
