import { setTimeout as pause } from 'node:timers/promises'
import type { HealthAnswer, HealthSpan } from '../../server/entry.ts'
import { centreText } from '../i18n/config-sentences.ts'
import { languageOf, type Texts } from '../i18n/texts.ts'
import { call } from './calls.ts'
import type { ConfigServer } from './server.ts'

const askEveryMs = 250
/** A node that does not come to report within this is not waited for. */
const withinMs = 5_000

/** How the node does under the revision that was just applied: asked until every process has reported of the time since. */
export async function healthAfter(server: ConfigServer): Promise<HealthAnswer> {
  for (let waitedMs = 0; ; waitedMs += askEveryMs) {
    const answer = await call<HealthAnswer>(server, 'GET', '/admin/config/health')
    if (answer.settled || !answer.ready || waitedMs >= withinMs) return answer
    await pause(askEveryMs)
  }
}

/** `health ✓ p99 5.8 -> 5.9 ms`; what is not known is not made up. */
export function healthLine({ after, before, ready, reasons }: HealthAnswer, texts: Texts): string {
  const { config, language } = texts
  if (!ready) {
    const tag = languageOf(language, {})
    return config.unhealthy(reasons.map((reason) => centreText(reason, tag)).join(config.comma))
  }
  const refused = after === null || after.refused === 0 ? '' : config.refusedSince(String(after.refused))
  return `${config.healthy} ${latency(before, after, config)}${refused}`
}

function latency(before: HealthSpan | null, after: HealthSpan | null, texts: Texts['config']): string {
  const [was, is] = [before?.p99_ms ?? null, after?.p99_ms ?? null]
  if (is === null) return texts.noTraffic(((after?.ms ?? 0) / 1_000).toFixed(1))
  return was === null ? texts.p99Only(shown(is)) : texts.p99(shown(was), shown(is))
}

function shown(ms: number): string {
  return ms.toFixed(1)
}
