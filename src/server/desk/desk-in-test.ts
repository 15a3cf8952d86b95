import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ManualClock, manualClock } from '../../core/clock.ts'
import { cryptoRandomBytes, uuidv7 } from '../../core/ids.ts'
import type { AgentStatus, ServerFrame } from '../../protocol/frames.ts'
import type { Answer, DeskCommand } from '../bus/wire.ts'
import { defaultRouter, type Router } from '../routing/router.ts'
import { openSqliteStore } from '../storage/sqlite/open.ts'
import {
  type AgentRecord,
  type ConversationRecord,
  type Fence,
  hashBody,
  type Operation,
  type Outcome,
  type Reserve,
  type Store,
} from '../storage/store.ts'
import { createDesk, type Desk, type DeskTiming } from './desk.ts'
import { createPresence, type Presence } from './presence.ts'

export type TestStore = {
  readonly store: Store
  readonly clock: ManualClock
  readonly close: () => Promise<void>
}

/** The real store in a folder of its own, without syncs: these tests cut no power. */
export async function openTestStore(): Promise<TestStore> {
  const clock = manualClock()
  const folder = mkdtempSync(join(tmpdir(), 'kf-desk-'))
  const store = await openSqliteStore({ folder, clock, random: cryptoRandomBytes, break: 'no-sync' })
  const close = async (): Promise<void> => {
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return { store, clock, close }
}

export type Told = { readonly to: readonly string[]; readonly frame: ServerFrame }
/** How a submission ends: committed; not committed and failed; committed, and yet the answer is lost. */
export type Fate = 'commit' | 'fail' | 'lose'

type Submission = {
  readonly operations: readonly (Reserve | Fence)[]
  readonly resolve: (outcomes: readonly Outcome[]) => void
  readonly reject: (error: Error) => void
}

/** One site's desk over a store. The writer's part is played by hand: submissions wait for `settle` or `quiet`. */
export type DeskInTest = {
  readonly site: string
  readonly store: Store
  readonly desk: () => Desk
  readonly presence: () => Presence
  readonly told: Told[]
  /** How many operations each committed submission held. */
  readonly sizes: number[]
  readonly waiting: () => number
  /** Ends all submissions that wait. */
  readonly settle: (fate?: Fate) => Promise<void>
  /** Turns the loop, and ends submissions, until nothing moves. */
  readonly quiet: () => Promise<void>
  readonly answered: (answer: Promise<Answer>) => Promise<Answer>
  /** Time passes in steps, with everything that follows from each. */
  readonly pass: (ms: number) => Promise<void>
  /** The process ends and another starts over the same store; who waited for an answer gets none. */
  readonly crash: () => Promise<void>
  readonly addAgent: (agent: string, change?: Partial<AgentRecord>) => Promise<void>
  readonly setStatus: (agent: string, status: AgentStatus) => Promise<void>
  /** A visitor's send; returns its conversation. */
  readonly send: (visitor: string) => Promise<string>
  readonly command: (
    by: string,
    command: DeskCommand['command'],
    conversation: string,
    options?: { readonly id?: string; readonly epoch?: number; readonly to?: string },
  ) => Promise<Answer>
  readonly record: (conversation: string) => ConversationRecord
  readonly stop: () => void
}

let sites = 0

export async function createDeskInTest(
  { store, clock }: TestStore,
  options: {
    readonly router?: Router
    readonly timing?: Partial<DeskTiming>
    readonly graceMs?: number
  } = {},
): Promise<DeskInTest> {
  const site = `site${++sites}`
  const told: Told[] = []
  const sizes: number[] = []
  let waiting: Submission[] = []
  let presence: Presence
  let desk: Desk

  const commit = async (operations: readonly Operation[]): Promise<readonly Outcome[]> => {
    const outcomes = await store.commit(operations)
    for (const [i, operation] of operations.entries()) {
      const outcome = outcomes[i]
      if (operation.kind === 'fence' && outcome?.status === 'stored') desk.committed(operation, outcome)
    }
    return outcomes
  }

  const one = async (operation: Operation): Promise<Outcome> => {
    const [outcome] = await commit([operation])
    if (outcome === undefined) throw new Error('no outcome')
    return outcome
  }

  const settle = async (fate: Fate = 'commit'): Promise<void> => {
    await turn()
    const ending = waiting
    waiting = []
    for (const { operations, resolve, reject } of ending) {
      if (fate === 'fail') {
        reject(new Error('not committed'))
        continue
      }
      sizes.push(operations.length)
      const outcomes = await (fate === 'lose' ? store.commit(operations) : commit(operations))
      if (fate === 'lose') reject(new Error('the answer was lost'))
      else resolve(outcomes)
    }
    await turn()
  }

  const quiet = async (): Promise<void> => {
    await turn()
    for (let rounds = 0; waiting.length > 0; rounds++) {
      if (rounds === 1_000) throw new Error('the desk turns in a circle')
      await settle()
    }
  }

  const begin = (): void => {
    presence = createPresence({
      clock,
      ...(options.graceMs === undefined ? {} : { graceMs: options.graceMs }),
    })
    desk = createDesk({
      store: ofSite(store, site),
      presence,
      submit: (operations) =>
        new Promise((resolve, reject) => {
          waiting.push({ operations, resolve, reject })
        }),
      notify: (to, frame) => told.push({ to, frame }),
      router: options.router ?? defaultRouter,
      clock,
      random: cryptoRandomBytes,
      ...(options.timing === undefined ? {} : { timing: options.timing }),
    })
    desk.start()
  }

  const stop = (): void => {
    desk.stop()
    presence.stop()
    waiting = []
  }

  const record = (conversation: string): ConversationRecord => {
    const found = store.conversation(conversation)
    if (found === undefined) throw new Error(`no conversation ${conversation}`)
    return found
  }

  await store.commit([
    {
      kind: 'put_site',
      site: { id: site, key: site, secret: '', name: site, origins: ['*'], sealed: false },
    },
  ])
  begin()
  return {
    site,
    store,
    desk: () => desk,
    presence: () => presence,
    told,
    sizes,
    waiting: () => waiting.length,
    settle,
    quiet,
    answered: async (answer) => {
      let known: Answer | undefined
      void answer.then((result) => {
        known = result
      })
      while (known === undefined) await quiet()
      return known
    },
    pass: async (ms) => {
      for (let left = ms; left > 0; left -= 250) {
        clock.advance(Math.min(left, 250))
        await quiet()
      }
    },
    crash: async () => {
      stop()
      begin()
      await turn()
    },
    addAgent: async (agent, change = {}) => {
      await one({ kind: 'put_agent', agent: { ...newAgent(site, agent), ...change } })
      desk.agentChanged(agent)
    },
    setStatus: async (agent, status) => {
      await one({ kind: 'set_status', agent, status })
      desk.statusChanged(agent, status)
    },
    send: async (visitor) => {
      const body = JSON.stringify({ kind: 'text', text: '你好' })
      const visitorRecord = { id: visitor, site, tokenHash: visitor }
      const outcome = await one({
        kind: 'append',
        id: uuidv7(clock.now()),
        site,
        sender: { role: 'visitor', id: visitor },
        visitor: visitorRecord,
        stream: 'public',
        body,
        bodyHash: hashBody('public', body),
      })
      if (outcome.status !== 'stored') throw new Error(JSON.stringify(outcome))
      if (outcome.opened) desk.opened(site, outcome, visitorRecord)
      return outcome.conversation
    },
    command: (by, command, conversation, { id, epoch, to } = {}) =>
      desk.command({
        kind: 'command',
        command,
        id: id ?? uuidv7(clock.now()),
        conversation,
        epoch: epoch ?? record(conversation).epoch,
        by: { role: 'agent', id: by },
        ...(to === undefined ? {} : { to }),
      }),
    record,
    stop,
  }
}

/** Lets everything run that needs no timer. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

function newAgent(site: string, id: string): Omit<AgentRecord, 'version'> {
  return {
    id,
    site,
    login: id,
    name: id.toUpperCase(),
    role: 'agent',
    passwordHash: '!',
    mustChangePassword: false,
    capacity: 2,
    status: 'online',
    disabled: false,
  }
}

// Many tests share one store file; each sees its own site only.
function ofSite(store: Store, site: string): Store {
  const { directory } = store
  return {
    incarnation: store.incarnation,
    commit: (operations) => store.commit(operations),
    position: () => store.position(),
    replay: (after, limit) => store.replay(after, limit),
    conversation: (id) => store.conversation(id),
    conversationsOfVisitor: (visitor, limit, before) => store.conversationsOfVisitor(visitor, limit, before),
    conversationsOfAgent: (agent) => store.conversationsOfAgent(agent),
    queued: (of) => store.queued(of),
    reservations: () => store.reservations().filter(({ agent }) => directory.agent(agent)?.site === site),
    load: (agent) => store.load(agent),
    revisions: store.revisions,
    close: () => store.close(),
    directory: {
      ...directory,
      sites: () => directory.sites().filter(({ id }) => id === site),
      agents: () => directory.agents(site),
    },
  }
}
