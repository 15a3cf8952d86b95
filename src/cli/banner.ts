import type { ServerConfig } from '../server/config/server.ts'
import { formatAddress } from '../server/config/values.ts'
import type { RunningNode } from '../server/entry.ts'
import { padEnd } from './format.ts'
import type { Texts } from './i18n/texts.ts'
import type { NodeLimits } from './limits.ts'

export type Banner = {
  readonly node: Pick<RunningNode, 'url' | 'admin' | 'adminSocket' | 'bootstrap'>
  readonly config: ServerConfig
  readonly limits: NodeLimits
  readonly readyMs: number
  readonly version: string
  /** What other commands need to find this node: empty for ./data, else ` --data DIR`. */
  readonly dataFlag: string
}

/** At most eight lines: address, login, embed snippet, administration, data, durability, limits, next command. */
export function bannerLines(
  { node, config, limits, readyMs, version, dataFlag }: Banner,
  { banner: texts }: Texts,
): string {
  const { owner } = node.bootstrap
  const rows: readonly (readonly [string, string])[] = [
    ['kf', `${node.url}   ${texts.ready(version, readyMs)}`],
    [
      texts.login,
      `${node.url}agent   ${owner === undefined ? texts.loginAgain(dataFlag) : texts.loginOnce(owner.login, owner.password)}`,
    ],
    [texts.embed, `<a href="${node.url}" target="_blank" rel="noopener">${texts.embedText}</a>`],
    [texts.admin, `http://${formatAddress(node.admin)}/   ${node.adminSocket}`],
    [texts.data, config.data],
    [texts.durability, texts.durabilityText],
    [texts.limits, limitsText(config.workers, limits, texts)],
    [texts.next, texts.nextText(dataFlag)],
  ]
  const width = 9
  return rows.map(([label, text]) => `${padEnd(label, width)} ${text}\n`).join('')
}

function limitsText(workers: number, limits: NodeLimits, texts: Texts['banner']): string {
  const sockets =
    limits.perWorker === undefined ? texts.limitsUnknown : (workers * limits.perWorker).toLocaleString('en')
  const why = limits.choice.because === 'descriptors' && workers === limits.choice.workers
  return `${texts.limitsText(workers, sockets)}${why ? `   (${texts.limitsDescriptors})` : ''}`
}
