/** What the shim's modules share: the clock of the run, and samples of every metric. */
export type Metric = {
  readonly type: 'counter' | 'rate' | 'trend'
  readonly contains: 'default' | 'time'
  readonly values: number[]
}

export type Shim = {
  readonly startedAt: number
  readonly metrics: Map<string, Metric>
  readonly arrays: Map<string, readonly unknown[]>
  /** By the number of the VU's copy of the script. */
  readonly scenarios: Map<string, { readonly name: string; readonly iterationInTest: number }>
  readonly sockets: Set<{ terminate: () => void }>
}

declare global {
  var k6Shim: Shim | undefined
}

export function shim(): Shim {
  globalThis.k6Shim ??= {
    startedAt: performance.now(),
    metrics: new Map(),
    arrays: new Map(),
    scenarios: new Map(),
    sockets: new Set(),
  }
  return globalThis.k6Shim
}

/** Which VU's copy of a module this is. */
export function vuOf(url: string): string {
  return new URL(url).searchParams.get('vu') ?? ''
}
