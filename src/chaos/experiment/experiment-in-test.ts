import { z } from 'zod'
import { KfError } from '../../core/errors.ts'
import type { FaultKind } from '../fault/fault.ts'
import { kind } from '../fault/kinds.ts'
import { fraction, milliseconds, oneOf } from '../yaml/values.ts'
import { loadExperiment } from './load.ts'
import type { Kinds } from './load-facts.ts'

export const head = 'version: 1\ntitle: Does it hold?\n'

function fake<Params>(
  name: string,
  on: FaultKind['on'],
  params: z.ZodType<Params>,
  more: Partial<FaultKind> = {},
): FaultKind {
  return kind({
    name,
    on,
    params,
    describe: { en: `${name}, in English`, zh: `${name}（中文）` },
    needs: [],
    momentary: false,
    showsWithinMs: 1_000,
    inject: () => Promise.reject(new Error('only read')),
    ...more,
  } as FaultKind<Params>)
}

/** Kinds of each sort, which tests of the language can rely on whatever the real ones become. */
export const testKinds: Kinds = new Map(
  [
    fake(
      'latency',
      'link',
      z.strictObject({ latency: milliseconds(1, 60_000), jitter: milliseconds(0, 60_000).optional() }),
    ),
    fake('partition', 'link', z.strictObject({ direction: oneOf(['up', 'down', 'both']).default('both') })),
    fake('kill', 'node', z.strictObject({ restart_after: milliseconds(0, 60_000).prefault('1s') }), {
      momentary: true,
      showsWithinMs: 5_000,
    }),
    fake('pause', 'node', z.strictObject({})),
    // Forgets to refuse what it does not know.
    fake('writer_kill', 'writer', z.object({}), { momentary: true }),
    fake('disk_full', 'node', z.strictObject({}), { storeCannotCommit: true, needs: ['strace'] }),
    fake('reconnect_storm', 'clients', z.strictObject({ share: fraction() }), { momentary: true }),
    fake('config_push', 'config', z.strictObject({}), { momentary: true }),
  ].map((one) => [one.name, one]),
)

/** The complaint's lines without the quoted source; what is thrown otherwise fails the test. */
export function complaint(text: string | Uint8Array, language: 'en' | 'zh' = 'en'): readonly string[] {
  try {
    loadExperiment(text, 'x.yml', testKinds)
  } catch (error) {
    if (!(error instanceof KfError) || error.code !== 'bad_scenario') throw error
    const said = language === 'en' ? error.message : String(error.params['zh'])
    return said.split('\n').filter((line) => !line.startsWith(' '))
  }
  return ['accepted']
}
