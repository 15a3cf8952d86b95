/**
 * A performance claim and how it is measured. One file a claim in `bench/`; `run.ts` runs its variants by turns, each sample
 * in a fresh process, and `conclude` makes the figure of them.
 */
export type Claim = {
  readonly name: string
  /** One line: what is compared with what. */
  readonly title: string
  /** What `ratio` is. */
  readonly unit: string
  readonly variants: (options: Options) => readonly string[]
  /** Counted rounds, unless `--repeat` says otherwise. */
  readonly rounds: number
  /** Rounds before them that do not count: for what a cold cache would distort. */
  readonly warmUps: number
  /** False: it measures no time, so that what else this machine does cannot spoil it. */
  readonly timed?: boolean
  /** `dist/` is among what is measured. */
  readonly needsBuild: boolean
  /** Runs in a process of its own. */
  readonly sample: (variant: string, bench: Bench) => Promise<Figures>
  readonly conclude: (rounds: readonly Round[], options: Options) => Conclusion
}

export type Options = {
  /** Sizes that show that it works, not what it is worth. */
  readonly quick: boolean
  readonly sockets: readonly number[] | undefined
  /** Length of a measured window. */
  readonly seconds: number | undefined
}

/** What a sample is handed. */
export type Bench = {
  readonly options: Options
  /** Taken back in reverse order when the sample ends, however it ends; a signal included. */
  readonly defer: (cleanup: () => unknown) => void
  /** A fresh folder on a disk, beside the project: the folder for temporary files may be memory, where syncs cost nothing. */
  readonly folder: () => string
}

/** By name; null: could not be measured. */
export type Figures = Readonly<Record<string, Figure>>
export type Figure = number | string | boolean | null

/** The figures of each variant in one round. */
export type Round = Readonly<Record<string, Figures>>

export type Conclusion = {
  readonly ratio: number
  /** What `ratio` is the median of, one a round. */
  readonly samples: readonly number[]
  /** More figures, printed beside `ratio`. */
  readonly figures: Readonly<Record<string, unknown>>
  readonly bounds: readonly Bound[]
  /** Why this is no measurement; null: it is one. */
  readonly invalid: string | null
}

export type Bound = {
  readonly what: string
  readonly value: number
  readonly op: '<=' | '>='
  readonly bound: number
}

export function isMet({ value, op, bound }: Bound): boolean {
  return op === '<=' ? value <= bound : value >= bound
}

/** The upper one of the two in the middle; NaN of nothing. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

/** One figure of one variant over all rounds. NaN where a round lacks it. */
export function series(rounds: readonly Round[], variant: string, figure: string): readonly number[] {
  return rounds.map((round) => {
    const value = round[variant]?.[figure]
    return typeof value === 'number' ? value : Number.NaN
  })
}

/** `above ÷ below`, round by round. */
export function quotients(above: readonly number[], below: readonly number[]): readonly number[] {
  return above.map((value, i) => value / (below[i] ?? Number.NaN))
}

/** To so many significant digits: more would promise more than was measured. */
export function rounded(value: number, digits = 3): number {
  return Number(value.toPrecision(digits))
}
