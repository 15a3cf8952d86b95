import { z } from 'zod'
import type { LinkToxic } from '../../topology/toxiproxy-api.ts'
import { fraction, oneOf, say } from '../../yaml/values.ts'
import { closedAfter, closesLate, endsAs, type Seen, silent, sliced, slower, throttled } from './effect.ts'
import { streamsOf, toxicFault } from './link-fault.ts'

type Type = LinkToxic['type']
type Attributes = Readonly<Record<string, number>>

/** Toxiproxy's own words and units: attributes with those that must be there first, and what each shows itself by. */
const types: Readonly<
  Record<
    Type,
    {
      readonly needs: readonly string[]
      readonly takes: readonly string[]
      readonly seen: (given: Attributes, way: 'up' | 'down') => Seen
    }
  >
> = {
  latency: {
    needs: ['latency'],
    takes: ['jitter'],
    seen: (given) => slower(Math.max(1, at(given, 'latency') - at(given, 'jitter'))),
  },
  bandwidth: {
    needs: ['rate'],
    takes: [],
    seen: (given, way) => (at(given, 'rate') === 0 ? silent : throttled(at(given, 'rate'), way)),
  },
  timeout: {
    needs: ['timeout'],
    takes: [],
    seen: (given) => (at(given, 'timeout') === 0 ? silent : endsAs('closed', at(given, 'timeout'))),
  },
  reset_peer: { needs: ['timeout'], takes: [], seen: (given) => endsAs('reset', at(given, 'timeout')) },
  limit_data: { needs: ['bytes'], takes: [], seen: (given, way) => closedAfter(at(given, 'bytes'), way) },
  slow_close: { needs: ['delay'], takes: [], seen: (given) => closesLate(at(given, 'delay')) },
  // Upwards the pieces are the server's to see; what is left is that a request of `padding` bytes waits after each.
  slicer: {
    needs: ['average_size', 'delay'],
    takes: ['size_variation'],
    seen: (given, way) =>
      way === 'down'
        ? sliced
        : slower((slicedBytes / at(given, 'average_size') / 4) * (at(given, 'delay') / 1_000), {
            requests: 1,
            padding: slicedBytes,
          }),
  },
}

const slicedBytes = 4_096
const mostOfAnything = 60_000_000

const attributesNeeded = say(
  'attributes with whole numbers from 0 are needed, such as { average_size: 64, delay: 2000 }',
  '需要取值为非负整数的 attributes，例如 { average_size: 64, delay: 2000 }',
)

/** What has no fault of its own: any toxic of Toxiproxy by its name. */
export const toxic = toxicFault({
  name: 'toxic',
  describe: {
    en: 'Any other toxic of Toxiproxy by its own name, attributes and units: slicer, limit_data, slow_close …',
    zh: '按 Toxiproxy 自己的名称、属性和单位施加其他 toxic：slicer、limit_data、slow_close 等。',
  },
  params: z
    .strictObject({
      type: oneOf([
        'slicer',
        'limit_data',
        'slow_close',
        'timeout',
        'latency',
        'bandwidth',
        'reset_peer',
      ]).meta({ description: 'Toxiproxy’s name of it.' }),
      attributes: z
        .record(z.string(), z.int().min(0).max(mostOfAnything), { error: attributesNeeded })
        .meta({ description: 'Its attributes, in Toxiproxy’s units.' }),
      direction: oneOf(['down', 'up'])
        .default('down')
        .meta({ description: 'Which way: `up` is what the client sends, `down` what it gets.' }),
      share: fraction().prefault('100%').meta({ description: 'Of the connections.' }),
    })
    .superRefine(({ type, attributes }, context) => {
      const { needs, takes } = types[type]
      const own = [...needs, ...takes]
      const others = Object.keys(attributes).filter((key) => !own.includes(key))
      if (others.length === 0 && needs.every((key) => key in attributes)) return
      context.addIssue({ code: 'custom', path: ['attributes'], message: takesOnly(type, needs, takes) })
    }),
  showsWithinMs: 20_000,
  toxics: ({ type, attributes, direction, share }) =>
    streamsOf(direction).map((stream) => ({ type, stream, toxicity: share, attributes })),
  seen: ({ type, attributes, direction }) => types[type].seen(attributes, direction),
})

function takesOnly(type: Type, needs: readonly string[], takes: readonly string[]): string {
  const [must, may] = [needs.join(', '), takes.join(', ')]
  return may === ''
    ? say(`${type} takes ${must}`, `${type} 的属性是 ${must}`)
    : say(`${type} takes ${must}, and may take ${may}`, `${type} 的属性是 ${must}，可加 ${may}`)
}

function at(given: Attributes, key: string): number {
  return given[key] ?? 0
}
