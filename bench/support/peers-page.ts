import { figureIn, memory, micros, perSecond, type Reports, ratio, table, withPart } from './page-text.ts'

const rows = [
  { side: 'kf', what: 'kf: durable, with all features on' },
  { side: 'socketio-durable', what: '`socketio-durable`: acknowledged once the same store has synced' },
  { side: 'socketio-memory', what: '`socketio-memory`: nothing is kept' },
] as const

/** docs/targets.md with its comparison of peers made anew from `reports/peers.json`; dashes where there is none. */
export function peersPage(page: string, reports: Reports): string {
  return withPart('docs/targets.md', page, 'peers', comparison(reports))
}

function comparison(reports: Reports): string {
  const of = (...path: readonly string[]): number | null => figureIn(reports, ['peers', ...path])
  const body = rows.map(({ side, what }) => {
    const at = (figure: string): number | null => of('at', side, figure)
    return [
      what,
      perSecond(at('messages_per_s')),
      ratio(at('echo_ratio')),
      ratio(at('relay_ratio')),
      `${micros(at('cpu_us'))} · ${micros(at('echo_cpu_us'))} · ${micros(at('relay_cpu_us'))}`,
      memory(at('rss_bytes')),
    ]
  })
  const head = [
    'what',
    'messages/s',
    '÷ echo',
    '÷ relay',
    'CPU per message: its own · echo · relay',
    'memory',
  ]
  const verdict = `kf ÷ the best of them: ${ratio(of('ratio'))} in messages/s, ${ratio(of('cpu_ratio'))} in CPU per message (turned so that above 1 is better).`
  const reason = invalidReason(reports.get('peers'))
  return `${table(head, body)}\n\n${verdict}${reason === null ? '' : ` *INVALID: ${reason}.*`}`
}

function invalidReason(result: unknown): string | null {
  if (typeof result !== 'object' || result === null || !('invalid_reason' in result)) return null
  return typeof result.invalid_reason === 'string' ? result.invalid_reason : null
}
