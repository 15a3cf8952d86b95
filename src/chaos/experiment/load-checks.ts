import { type Invariant, invariants } from '../check/verdict.ts'
import type { Said } from '../yaml/problem.ts'
import type { Entry, Facts } from './load-facts.ts'

/** Why this workload and topology cannot show whether a promise is kept; undefined: they can. Unknown is never pass. */
export function unjudged(invariant: string, facts: Facts, entries: readonly Entry[]): Said | undefined {
  switch (invariant) {
    case 'one_owner':
      if (facts.agents === 0) return noAgents
      return facts.desk === 0 ? noDesk : undefined
    case 'capacity':
      return facts.agents === 0 ? noAgents : undefined
    case 'convergence': {
      if (facts.agents === 0) return noAgents
      const room = facts.agents * facts.capacity
      return room < facts.visitors ? noRoom(room, facts.visitors) : undefined
    }
    case 'bounded_memory':
      return facts.attached ? noSamples : undefined
    case 'no_false_ack':
      return entries.some(({ kind }) => kind?.storeCannotCommit === true) ? undefined : noStoreFault
    default:
      return undefined
  }
}

/** What is judged where a scenario names nothing. */
export function judgeable(facts: Facts, entries: readonly Entry[]): readonly Invariant[] {
  return invariants.filter((invariant) => unjudged(invariant, facts, entries) === undefined)
}

const noAgents: Said = {
  en: 'cannot be judged without agents; raise workload.agents, or take it out',
  zh: '没有客服就无法判定；请加大 workload.agents 或删除此项',
}
const noDesk: Said = {
  en: 'cannot be judged where no conversation changes hands; raise workload.desk above 0, or take it out',
  zh: '没有会话易手就无法判定；请把 workload.desk 加大到 0 以上，或删除此项',
}
const noSamples: Said = {
  en: 'cannot be judged: the memory of a node that kf has not started is not to be had; take it out',
  zh: '无法判定：无法得知不是由 kf 启动的节点的内存；请删除此项',
}
const noStoreFault: Said = {
  en: 'cannot be judged where the store never fails; add a fault such as disk_full, or take it out',
  zh: '存储从不出错就无法判定；请加 disk_full 之类的故障，或删除此项',
}

function noRoom(room: number, visitors: number): Said {
  return {
    en: `cannot be judged: agents have room for ${room} conversations of ${visitors}, so some always wait; raise workload.capacity`,
    zh: `无法判定：客服只能接 ${room} 个会话，而访客有 ${visitors} 位，总有人排队；请加大 workload.capacity`,
  }
}
