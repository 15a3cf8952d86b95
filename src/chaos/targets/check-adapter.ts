import { frameKinds, noFinding } from './dialect.ts'
import { isRecord } from './kf-admin.ts'

/** What is wrong with a module that should be an adapter; empty: nothing. Tries the dialect out on a message and on noise. */
export function problemsOfAdapter(module: unknown): readonly string[] {
  if (!isRecord(module)) return ['it is no module']
  return [...problemsOfTarget(module['target']), ...problemsOfDialect(module['dialect'])]
}

/** What is wrong with what `start` resolved to. */
export function problemsOfRunning(running: unknown): readonly string[] {
  if (!isRecord(running)) return [`it is ${kindOf(running)}, not an object`]
  const { addresses, agentTokens, pids } = running
  return [
    ...(Array.isArray(addresses) && addresses.length > 0 && addresses.every(isAddress)
      ? []
      : ['addresses: a list of at least one { host, port, path } is needed; path begins with "/"']),
    ...unlessAll('agentTokens', agentTokens, (token) => typeof token === 'string', 'strings'),
    ...unlessAll('pids', pids, (pid) => Number.isInteger(pid) && Number(pid) > 0, 'process ids'),
    ...(['site', 'dataFolder'] as const).flatMap((field) => optional(running, field, 'string')),
    ...(['ended', 'log'] as const).flatMap((field) => optional(running, field, 'function')),
    ...needed(running, '', 'stop', 'function'),
  ]
}

const nameForm = /^[a-z0-9][a-z0-9-]{0,39}$/
const taken = ['kf', 'echo', 'relay']
const flags = ['sequenced', 'delivers', 'opens', 'stores'] as const
const actions = ['hello', 'message', 'answer', 'classify'] as const
const slot = '00000000-0000-7000-8000-0000000000ff'

function problemsOfTarget(target: unknown): readonly string[] {
  if (target === undefined) return ['it exports no `target`']
  if (!isRecord(target)) return [`\`target\` is ${kindOf(target)}, not an object`]
  const { name } = target
  const wrongName =
    typeof name !== 'string' || !nameForm.test(name)
      ? [`target.name is ${said(name)}: lower-case letters, digits and dashes are needed, at most 40`]
      : taken.includes(name)
        ? [`target.name is "${name}", which is kf's own`]
        : []
  return [...wrongName, ...needed(target, 'target.', 'start', 'function')]
}

function problemsOfDialect(dialect: unknown): readonly string[] {
  if (dialect === undefined) return ['it exports no `dialect`']
  if (!isRecord(dialect)) return [`\`dialect\` is ${kindOf(dialect)}, not an object`]
  const problems = [
    ...needed(dialect, 'dialect.', 'name', 'string'),
    ...flags.flatMap((field) => needed(dialect, 'dialect.', field, 'boolean')),
    ...actions.flatMap((field) => needed(dialect, 'dialect.', field, 'function')),
    ...optional(dialect, 'subprotocol', 'string', 'dialect.'),
    ...optional(dialect, 'pong', 'string', 'dialect.'),
  ]
  return problems.length > 0 ? problems : tried(dialect as Actions, dialect['stores'] === true)
}

type Actions = { readonly [name in (typeof actions)[number]]: (...args: readonly unknown[]) => unknown }

function tried(dialect: Actions, stores: boolean): readonly string[] {
  const problems: string[] = []
  const attempt = (what: string, run: () => string | undefined): void => {
    try {
      const problem = run()
      if (problem !== undefined) problems.push(`${what} ${problem}`)
    } catch (error) {
      problems.push(`${what} threw ${String(error)}`)
    }
  }
  const slotOnce = (frame: unknown): string | undefined =>
    typeof frame === 'string' && frame.split(slot).length === 2
      ? undefined
      : 'must give a text in which the slot stands exactly once'
  attempt('dialect.message', () => slotOnce(dialect.message(slot, '您好 "hello"')))
  if (stores) attempt('dialect.answer', () => slotOnce(dialect.answer(slot, 'c1', 1, '您好 "hello"')))
  for (const user of [
    { role: 'visitor', site: 's', number: 0 },
    { role: 'agent', token: 't', number: 0 },
  ]) {
    attempt('dialect.hello', () => {
      const hello = dialect.hello(user)
      return hello === undefined || typeof hello === 'string'
        ? undefined
        : `gave ${kindOf(hello)}, not a text`
    })
  }
  for (const noise of ['', '{', '\0\0\0\0', '{"type":"welcome"}']) {
    attempt('dialect.classify', () => {
      const bytes = Buffer.from(noise)
      const kind = dialect.classify(bytes, 0, bytes.length, noFinding())
      return frameKinds.some((known) => known === kind)
        ? undefined
        : `gave ${said(kind)}; ${frameKinds.join(', ')} are known`
    })
  }
  return [...new Set(problems)]
}

type Kind = 'string' | 'boolean' | 'function'
type Fields = Readonly<Record<string, unknown>>

function needed(fields: Fields, where: string, field: string, kind: Kind): readonly string[] {
  const value = fields[field]
  if (typeof value === kind) return []
  return [`${where}${field} is ${value === undefined ? 'missing' : kindOf(value)}: a ${kind} is needed`]
}

function optional(fields: Fields, field: string, kind: Kind, where = ''): readonly string[] {
  return fields[field] === undefined ? [] : needed(fields, where, field, kind)
}

function unlessAll(
  field: string,
  list: unknown,
  fits: (item: unknown) => boolean,
  of: string,
): readonly string[] {
  return list === undefined || (Array.isArray(list) && list.every(fits))
    ? []
    : [`${field}: a list of ${of} is needed`]
}

function isAddress(value: unknown): boolean {
  if (!isRecord(value)) return false
  const { host, port, path } = value
  return (
    typeof host === 'string' &&
    host !== '' &&
    Number.isInteger(port) &&
    Number(port) > 0 &&
    Number(port) < 65_536 &&
    typeof path === 'string' &&
    path.startsWith('/') &&
    !/[\s\0]/.test(path)
  )
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return `a${typeof value === 'object' ? 'n' : ''} ${typeof value}`
}

function said(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 60)) : kindOf(value)
}
