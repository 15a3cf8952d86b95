import { globSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import type { Clock } from '../../../core/clock.ts'
import { KfError } from '../../../core/errors.ts'
import { askNode } from '../../topology/node-admin.ts'
import type { TopologyNode } from '../../topology/topology.ts'
import { durationMs } from '../../yaml/units.ts'
import { say } from '../../yaml/values.ts'
import type { FaultKind } from '../fault.ts'
import { environmentOf } from '../proc.ts'
import { folderOf, nodeNamed, processesOf, serving, until } from './nodes.ts'

const mostMs = 10 * 365 * 86_400_000
const needed = say(
  'a time ahead or, with a minus, back is needed, such as 1h or -90s',
  '需要向前的时间，或带负号表示向后，例如 1h、-90s',
)
const skewMs = (text: string): number =>
  (durationMs(text.replace(/^-/, '')) ?? Number.NaN) * (text.startsWith('-') ? -1 : 1)

const params = z.strictObject({
  by: z
    .string({ error: needed })
    .regex(/^-?\d+(?:\.\d+)?(?:ms|s|m|h)$/, { error: needed, abort: true })
    .refine((text) => Math.abs(skewMs(text)) <= mostMs, { error: needed })
    .transform(skewMs)
    .meta({ description: 'Ahead, or with a minus back: 1h, -90s.' }),
})

const jumpWithinMs = 5_000
/** Of the date that an answer bears, which has whole seconds and may be a second old. */
const dateOffMs = 3_000

/**
 * Mid-run a clock can only jump where libfaketime was there from the node's start: so it is restarted in an orderly way with it, once
 * a run, and jumps then. What measures time spans is left alone.
 */
export const clockSkew: FaultKind<z.infer<typeof params>> = {
  name: 'clock_skew',
  describe: {
    en: 'The wall clock of a node jumps ahead or back, and back again; its monotonic clock goes on.',
    zh: '节点的墙上时钟向前或向后跳变，之后恢复；单调时钟不受影响。',
  },
  on: 'node',
  needs: ['faketime'],
  params,
  momentary: false,
  showsWithinMs: 5_000,
  inject: async ({ topology, clock }, on, { by }) => {
    const library = faketimeLibrary()
    const node = nodeNamed(topology, on)
    const file = join(dirname(folderOf(node)), 'faketime')
    const { supervisor } = await processesOf(node)
    // A node that was killed in the meantime runs without it again.
    if (!environmentOf(supervisor).includes(`FAKETIME_TIMESTAMP_FILE=${file}`)) {
      await jump(file, 0)
      await node.stop()
      await node.start({ env: environment(library, file) })
      await serving(node, clock)
    }
    await jump(file, by)
    return {
      verify: async () => {
        const off = await offOf(node, clock)
        return Math.abs(off - by) <= dateOffMs
          ? `the node's answers are dated ${Math.round(off / 1_000)} s off`
          : undefined
      },
      heal: async () => {
        await jump(file, 0)
        // A node that was started anew without libfaketime has the right time, too.
        const isRight = await until(
          clock,
          jumpWithinMs,
          async () => Math.abs(await offOf(node, clock)) <= dateOffMs,
        ).catch(() => serving(node, clock).then(() => true))
        if (!isRight) throw new KfError('not_healed', `the clock of ${on} is still off`)
      },
    }
  },
}

/** What its clock says, less what ours does, ms. */
async function offOf(node: TopologyNode, clock: Clock): Promise<number> {
  const { date } = await askNode(node.adminSocket ?? '', 'GET', '/healthz')
  return Date.parse(date ?? '') - clock.now()
}

// Renamed into place: a reader never sees half of it.
async function jump(file: string, ms: number): Promise<void> {
  await writeFile(`${file}.new`, `${ms < 0 ? '-' : '+'}${Math.abs(ms) / 1_000}\n`)
  await rename(`${file}.new`, file)
}

function environment(library: string, file: string): Readonly<Record<string, string>> {
  return {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_CACHE_DURATION: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    DONT_FAKE_MONOTONIC: '1',
    FAKETIME_DONT_RESET: '1',
  }
}

const places = [
  '/usr/lib/*/faketime',
  '/usr/lib64/faketime',
  '/usr/lib/faketime',
  '/usr/local/lib/faketime',
] as const

/** Path of libfaketime; undefined where it is not installed. */
export function findFaketime(): string | undefined {
  // NOTE: Node has threads, for which there is a library of its own.
  return places.flatMap((place) => globSync(`${place}/libfaketimeMT.so.1`))[0]
}

function faketimeLibrary(): string {
  const found = findFaketime()
  if (found !== undefined) return found
  throw new KfError(
    'faketime_missing',
    `clock_skew needs libfaketime, which is in none of ${places.join(', ')}`,
    {
      hint: 'apt-get install faketime',
    },
  )
}
