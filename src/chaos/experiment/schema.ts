import { z } from 'zod'
import { invariants } from '../check/verdict.ts'
import type { LimitUnit } from '../yaml/units.ts'
import { duration, limit, list, number, oneOf, say, share, size, text, whole } from '../yaml/values.ts'
import type { Measure } from './experiment.ts'
import { actionSchema, randomSchema } from './schema-method.ts'

/** The shape of a chaos scenario, before defaults. A fault's own keys are its kind's; checks between keys are in load-rules.ts. */

const keysNeeded = say('keys with values are needed', '需要由键和值组成')
const minute = 60_000
const hour = 60 * minute

function group<const Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, { error: keysNeeded })
}

const nodeName = text(40).regex(/^[a-z][a-z0-9-]*$/, {
  error: say('a name of small letters, digits and dashes is needed', '名称只能由小写字母、数字和短横线组成'),
})
const linkName = text(100)
const url = text(500).regex(/^https?:\/\/[^\s/]+\/?$/, {
  error: say('an address is needed, such as http://127.0.0.1:8474', '需要地址，例如 http://127.0.0.1:8474'),
})

const topology = group({
  nodes: list(
    group({
      name: nodeName.meta({ description: 'What links and faults call it. `node` by default.' }).optional(),
      workers: whole(1, 64)
        .meta({
          description:
            'Socket processes. 2 by default: the writer is a process of its own then, and can be killed.',
        })
        .optional(),
      configs: text(500)
        .meta({ description: 'Folder with its TOML files, seen from where kf runs.' })
        .optional(),
    }),
    16,
  )
    .meta({ description: 'Nodes that kf starts for the run. One with two workers by default.' })
    .optional(),
  engines: list(oneOf(['sqlite', 'redis', 'mysql', 'search']), 4)
    .meta({ description: 'What nodes stand on. `[sqlite]` by default, in the node itself.' })
    .optional(),
  links: list(linkName, 64)
    .meta({
      description:
        'Directed pairs with a proxy each, such as `visitors->node`. All that there are by default; faults can be aimed at these alone.',
    })
    .optional(),
  attach: group({
    url: url.meta({ description: 'Public address of a node that runs already; no other nodes then.' }),
    toxiproxy: url.meta({ description: 'API of the Toxiproxy in front of it.' }),
    proxies: z
      .record(linkName, text(100), {
        error: say(
          'keys with values are needed, such as visitors->node: my-proxy',
          '需要键和值，例如 visitors->node: my-proxy',
        ),
      })
      .meta({ description: 'The name of the proxy of each link, such as `visitors->node: my-proxy`.' }),
  })
    .meta({ description: 'A deployment that runs already, in place of nodes.' })
    .optional(),
})

const workload = group({
  visitors: whole(1, 3_000)
    .meta({ description: 'Visitors connected at the same time. 200 by default.' })
    .optional(),
  agents: whole(0, 1_000)
    .meta({ description: 'Agents beside them. One for 25 visitors by default.' })
    .optional(),
  capacity: whole(1, 10_000)
    .meta({
      description: 'Conversations that an agent may have. Twice what is needed for all visitors by default.',
    })
    .optional(),
  rate: number(0.001, 100)
    .meta({ description: 'Messages per second of each visitor. 0.5 by default.' })
    .optional(),
  answers: share().meta({ description: 'Of the messages, answered by an agent. 50% by default.' }).optional(),
  desk: number(0, 1_000)
    .meta({ description: 'Transfers, releases and closes per second, all agents together. 1 by default.' })
    .optional(),
  reconnect_per_minute: share()
    .meta({
      description:
        'Of the visitors, cut off and back with a resume each minute, besides faults. 0% by default.',
    })
    .optional(),
  slow_readers: share()
    .meta({ description: 'Of the visitors, reading nothing for long stretches. 0% by default.' })
    .optional(),
  warmup: duration(0, 10 * minute)
    .meta({ description: 'Time after everybody has connected and before the baseline. 3s by default.' })
    .optional(),
})

/** What is measured, and in which unit bounds on it are written. */
export const measureUnits = {
  error_rate: 'share',
  avg_ms: 'time',
  p99_ms: 'time',
  connected: 'share',
  acks_per_s: 'number',
  ready: 'share',
  rss_bytes: 'size',
} as const satisfies Readonly<Record<Measure, LimitUnit>>

export const measureNames = [
  'error_rate',
  'avg_ms',
  'p99_ms',
  'connected',
  'acks_per_s',
  'ready',
  'rss_bytes',
] as const satisfies readonly Measure[]

const meanings: Readonly<Record<Measure, string>> = {
  error_rate: 'Share of the sends without an ack in time.',
  avg_ms: 'Average response time.',
  p99_ms: '99th percentile of the response time.',
  connected: 'Share of the visitors and agents that are connected.',
  acks_per_s: 'Messages acked per second.',
  ready: 'Share of the nodes that say they are ready.',
  rss_bytes: 'Resident memory of all nodes together.',
}

function measured(name: Measure) {
  return limit(measureUnits[name]).meta({ description: meanings[name] }).optional()
}

const safety = group({
  allow_targets: list(text(253), 64)
    .meta({
      description: 'Hosts that faults may touch. This host alone by default: 127.0.0.1, ::1, localhost.',
    })
    .optional(),
  max_nodes_affected: whole(0, 16)
    .meta({ description: 'Nodes that faults may touch in one run. 1 by default.' })
    .optional(),
  ttl: duration(1_000, 24 * hour)
    .meta({
      description:
        'A guard process ends the run and heals everything so long after the first fault, whatever happens. By default faults and recovery, and 2m to read everything back.',
    })
    .optional(),
  abort_if: group({
    error_rate: measured('error_rate'),
    avg_ms: measured('avg_ms'),
    p99_ms: measured('p99_ms'),
    connected: measured('connected'),
    acks_per_s: measured('acks_per_s'),
    ready: measured('ready'),
    rss_bytes: measured('rss_bytes'),
  })
    .meta({ description: 'Heals and ends the run as soon as one of these holds.' })
    .optional(),
})

const probe = group({
  name: text(60).meta({ description: 'What the report calls it.' }),
  measure: oneOf(measureNames).meta({ description: 'What is looked at.' }),
  baseline: text(40).meta({ description: 'What must hold before the first fault.' }).optional(),
  fault: text(40).meta({ description: 'What must hold from the first fault until all are over.' }).optional(),
  recovery: text(40).meta({ description: 'What must hold again at the end of the recovery.' }).optional(),
})

const steadyState = group({
  probes: list(probe, 20).meta({
    description: 'What a healthy run looks like, with a tolerance for each phase.',
  }),
})

const checks = group({
  invariants: list(oneOf(invariants), invariants.length)
    .meta({ description: 'Promises to judge. All that this workload and topology can show by default.' })
    .optional(),
  resets_allowed: whole(0, 1_000_000)
    .meta({ description: 'Times that a client may be told to forget what it holds. 0 by default.' })
    .optional(),
  converge_within: duration(1_000, hour)
    .meta({
      description: 'From healing until the queue is routed and readers agree. The recovery by default.',
    })
    .optional(),
  max_rss_growth: size(1024, 64 * 1024 ** 3)
    .meta({ description: 'Growth of the nodes’ resident memory over the baseline. 256MiB by default.' })
    .optional(),
  minimum: group({
    acks: whole(0, 1e9).meta({ description: 'Acks. 100 by default.' }).optional(),
    retries: whole(0, 1e9).meta({ description: 'Messages sent again. 0 by default.' }).optional(),
    resumes: whole(0, 1e9)
      .meta({ description: 'Connections that came back with a resume. 0 by default.' })
      .optional(),
  })
    .meta({ description: 'Fewer in the whole run make it unknown: too little happened to judge.' })
    .optional(),
})

export const experimentSchema = group({
  version: z
    .literal(1, { error: say('must be 1, the only version there is', '必须是 1，目前只有这个版本') })
    .meta({ description: 'Version of this format: 1.' }),
  title: text(200).meta({ description: 'The one question that this scenario answers.' }),
  tags: list(nodeName, 10).meta({ description: 'For `kf chaos run --all --tag TAG`.' }).optional(),
  seed: whole(0, 2 ** 32 - 1)
    .meta({ description: 'The same seed makes the same timeline and the same load. 7 by default.' })
    .optional(),
  topology: topology.meta({ description: 'What it runs against.' }).optional(),
  workload: workload.meta({ description: 'Who is connected meanwhile, and what they do.' }).optional(),
  safety: safety.meta({ description: 'What faults may touch, and when all is healed at once.' }).optional(),
  steady_state: steadyState.meta({ description: 'Probes.' }).optional(),
  method: list(actionSchema, 200)
    .meta({ description: 'The faults. Times are from the beginning of the baseline.' })
    .optional(),
  random: randomSchema
    .meta({ description: 'Faults that the seed draws, in place of a method or besides it.' })
    .optional(),
  recovery: duration(1_000, hour)
    .meta({
      description:
        'All that is left of faults is healed, then so long is given to come back. 15s by default.',
    })
    .optional(),
  checks: checks.meta({ description: 'What is judged, and within which bounds.' }).optional(),
  report: group({
    folder: text(500).meta({ description: 'Folder for reports, unless --out says otherwise.' }).optional(),
  })
    .meta({ description: 'Where reports go.' })
    .optional(),
}).meta({ title: 'kf chaos scenario', description: 'A scenario of `kf chaos`; see docs/chaos.md.' })

/** A file that fits the schema. */
export type ExperimentFile = z.infer<typeof experimentSchema>
