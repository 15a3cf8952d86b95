import { type Complain, complaints, isRecord, listOf } from '../yaml/paths.ts'
import type { Problem, Said } from '../yaml/problem.ts'
import type { Path, YamlText } from '../yaml/yaml-text.ts'
import { stepNames } from './schema.ts'

/** Flows per second over all visitors: more is a slip of the pen. */
export const mostFlowsPerSecond = 1_000_000

/**
 * What the schema cannot say: keys that contradict each other. Works on any values, fitting or not, so that these problems
 * are told together with the schema's.
 */
export function togetherProblems(yaml: YamlText): readonly Problem[] {
  const { value } = yaml
  if (!isRecord(value)) return []
  const { problems, complain } = complaints(yaml)
  const { mode, rate, concurrency, agents, flows, rest, trouble } = value
  if (mode === 'closed' && rate !== undefined) complain(['rate'], 'key', closedRate)
  const rows = [concurrency ?? defaultConcurrency].flat().filter((row) => typeof row === 'number')
  // A number that is absurd by itself is told by the schema.
  const fits = (typeof rate !== 'number' || rate <= 1_000) && rows.every((row) => row <= 1_000_000)
  const perSecond = (typeof rate === 'number' ? rate : defaultRate) * Math.max(0, ...rows)
  if (mode !== 'closed' && perSecond > mostFlowsPerSecond && fits)
    complain(['rate'], rate === undefined ? 'key' : 'value', tooFast(perSecond))
  const silent = isRecord(agents) && agents['answer'] === false
  eachNamed(flows, 'flows', complain, (flow, path) => {
    checkSteps(listOf(flow['steps']), [...path, 'steps'], silent || mode === 'closed', complain)
  })
  eachNamed(rest, 'rest', complain, (step, path) => {
    checkRest(step, path, complain)
  })
  if (flows === undefined && rest !== undefined && trouble !== undefined)
    complain(['trouble'], 'key', noVisitors)
  return problems
}

/** What a file without `concurrency` or `rate` asks for. */
export const defaultConcurrency = 1_000
export const defaultRate = 0.5

// Checks each entry of a list whose entries have names of their own.
function eachNamed(
  list: unknown,
  key: string,
  complain: Complain,
  check: (entry: Readonly<Record<string, unknown>>, path: Path) => void,
): void {
  const names = new Set<string>()
  for (const [i, entry] of listOf(list).entries()) {
    if (!isRecord(entry)) continue
    const { name } = entry
    if (typeof name === 'string') {
      if (names.has(name)) complain([key, i, 'name'], 'value', nameTwice(name))
      names.add(name)
    }
    check(entry, [key, i])
  }
}

function checkSteps(steps: readonly unknown[], path: Path, silent: boolean, complain: Complain): void {
  let sent = false
  for (const [i, step] of steps.entries()) {
    if (!isRecord(step)) continue
    if (step['send'] !== undefined) sent = true
    else if (step['expect'] !== undefined) {
      if (!sent) complain([...path, i, 'expect'], 'value', nothingSent('expect'))
      if (step['expect'] === 'answer' && silent) complain([...path, i, 'expect'], 'value', nobodyAnswers)
    } else if (step['deliver'] !== undefined && !sent)
      complain([...path, i, 'deliver'], 'value', nothingSent('deliver'))
  }
  // Where a step is none at all, it may be the send that is missing.
  const known = steps.every((step) => isRecord(step) && stepNames.some((name) => Object.hasOwn(step, name)))
  if (steps.length > 0 && known && !steps.some((step) => isRecord(step) && Object.hasOwn(step, 'send')))
    complain(path, 'key', neverSends)
}

function checkRest(step: Readonly<Record<string, unknown>>, path: Path, complain: Complain): void {
  const { body, method, path: address, as, connections, rate } = step
  if (typeof connections === 'number' && typeof rate === 'number' && connections > rate)
    complain([...path, 'connections'], 'value', idleConnections(connections, rate))
  if (typeof body === 'string') {
    if (method !== 'POST') complain([...path, 'body'], 'key', bodyWithoutPost)
    else if (!isJson(body)) complain([...path, 'body'], 'value', notJson)
  }
  if (typeof address !== 'string') return
  for (const [placeholder] of address.matchAll(/\{[^}]*\}?/g)) {
    if (placeholder !== '{conversation}')
      complain([...path, 'path'], 'value', unknownPlaceholder(placeholder))
    else if (as !== 'visitor') complain([...path, 'path'], 'value', noConversation)
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const closedRate: Said = {
  en: 'means nothing in closed mode, where each visitor starts the next flow when the last has ended; take it out, or write mode: open',
  zh: '闭环模式下无意义（上一个流程结束后才开始下一个）；请删除，或写 mode: open',
}
const nobodyAnswers: Said = {
  en: 'no agent answers here (agents.answer is false, or the mode is closed); let them answer, or expect: ack',
  zh: '这里没有客服回复（agents.answer 为 false，或 mode 为 closed）；请让客服回复，或写 expect: ack',
}
const neverSends: Said = {
  en: 'this flow never sends, so nothing of it can be measured; add a send',
  zh: '此流程从不发送，无法测量；请加一个 send',
}
const bodyWithoutPost: Said = {
  en: 'only a POST has a body; write method: POST, or take it out',
  zh: '只有 POST 才有请求体；请写 method: POST，或删除',
}
const notJson: Said = {
  en: 'is not JSON; write it as \'{"key": "value"}\'',
  zh: '不是 JSON；请写成 \'{"key": "value"}\'',
}
const noConversation: Said = {
  en: '{conversation} is one of the visitor’s; write as: visitor',
  zh: '{conversation} 属于访客；请写 as: visitor',
}
const noVisitors: Said = {
  en: 'there are no visitors to trouble: rest stands without flows; add flows, or take it out',
  zh: '没有访客可受影响：只有 rest 而没有 flows；请加 flows，或删除',
}

function tooFast(perSecond: number): Said {
  const [value, bound] = [
    Math.round(perSecond).toLocaleString('en-US'),
    mostFlowsPerSecond.toLocaleString('en-US'),
  ]
  return {
    en: `times the largest concurrency makes ${value} flows per second; the bound is ${bound}: lower one of them`,
    zh: `乘以最大并发数为每秒 ${value} 个流程；上限 ${bound}：请调低其中之一`,
  }
}

function nameTwice(name: string): Said {
  return { en: `${name} is the name of another one; give each its own`, zh: `${name} 已被使用；名称不能重复` }
}

function nothingSent(step: string): Said {
  return {
    en: `nothing was sent before it; put a send in front of ${step}`,
    zh: `此前没有发送；请在 ${step} 之前加 send`,
  }
}

function idleConnections(connections: number, rate: number): Said {
  return {
    en: `${connections} for ${rate} requests per second; each makes at least one a second: lower it to ${rate}`,
    zh: `${connections} 个连接对每秒 ${rate} 个请求；每个连接每秒至少一个：请降到 ${rate}`,
  }
}

function unknownPlaceholder(placeholder: string): Said {
  return {
    en: `${placeholder} is no placeholder; the only one is {conversation}`,
    zh: `${placeholder} 不是占位符；只有 {conversation}`,
  }
}
