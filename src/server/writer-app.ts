import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import { systemClock } from '../core/clock.ts'
import { codeOf, KfError, messageOf } from '../core/errors.ts'
import { cryptoRandomBytes } from '../core/ids.ts'
import { encode } from '../protocol/encode.ts'
import { createWorkerLinks, type WorkerLinks } from './bus/worker-links.ts'
import type { Break } from './config/break.ts'
import type { PipelineConfig } from './config/pipeline.ts'
import type { BreakPoint } from './config-center/messages.ts'
import { carryOutStoreCall, type StoreCall } from './config-center/store-calls.ts'
import { createDesk, type Desk } from './desk/desk.ts'
import { createPresence, type Presence } from './desk/presence.ts'
import type { AdminCall } from './people/calls.ts'
import { carryOut } from './people/people.ts'
import { createDeskStage } from './pipeline/desk-stage.ts'
import { defaultRouter } from './routing/router.ts'
import { createGroupCommit } from './storage/group-commit.ts'
import { openSqliteStore } from './storage/sqlite/open.ts'
import type { Store } from './storage/store.ts'
import { createStoreMetrics, type ProcessReport } from './telemetry/report.ts'
import { StageMetrics } from './telemetry/stages.ts'
import { answerQuery } from './writer-queries.ts'
import { createWriterRequests } from './writer-requests.ts'

/** The writer's parts, put together: store, group commit, desk, and the links to the workers. */
export type WriterApp = {
  readonly call: (call: AdminCall) => Promise<unknown>
  readonly revisions: (call: StoreCall) => Promise<unknown>
  readonly stats: () => Readonly<Record<string, number>>
  readonly report: () => ProcessReport
  /** Commits what waits, writes what is lazy, closes. */
  readonly stop: () => Promise<void>
}

export type WriterAppOptions = {
  /** The data folder; also the working directory, so that the socket's path stays short. */
  readonly data: string
  readonly run: string
  /** Read whenever a value is needed: it may change. */
  readonly pipeline: PipelineConfig
  /** Test builds only. */
  readonly broken?: Break
  readonly breakAt: (point: BreakPoint, revision: number) => void
  readonly warn: (message: string) => void
  /** A sync failed: the process must end and not come back. */
  readonly storeFailed: (message: string) => void
}

const commandWithinMs = 10_000
// Below 16,000 operations a second this falls back to none by itself, above it grows, to 8 ms at most; while commits are quick, the
// writer has no need of more than a third of its time.
const paceMs = (operations: number, tookMs: number): number => Math.min(8, operations / 16, 3 * tookMs)
const positionEveryMs = 1_000
const socketFolder = 'run'
export const writerSocket = `${socketFolder}/writer.sock`

export async function startWriter(options: WriterAppOptions): Promise<WriterApp> {
  const { data, run, warn } = options
  const clock = systemClock
  const storeMetrics = createStoreMetrics()
  const store = await openSqliteStore({
    folder: data,
    clock,
    random: cryptoRandomBytes,
    ...(options.broken === undefined ? {} : { break: options.broken }),
    commit: (db) => () => {
      const began = clock.monotonic()
      db.exec('COMMIT')
      storeMetrics.sync.observe((clock.monotonic() - began) / 1000)
    },
    onDefect: (error) => {
      warn(`an operation met a defect and was answered internal: ${messageOf(error.cause)}`)
    },
  })
  let commits = 0
  let operations = 0
  const presence: Presence = createPresence({ clock })
  const commitStage = new StageMetrics({ queue: { depth: () => group.waiting() } })
  const group = createGroupCommit(
    { commit: measuredCommit(store, commitStage, clock.monotonic) },
    {
      get maxBatch() {
        return options.pipeline.persist.batch
      },
      paceMs,
      monotonic: clock.monotonic,
      after: clock.after,
      onBatch: (count) => {
        commits++
        operations += count
        storeMetrics.batch.observe(count)
        links.flush()
      },
      onFailure: (error) => {
        if (codeOf(error) === 'store_failed') options.storeFailed(messageOf(error))
        else warn(`a commit failed, its senders will retry: ${messageOf(error)}`)
      },
    },
  )
  const requests = createWriterRequests({ store, group, warn, desk: () => commanded, links: () => links })
  const desk: Desk = createDesk({
    store,
    presence,
    submit: (batch) => requests.submitAll(batch),
    notify: (to, frame) => {
      links.relay(to, encode(frame))
    },
    router: defaultRouter,
    clock,
    random: cryptoRandomBytes,
  })
  const deskStage = createDeskStage({
    get concurrency() {
      return options.pipeline.desk.concurrency
    },
    get queue() {
      return options.pipeline.desk.queue
    },
    command: desk.command,
    withinMs: commandWithinMs,
    clock,
  })
  const commanded: Desk = { ...desk, command: deskStage.command }
  const links: WorkerLinks = createWorkerLinks(run, {
    store,
    presence,
    request: requests.carryOut,
    query: (query) => answerQuery(query, store, desk),
    summary: (record) => desk.summary(record, 'agent'),
    agentName: (agent) => store.directory.agent(agent)?.name ?? agent,
    warn,
  })
  desk.start()
  await listen(links)
  const tick = setInterval(() => {
    links.tick()
  }, positionEveryMs)

  const people: Parameters<typeof carryOut>[0] = {
    commit: (batch) => requests.submitAll(batch),
    directory: store.directory,
    load: (agent) => store.load(agent),
    queued: (site) => store.queued(site),
    conversationsOfAgent: (agent) => store.conversationsOfAgent(agent),
  }
  // As long as a slice of the work takes, about: live traffic has the writer for half of the time at least.
  const pause = (): Promise<void> =>
    new Promise((resolve) => {
      clock.after(10, resolve)
    })
  return {
    call: (call) => carryOut(people, { now: clock.now, random: cryptoRandomBytes, pause }, call),
    revisions: (call) =>
      carryOutStoreCall(
        {
          revisions: store.revisions,
          submitAll: (batch) => requests.submitAll(batch),
          breakAt: options.breakAt,
        },
        call,
      ),
    stats: () => ({
      position: store.position(),
      commits_total: commits,
      operations_total: operations,
      commit_waiting: group.waiting(),
      present: presence.online(),
    }),
    report: () => ({
      stages: { desk: deskStage.report(), commit: commitStage.report() },
      store: storeMetrics.report(),
    }),
    stop: async () => {
      clearInterval(tick)
      links.server.close()
      desk.stop()
      presence.stop()
      await group.drained()
      links.cut()
      await store.close()
    },
  }
}

function measuredCommit(
  store: Pick<Store, 'commit'>,
  metrics: StageMetrics,
  monotonic: () => number,
): Store['commit'] {
  return async (batch) => {
    const began = monotonic()
    metrics.in += batch.length
    const outcomes = await store.commit(batch)
    metrics.out += outcomes.length
    metrics.seconds.observe((monotonic() - began) / 1000)
    return outcomes
  }
}

async function listen(links: WorkerLinks): Promise<void> {
  // Only this node's children may come near the socket.
  mkdirSync(socketFolder, { recursive: true, mode: 0o700 })
  chmodSync(socketFolder, 0o700)
  // The lock on the store is held: whoever left this socket behind is dead.
  rmSync(writerSocket, { force: true })
  const listening = Promise.withResolvers<undefined>()
  links.server.once('error', (error) => {
    listening.reject(
      new KfError('folder_unwritable', `cannot open ${writerSocket} in the data folder`, { cause: error }),
    )
  })
  links.server.listen({ path: writerSocket }, () => {
    listening.resolve(undefined)
  })
  await listening.promise
}
