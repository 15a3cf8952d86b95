import type {
  Desk,
  Fail,
  FaultEntry,
  Info,
  Invoke,
  Link,
  Ok,
  PhaseEntry,
  Read,
  ReadEnd,
  Reset,
  Sample,
  Seen,
} from './history.ts'
import type { At, Ledger } from './ledger.ts'
import type { CheckOptions, Evidence, Invariant } from './verdict.ts'

/**
 * One invariant: looks at each entry after the ledger has noted it, and judges at the end. Pure: the same history gives the
 * same judgement.
 */
export type Rule = {
  readonly invariant: Invariant
  readonly invoke?: (entry: Invoke, at: At) => void
  readonly ok?: (entry: Ok, at: At) => void
  readonly fail?: (entry: Fail, at: At) => void
  readonly info?: (entry: Info, at: At) => void
  readonly seen?: (entry: Seen, at: At) => void
  readonly read?: (entry: Read, at: At) => void
  readonly readEnd?: (entry: ReadEnd, at: At) => void
  readonly reset?: (entry: Reset, at: At) => void
  readonly link?: (entry: Link, at: At) => void
  readonly desk?: (entry: Desk, at: At) => void
  readonly fault?: (entry: FaultEntry, at: At) => void
  readonly phase?: (entry: PhaseEntry, at: At) => void
  readonly sample?: (entry: Sample, at: At) => void
  /** Before any entry is noted: the time that it is by now. */
  readonly tick?: (t: number, line: number) => void
  readonly judge: () => Judgement
}

export type MakeRule = (ledger: Ledger, options: CheckOptions) => Rule

export type Judgement = {
  readonly checked: number
  readonly found: Findings
  /** Why nothing can be said, or not enough. */
  readonly doubts: readonly string[]
}

/** What a rule found: all are counted, the first few are kept. */
export class Findings {
  count = 0
  readonly evidence: Evidence[] = []

  /** `lines` of the history, in any order; 0 stands for none. */
  add(text: () => string, ...lines: readonly number[]): void {
    this.count += 1
    if (this.evidence.length >= kept) return
    const known = [...new Set(lines)].filter((line) => line > 0).sort((a, b) => a - b)
    this.evidence.push({ text: text(), lines: known })
  }
}

const kept = 10
