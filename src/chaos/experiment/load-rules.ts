import { didYouMean } from '../../core/suggest.ts'
import { schemaProblems } from '../yaml/issues.ts'
import { type Complain, complaints, isRecord, listOf, valueAt } from '../yaml/paths.ts'
import type { Problem, Said } from '../yaml/problem.ts'
import { durationText } from '../yaml/units.ts'
import { limit } from '../yaml/values.ts'
import type { YamlText } from '../yaml/yaml-text.ts'
import { unjudged } from './load-checks.ts'
import { byDefault, type Entry, type Facts, linkNames, nodeOf, onlyNode } from './load-facts.ts'
import { onlyThisVersion } from './load-method.ts'
import { faultSpan, timeAt } from './load-times.ts'
import { measureNames, measureUnits } from './schema.ts'

/** A socket through a proxy costs two descriptors and about 47 KB. */
export const mostSockets = 3_000

/** What contradicts each other in a text, besides its single faults. */
export function ruleProblems(yaml: YamlText, entries: readonly Entry[], facts: Facts): readonly Problem[] {
  const { value } = yaml
  if (!isRecord(value)) return []
  const { problems, complain } = complaints(yaml)
  if (value['method'] === undefined && value['random'] === undefined) complain([], 'key', noFault)
  checkTopology(value['topology'], complain)
  checkTargets(value, complain)
  const sockets = facts.visitors + facts.agents
  if (sockets > mostSockets && facts.visitors <= mostSockets)
    complain(['workload', 'visitors'], 'value', tooManySockets(sockets))
  checkSafety(value, entries, complain)
  for (const [i, name] of listOf(valueAt(value, ['checks', 'invariants'])).entries()) {
    const why = unjudged(String(name), facts, entries)
    if (why !== undefined) complain(['checks', 'invariants', i], 'value', why)
  }
  return [...problems, ...probeProblems(yaml, facts)]
}

function checkTopology(topology: unknown, complain: Complain): void {
  const at = ['topology']
  if (!isRecord(topology)) return
  const { nodes, engines, links, attach } = topology
  if (attach !== undefined && nodes !== undefined) complain([...at, 'nodes'], 'key', nodesAndAttach)
  for (const [i, node] of listOf(nodes).entries()) {
    const name = valueAt(node, ['name'])
    if (i > 0) complain([...at, 'nodes', i], 'value', onlyThisVersion)
    else if (typeof name === 'string' && name !== onlyNode)
      complain([...at, 'nodes', i, 'name'], 'value', onlyThisVersion)
  }
  for (const [i, engine] of listOf(engines).entries())
    if (typeof engine === 'string' && engine !== 'sqlite')
      complain([...at, 'engines', i], 'value', onlyThisVersion)
  for (const [i, link] of listOf(links).entries())
    if (typeof link === 'string') checkLink(link, [...at, 'links', i], 'value', complain)
  const proxies = valueAt(attach, ['proxies'])
  if (!isRecord(proxies)) return
  for (const link of Object.keys(proxies))
    checkLink(link, [...at, 'attach', 'proxies', link], 'key', complain)
  const wanted = listOf(links).length > 0 ? listOf(links).map(String) : linkNames
  const missing = wanted.filter((link) => linkNames.includes(link) && !Object.hasOwn(proxies, link))
  if (missing.length > 0) complain([...at, 'attach', 'proxies'], 'key', noProxy(missing))
}

function checkLink(
  link: string,
  path: readonly (string | number)[],
  part: 'key' | 'value',
  complain: Complain,
): void {
  if (linkNames.includes(link)) return
  const meant = didYouMean(link, linkNames)
  complain(
    path,
    part,
    meant === undefined
      ? onlyThisVersion
      : { en: `no such link; did you mean ${meant}?`, zh: `没有这个连接；是否想写 ${meant}？` },
  )
}

function checkTargets(value: Readonly<Record<string, unknown>>, complain: Complain): void {
  const listed = valueAt(value, ['safety', 'allow_targets'])
  const allowed = Array.isArray(listed) ? listed.map(String) : byDefault.allowTargets
  const attach = valueAt(value, ['topology', 'attach'])
  if (isRecord(attach)) {
    for (const key of ['url', 'toxiproxy'] as const) {
      const host = hostOf(attach[key])
      if (host !== undefined && !allowed.includes(host))
        complain(['topology', 'attach', key], 'value', notAllowed(host))
    }
  } else if (Array.isArray(listed) && !allowed.some((host) => byDefault.allowTargets.includes(host)))
    complain(['safety', 'allow_targets'], 'value', ownNotAllowed)
}

function hostOf(url: unknown): string | undefined {
  if (typeof url !== 'string' || !URL.canParse(url)) return undefined
  return new URL(url).hostname.replace(/^\[|\]$/g, '')
}

function checkSafety(
  value: Readonly<Record<string, unknown>>,
  entries: readonly Entry[],
  complain: Complain,
): void {
  const span = faultSpan(value, entries)
  const ttlMs = timeAt(value, ['safety', 'ttl'])
  if (span !== undefined && ttlMs !== undefined) {
    const neededMs = span.toMs - span.fromMs + (timeAt(value, ['recovery']) ?? byDefault.recoveryMs)
    if (ttlMs < neededMs) complain(['safety', 'ttl'], 'value', ttlTooShort(ttlMs, neededMs))
  }
  const most = valueAt(value, ['safety', 'max_nodes_affected'])
  const touched = new Set(entries.flatMap(({ kind, on }) => nodeOf(kind, on) ?? []))
  if (typeof most === 'number' && touched.size > most)
    complain(['safety', 'max_nodes_affected'], 'value', tooManyNodes(most, touched.size))
}

const phases = ['baseline', 'fault', 'recovery'] as const

// A bound's unit is that of the probe's measure, which no schema of one key can say.
function probeProblems(yaml: YamlText, facts: Facts): readonly Problem[] {
  const { problems, complain } = complaints(yaml)
  const units: Problem[] = []
  for (const [i, probe] of listOf(valueAt(yaml.value, ['steady_state', 'probes'])).entries()) {
    const path = ['steady_state', 'probes', i]
    if (!isRecord(probe)) continue
    const measure = measureNames.find((name) => name === probe['measure'])
    if (phases.every((phase) => probe[phase] === undefined)) complain(path, 'value', noTolerance)
    if (measure === undefined) continue
    if (measure === 'rss_bytes' && facts.attached) complain([...path, 'measure'], 'value', noMemory)
    for (const phase of phases.filter((one) => typeof probe[one] === 'string'))
      units.push(...schemaProblems(yaml, limit(measureUnits[measure]), { at: [...path, phase] }))
  }
  return [...problems, ...units]
}

const noFault: Said = {
  en: 'there is no fault in it; add method, a list of faults with their times, or random',
  zh: '没有任何故障；请加 method（带时间的故障列表）或 random',
}
const nodesAndAttach: Said = {
  en: 'stands beside attach: either kf starts nodes, or it attaches to what runs; take one of them out',
  zh: '与 attach 并存：要么由 kf 启动节点，要么接入已运行的；请去掉其中之一',
}
const ownNotAllowed: Said = {
  en: 'does not hold 127.0.0.1, where kf starts its node; add it',
  zh: '不含 127.0.0.1，而 kf 的节点就在那里；请加上',
}
const noTolerance: Said = {
  en: 'holds in no phase; add baseline, fault or recovery with a bound',
  zh: '没有任何阶段的界限；请加 baseline、fault 或 recovery',
}
const noMemory: Said = {
  en: 'the memory of a node that kf has not started is not to be had; take another measure',
  zh: '无法得知不是由 kf 启动的节点的内存；请换一个度量',
}

function noProxy(missing: readonly string[]): Said {
  return {
    en: `has no proxy for ${missing.join(' and ')}; add it, or name the other links in topology.links`,
    zh: `缺少 ${missing.join(' 和 ')} 的代理；请加上，或在 topology.links 中只写其他连接`,
  }
}

function notAllowed(host: string): Said {
  return {
    en: `${host} does not stand in safety.allow_targets; add it there if it is yours to break`,
    zh: `${host} 不在 safety.allow_targets 中；如果允许破坏它，请加上`,
  }
}

function tooManySockets(sockets: number): Said {
  const [value, bound] = [sockets.toLocaleString('en-US'), mostSockets.toLocaleString('en-US')]
  return {
    en: `visitors and agents make ${value} sockets through proxies; the bound is ${bound}: lower one of them`,
    zh: `访客和客服共有 ${value} 个经过代理的套接字；上限 ${bound}：请调低其中之一`,
  }
}

function ttlTooShort(ttlMs: number, neededMs: number): Said {
  const [ttl, needed] = [durationText(ttlMs), durationText(neededMs)]
  return {
    en: `${ttl} is shorter than faults and recovery, which may take ${needed}; raise it to more than that, or leave it out`,
    zh: `${ttl} 短于故障加恢复可能所需的 ${needed}；请加大到更长，或删除此项`,
  }
}

function tooManyNodes(most: number, touched: number): Said {
  return {
    en: `is ${most}, and the faults touch ${touched}; raise it, or take faults out`,
    zh: `为 ${most}，而故障涉及 ${touched} 个节点；请加大或减少故障`,
  }
}
