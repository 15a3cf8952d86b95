import { z } from 'zod'
import {
  atMost,
  bound,
  duration,
  list,
  number,
  oneOf,
  say,
  share,
  text,
  whole,
  yesNo,
} from '../yaml/values.ts'

/** The shape of a scenario file, before defaults. Checks between keys are in together.ts. */

const keysNeeded = say('keys with values are needed', '需要由键和值组成')

const hour = 3_600_000
const day = 24 * hour
export const listNames = ['mixed', 'en', 'zh'] as const
const messageText = text(4_000)
const within = duration(1, 10 * 60_000).meta({
  description:
    'How long to wait; later counts as an error. 5s for an ack and a delivery, 30s for an answer, unless told otherwise.',
})

const sendNeeded = say(
  'a text, a list of texts, or {list: mixed}, {list: en}, {list: zh} is needed',
  '需要一段文本、文本列表，或 {list: mixed}、{list: en}、{list: zh}',
)

/** Each kind of step, by the key that names it. */
export const stepSchemas = {
  send: z.strictObject(
    {
      send: z
        .union([messageText, list(messageText, 1_000), z.strictObject({ list: oneOf(listNames) })], {
          error: sendNeeded,
        })
        .meta({
          description:
            'One message; the time to its ack is the response time. A text, texts to choose from, or `{list: mixed}`: customers’ real sentences, English with every fifth Chinese (`en`, `zh`: one language).',
        }),
    },
    { error: keysNeeded },
  ),
  expect: z.strictObject(
    {
      expect: oneOf(['ack', 'answer']).meta({
        description: 'Waits for the ack of the last send, or for the next message of an agent.',
      }),
      within: within.optional(),
    },
    { error: keysNeeded },
  ),
  deliver: z.strictObject(
    {
      deliver: duration(1, 10 * 60_000).meta({
        description: 'Waits, no longer than this, until the last send has reached an agent.',
      }),
    },
    { error: keysNeeded },
  ),
  think: z.strictObject(
    {
      think: duration(0, hour).meta({ description: 'A pause of this long on average.' }),
      spread: oneOf(['exponential', 'fixed'])
        .meta({ description: 'How the pauses differ: `exponential` (the default) or `fixed`.' })
        .optional(),
    },
    { error: keysNeeded },
  ),
} as const

export type StepName = keyof typeof stepSchemas
export const stepNames: readonly StepName[] = ['send', 'expect', 'deliver', 'think']

const step = z.union([stepSchemas.send, stepSchemas.expect, stepSchemas.deliver, stepSchemas.think])

const namePattern = /^[\p{L}\p{N}][\p{L}\p{N} ._-]*$/u
const entryName = text(40).regex(namePattern, {
  error: say(
    'a name of letters, digits, spaces, dots, dashes and underscores is needed',
    '名称只能由字母、数字、空格、点、短横线和下划线组成',
  ),
})

const flow = z.strictObject(
  {
    name: entryName.meta({ description: 'Shown on the first line of the screen and in reports.' }),
    weight: number(0.001, 1_000)
      .meta({ description: 'How often this flow is chosen, in relation to the others. 1 by default.' })
      .optional(),
    steps: list(step, 100).meta({ description: 'What the visitor does, one step after the other.' }),
  },
  { error: keysNeeded },
)

const restStep = z.strictObject(
  {
    name: entryName.meta({ description: 'Names the row of this step.' }),
    method: oneOf(['GET', 'POST']).meta({ description: 'GET by default.' }).optional(),
    path: text(2_000)
      .regex(/^\/[^\s#]*$/, {
        error: say(
          'a path below the public URL is needed, such as /api/v1/conversations',
          '需要公开地址之下的路径，例如 /api/v1/conversations',
        ),
      })
      .meta({
        description:
          'Below the public URL. `{conversation}` stands for a conversation that the visitor of this step has.',
      }),
    as: oneOf(['nobody', 'visitor', 'agent'])
      .meta({
        description:
          'Whose credential is sent: `nobody` (the default), a `visitor` made for this step, who has one conversation, or an `agent` of the site.',
      })
      .optional(),
    body: z
      .string({ error: say('a text of JSON is needed', '需要 JSON 文本') })
      .max(60_000, { error: say('at most 60000 characters of JSON are needed', 'JSON 最多 60000 个字符') })
      .meta({ description: 'JSON, with POST only.' })
      .optional(),
    connections: whole(1, 1_000)
      .meta({
        description:
          'Kept-alive connections, not more than `rate`. 10 by default, or `rate` where that is less.',
      })
      .optional(),
    rate: whole(1, 100_000).meta({ description: 'Requests per second over all connections.' }),
  },
  { error: keysNeeded },
)

const throughputNeeded = say('a lower bound is needed, such as ">= 1000"', '需要下界，例如 ">= 1000"')
const latency = () => atMost('10 ms', hour)

const thresholds = z.strictObject(
  {
    avg_ms: latency().meta({ description: 'Average response time, in ms.' }).optional(),
    p50_ms: latency().meta({ description: 'Median response time, in ms.' }).optional(),
    p95_ms: latency().optional().meta({ description: '95th percentile of the response time, in ms.' }),
    p99_ms: latency().optional().meta({ description: '99th percentile of the response time, in ms.' }),
    p999_ms: latency().optional().meta({ description: '99.9th percentile of the response time, in ms.' }),
    delivered_p99_ms: latency()
      .optional()
      .meta({ description: '99th percentile of the time to the agent’s socket, in ms.' }),
    error_rate: atMost('0.1%', 1)
      .optional()
      .meta({ description: 'Share of messages without an ack within 5 s.' }),
    messages_per_s: bound('>=', 1e9, throughputNeeded)
      .optional()
      .meta({ description: 'Messages acked per second.' }),
    server_rss_growth: atMost('10%', 10).optional().meta({
      description:
        'Growth of the server’s resident memory over the second half of the time: its last tenth over the tenth in the middle.',
    }),
  },
  { error: keysNeeded },
)

const ramp = z.strictObject(
  {
    connect_per_second: whole(1, 20_000)
      .meta({ description: 'Connections opened per second. 4,000 by default.' })
      .optional(),
    over: duration(0, hour)
      .meta({
        description:
          'How long sending takes to reach its rate. By default 1 s for each 2,000 visitors of the largest row.',
      })
      .optional(),
  },
  { error: keysNeeded },
)

const agents = z.strictObject(
  {
    per_visitors: whole(1, 10_000)
      .meta({ description: 'One agent for so many visitors. 50 by default.' })
      .optional(),
    answer: yesNo().meta({ description: 'Agents answer each message. true by default.' }).optional(),
  },
  { error: keysNeeded },
)

const trouble = z.strictObject(
  {
    reconnect_per_minute: share()
      .meta({ description: 'Visitors cut off, and back with a resume, each minute. 0% by default.' })
      .optional(),
    slow_readers: share()
      .meta({ description: 'Visitors that read nothing for long stretches. 0% by default.' })
      .optional(),
  },
  { error: keysNeeded },
)

const concurrencyRow = whole(1, 1_000_000)

export const scenarioSchema = z
  .strictObject(
    {
      version: z
        .literal(1, { error: say('must be 1, the only version there is', '必须是 1，目前只有这个版本') })
        .meta({ description: 'Version of this format: 1.' }),
      title: text(200).meta({ description: 'The question that this scenario answers.' }),
      mode: oneOf(['open', 'closed'])
        .meta({
          description:
            '`open` (the default): flows start on a schedule, however slow the answers are. `closed`: each visitor starts the next flow when the last has ended.',
        })
        .optional(),
      concurrency: z
        .union([concurrencyRow, list(concurrencyRow, 20)], {
          error: say(
            'a number of visitors from 1 to 1000000 is needed, or a list of them',
            '需要 1 到 1000000 的访客数，或其列表',
          ),
        })
        .meta({
          description: 'Visitors connected at the same time; a row of the table each. 1,000 by default.',
        })
        .optional(),
      rate: number(0.001, 1_000)
        .meta({ description: 'Open mode: flows that each visitor starts per second. 0.5 by default.' })
        .optional(),
      ramp: ramp.meta({ description: 'From nothing to all visitors.' }).optional(),
      warmup: duration(0, hour)
        .meta({ description: 'Time before the measured window. 5s by default.' })
        .optional(),
      duration: duration(1_000, day)
        .meta({ description: 'The measured window of each row. 60s by default, 15s in closed mode.' })
        .optional(),
      seed: whole(0, 2 ** 32 - 1)
        .meta({ description: 'The same seed sends the same at the same instants. 7 by default.' })
        .optional(),
      agents: agents.meta({ description: 'The agents beside the visitors.' }).optional(),
      trouble: trouble.meta({ description: 'What visitors suffer meanwhile.' }).optional(),
      flows: list(flow, 50)
        .meta({
          description:
            'What visitors do. Without flows and without rest: one message, and its ack within 5s.',
        })
        .optional(),
      rest: list(restStep, 20)
        .meta({
          description:
            'Requests to the REST API during the measured window, by autocannon, in rows of their own. A scenario with rest and without flows opens no sockets.',
        })
        .optional(),
      thresholds: thresholds
        .meta({ description: 'What every row must keep; else the exit code is 5.' })
        .optional(),
    },
    { error: keysNeeded },
  )
  .meta({ title: 'kf load scenario', description: 'A scenario of `kf bench`; see docs/scenarios.md.' })

/** A file that fits the schema. */
export type ScenarioFile = z.infer<typeof scenarioSchema>
