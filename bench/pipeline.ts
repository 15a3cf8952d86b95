import { systemClock } from '../src/core/clock.ts'
import { uuidv7 } from '../src/core/ids.ts'
import type { Caller } from '../src/server/access/authorise.ts'
import type { DeskCommand, Request } from '../src/server/bus/wire.ts'
import type { Asker } from '../src/server/bus/writer-link.ts'
import { createPipeline, type Pipeline } from '../src/server/pipeline/pipeline.ts'
import type { Origin } from '../src/server/pipeline/stage.ts'
import { createGroupCommit, type Submitter } from '../src/server/storage/group-commit.ts'
import type { Handles, Store } from '../src/server/storage/store.ts'
import { type Bench, type Claim, type Figures, median, quotients, series } from './support/claim.ts'
import { bodyText, freshStore, openConversations, visitorId } from './support/store.ts'

/**
 * parse → filter → route → persist over the embedded store, without sockets and without the link between processes:
 *
 * - `staged`: as kf works; whatever came in is one batch in the stages, whatever waits is one commit.
 * - `stages_singly`: each message passes the stages alone, commits are still of whatever waits: what batching the stages brings.
 * - `single`: one message at a time, from its text to its answer, with a commit of its own.
 */
export const pipeline: Claim = {
  name: 'pipeline',
  title: 'the staged batch path against one message at a time, through the same store on a disk',
  unit: 'messages/s staged ÷ one at a time',
  rounds: 3,
  warmUps: 0,
  needsBuild: false,
  variants: () => ['staged', 'stages_singly', 'single'],
  sample: (variant, bench) => sample(variant, bench),
  conclude: (rounds, options) => {
    const [staged, singly, single] = ['staged', 'stages_singly', 'single'].map((variant) =>
      series(rounds, variant, 'per_second'),
    )
    const samples = quotients(staged ?? [], single ?? [])
    return {
      ratio: median(samples),
      samples,
      figures: {
        staged_messages_per_s: Math.round(median(staged ?? [])),
        stages_singly_messages_per_s: Math.round(median(singly ?? [])),
        single_messages_per_s: Math.round(median(single ?? [])),
        visitors: options.quick ? few : visitors,
      },
      bounds: [{ what: 'staged ÷ one at a time', value: median(samples), op: '>=', bound: 2 }],
      invalid: null,
    }
  },
}

/** Each has one message in flight. */
const visitors = 5_000
const few = 200
const maxBatch = 2_000

async function sample(variant: string, bench: Bench): Promise<Figures> {
  const store = await freshStore(bench.folder())
  bench.defer(() => store.close())
  const senders = bench.options.quick ? few : visitors
  await openConversations(store, senders)
  const whole = bench.options.quick ? 2_000 : 100_000
  const total = variant === 'single' ? whole / 50 : whole
  const texts = textsOf(total)
  const begin = performance.now()
  if (variant === 'single') await oneAtATime(store, texts)
  else await inFlight(store, texts, senders, variant === 'stages_singly')
  return { per_second: (total / (performance.now() - begin)) * 1_000 }
}

function textsOf(count: number): readonly string[] {
  // Ids carry their time, as clients make them: the index of ids grows at its end.
  const from = Date.now()
  return Array.from({ length: count }, (_, i) =>
    JSON.stringify({ type: 'send', id: uuidv7(from + i / 100), body: { kind: 'text', text: bodyText } }),
  )
}

async function inFlight(
  store: Store,
  texts: readonly string[],
  senders: number,
  singly: boolean,
): Promise<void> {
  const group = createGroupCommit(store, {
    maxBatch,
    paceMs: () => 0,
    monotonic: systemClock.monotonic,
    after: systemClock.after,
    onBatch: () => {
      whole.settled()
    },
    onFailure: () => {},
  })
  const whole = pipelineOver((request, asker, token) => {
    group.submit(request, submitterFor(asker, token), 0)
  })
  let next = 0
  let answered = 0
  const done = Promise.withResolvers<undefined>()
  const send = (origin: Origin): void => {
    const text = texts[next]
    if (text === undefined) return
    next += 1
    whole.receive(origin, text)
    if (singly) whole.run()
  }
  for (let n = 0; n < Math.min(senders, texts.length); n++) {
    const origin = originOf(n, () => {
      answered += 1
      if (answered === texts.length) done.resolve(undefined)
      else send(origin)
    })
    send(origin)
  }
  await done.promise
}

async function oneAtATime(store: Store, texts: readonly string[]): Promise<void> {
  const whole = pipelineOver((request, asker, token) => {
    void store.commit([request]).then(([outcome]) => {
      if (outcome === undefined) throw new TypeError('a commit of one has one outcome')
      asker.answered(token, request, outcome)
      whole.settled()
    })
  })
  for (const text of texts) {
    await new Promise<void>((resolve) => {
      whole.receive(originOf(0, resolve), text)
      whole.run()
    })
  }
}

function pipelineOver(ask: (request: Direct, asker: Asker, token: unknown) => void): Pipeline {
  return createPipeline({
    filters: [],
    clock: systemClock,
    onFailure: (error) => {
      throw error
    },
    ask: (request, asker, token) => {
      ask(operationOf(request), asker, token)
      return true
    },
    random: () => 0.5,
    publish: () => {},
  })
}

type Direct = Exclude<Request, DeskCommand>

// Only messages are sent here: what would go through the desk is a defect of this file.
function operationOf(request: Request): Direct {
  if (request.kind === 'command') throw new TypeError(`a ${request.command} among messages`)
  return request
}

function submitterFor(asker: Asker, token: unknown): Submitter {
  return {
    committed: (_token, operation, outcome) => {
      if (operation.kind === 'append') asker.answered(token, operation, outcome)
    },
    failed: (_token, _operation, message) => {
      throw new Error(message)
    },
  }
}

function originOf(visitor: number, answered: () => void): Origin {
  const id = visitorId(visitor)
  let handles: Handles | undefined
  const caller: Caller = {
    role: 'visitor',
    id,
    site: 'site',
    record: { id, site: 'site', tokenHash: 'hash' },
  }
  return {
    caller,
    refused: undefined,
    visitorStored: true,
    handlesIn: () => handles,
    control: () => {},
    invalid: (code, message) => {
      throw new Error(`${code}: ${message}`)
    },
    answered: (_frame, _request, answer) => {
      if (answer.status !== 'stored') throw new Error(`a message was answered ${answer.status}`)
      handles = answer.handles
      answered()
    },
  }
}
