import { z } from 'zod'
import { didYouMean } from '../../core/suggest.ts'
import type { FaultKind } from '../fault/fault.ts'
import { schemaProblems, unwrapped } from '../yaml/issues.ts'
import { type Complain, complaints } from '../yaml/paths.ts'
import type { Problem, Said } from '../yaml/problem.ts'
import { durationText } from '../yaml/units.ts'
import type { YamlText } from '../yaml/yaml-text.ts'
import { type Entry, type Facts, type Kinds, linkNames, onlyNode, targetsOf } from './load-facts.ts'
import { repeatOf, timeAt, type Window, windowsOf } from './load-times.ts'
import { ownKeys } from './schema-method.ts'

/** More is a slip of the pen: a run has one line for each. */
const mostSteps = 1_000
/** Acks before the first fault are what all else is compared with. */
const shortestBaselineMs = 2_000

/** What is wrong with single faults, and between them. */
export function methodProblems(
  yaml: YamlText,
  entries: readonly Entry[],
  kinds: Kinds,
  facts: Facts,
): readonly Problem[] {
  const { problems, complain } = complaints(yaml)
  const own: Problem[] = []
  for (const entry of entries) {
    const { kind, path, value, common } = entry
    if (kind === undefined) {
      const named = value['fault']
      if (typeof named === 'string') complain([...path, 'fault'], 'value', noSuchFault(named, kinds))
      continue
    }
    own.push(
      ...schemaProblems(yaml, strict(kind.params), {
        at: path,
        value: ownKeys(value, common),
        besides: common,
      }),
    )
    checkTarget(entry, kind, facts, complain)
    checkTimes(entry, kind, complain)
  }
  checkOverlaps(entries.flatMap(windowsOf), complain)
  const steps = entries.reduce((sum, entry) => sum + (entry.drawn ? 0 : repeatOf(entry).times), 0)
  if (steps > mostSteps) complain(['method'], 'key', tooManySteps(steps))
  return [...problems, ...own]
}

// A kind that forgot to refuse unknown keys would take a slip of the pen for nothing.
function strict(params: z.ZodType): z.ZodType {
  return params instanceof z.ZodObject && unwrapped(params) === params ? params.strict() : params
}

function checkTarget(entry: Entry, kind: FaultKind, facts: Facts, complain: Complain): void {
  const { path, value, on } = entry
  const ofProcesses = kind.on === 'node' || kind.on === 'worker' || kind.on === 'writer'
  if (facts.attached && ofProcesses) {
    complain([...path, 'fault'], 'value', notOurs(kind.name))
    return
  }
  // What strace does, it does to the writer's process.
  const ofWriter = kind.on === 'writer' || kind.needs.includes('strace')
  if (ofWriter && facts.workers < 2) complain([...path, 'fault'], 'value', writerIsThread(kind.name))
  const targets = targetsOf(kind, facts)
  if (on === undefined) {
    if (value['on'] === undefined) complain([...path, 'on'], 'key', aimedAtNothing(kind.name, targets))
  } else if (!targets.includes(on)) complain([...path, 'on'], 'value', noSuchTarget(kind, on, targets))
}

function checkTimes(entry: Entry, kind: FaultKind, complain: Complain): void {
  const { path, value, drawn } = entry
  if (kind.momentary && value['for'] !== undefined) complain([...path, 'for'], 'key', overByItself(kind.name))
  if (!kind.momentary && value['for'] === undefined)
    complain([...path, 'fault'], 'value', howLong(kind.name, drawn))
  const { everyMs, times } = repeatOf(entry)
  const forMs = timeAt(value, ['for'])
  if (times > 1 && forMs !== undefined && everyMs > 0 && everyMs < forMs)
    complain([...path, 'repeat', 'every'], 'value', overtakesItself(everyMs, forMs))
  const [first] = windowsOf(entry)
  if (first !== undefined && first.fromMs < shortestBaselineMs)
    complain([...path, 'at'], 'value', noBaseline(first.fromMs))
}

// Momentary faults may meet: one that comes while the other's restart goes on is part of the trouble.
function checkOverlaps(windows: readonly Window[], complain: Complain): void {
  const lasting = windows
    .filter(({ entry }) => entry.kind?.momentary === false && entry.on !== undefined)
    .toSorted((a, b) => a.fromMs - b.fromMs)
  const told = new Set<Entry>()
  const latest = new Map<string, Window>()
  for (const window of lasting) {
    const { entry, fromMs } = window
    const what = [entry.kind?.name, entry.on].join(' ')
    const before = latest.get(what)
    if (before === undefined || before.toMs < window.toMs) latest.set(what, window)
    if (before === undefined || before.entry === entry || before.toMs <= fromMs || told.has(entry)) continue
    told.add(entry)
    complain([...entry.path, 'at'], 'value', overlaps(what, before))
  }
}

function noSuchFault(named: string, kinds: Kinds): Said {
  const known = [...kinds.keys()]
  const meant = didYouMean(named, known)
  return meant === undefined
    ? {
        en: `there is no fault ${named}; the faults are ${known.join(', ')}`,
        zh: `没有故障 ${named}；可用的故障是 ${known.join('、')}`,
      }
    : {
        en: `there is no fault ${named}; did you mean ${meant}?`,
        zh: `没有故障 ${named}；是否想写 ${meant}？`,
      }
}

function noSuchTarget(kind: FaultKind, on: string, targets: readonly string[]): Said {
  const meant = didYouMean(on, targets)
  const [en, zh] =
    meant === undefined
      ? [`write ${targets.join(' or ')}`, `请写 ${targets.join(' 或 ')}`]
      : [`did you mean ${meant}?`, `是否想写 ${meant}？`]
  if (kind.on === 'link' && linkNames.includes(on))
    return { en: `${on} is not among topology.links; ${en}`, zh: `topology.links 中没有 ${on}；${zh}` }
  if (kind.on === 'link' && ['redis', 'mysql', 'search'].includes(on.slice(on.indexOf('->') + 2)))
    return { en: `${onlyThisVersion.en}; ${en}`, zh: `${onlyThisVersion.zh}；${zh}` }
  return {
    en: `${kind.name} cannot be aimed at ${on}; ${en}`,
    zh: `${kind.name} 不能作用于 ${on}；${zh}`,
  }
}

/** What is said of nodes, engines and links of a later version. */
export const onlyThisVersion: Said = {
  en: `this version of kf has one node, called ${onlyNode}, which keeps its messages itself, and the links ${linkNames.join(' and ')}`,
  zh: `此版本的 kf 只有一个节点，名为 ${onlyNode}，消息由它自己保存；连接只有 ${linkNames.join(' 和 ')}`,
}

function notOurs(name: string): Said {
  return {
    en: `${name} needs a node that kf has started, and this one is attached; take topology.attach out, or take another fault`,
    zh: `${name} 需要由 kf 启动的节点，而这里是接入的；请去掉 topology.attach，或换一种故障`,
  }
}

function writerIsThread(name: string): Said {
  return {
    en: `${name} needs a writer that is a process of its own; write topology.nodes: [{ workers: 2 }]`,
    zh: `${name} 需要独立的写入进程；请写 topology.nodes: [{ workers: 2 }]`,
  }
}

function aimedAtNothing(name: string, targets: readonly string[]): Said {
  return {
    en: `is missing; ${name} is aimed at one of ${targets.join(', ')}`,
    zh: `缺少；${name} 作用于 ${targets.join('、')} 之一`,
  }
}

function overByItself(name: string): Said {
  return { en: `${name} is over by itself; take it out`, zh: `${name} 会自行结束；请删除` }
}

function howLong(name: string, drawn: boolean): Said {
  const example = drawn ? 'random(2s, 6s)' : '10s'
  return {
    en: `${name} lasts until it is healed; add for: ${example}`,
    zh: `${name} 会持续到恢复为止；请加 for: ${example}`,
  }
}

function overtakesItself(everyMs: number, forMs: number): Said {
  const [every, lasts] = [durationText(everyMs), durationText(forMs)]
  return {
    en: `${every} is shorter than for: ${lasts}, so the next begins before this one ends; raise every, or lower for`,
    zh: `${every} 短于 for: ${lasts}，下一次会在上一次结束前开始；请加大 every 或减小 for`,
  }
}

function overlaps(what: string, before: Window): Said {
  const [from, to] = [durationText(before.fromMs), durationText(before.toMs)]
  return {
    en: `${what} may still hold then, from ${from} to ${to}; move one of them`,
    zh: `此时 ${what} 可能仍在持续（${from} 到 ${to}）；请移动其中一个`,
  }
}

function noBaseline(fromMs: number): Said {
  const [from, bound] = [durationText(fromMs), durationText(shortestBaselineMs)]
  return {
    en: `${from} leaves no baseline to compare with; begin at ${bound} or later`,
    zh: `${from} 没有留下可比较的基线；请从 ${bound} 或更晚开始`,
  }
}

function tooManySteps(steps: number): Said {
  return {
    en: `${steps} faults with all repetitions; the bound is ${mostSteps}: lower times`,
    zh: `连同重复共 ${steps} 次故障；上限 ${mostSteps}：请调低 times`,
  }
}
