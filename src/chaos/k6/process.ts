import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readProgress, VuProgresses } from './progress.ts'

/** How k6 ends (its `errext/exitcodes`): 99 stands for a threshold of the script that did not hold. */
export const k6Codes = { done: 0, thresholds: 99, interrupted: 105 } as const

const keptLines = 30
const graceMs = 15_000

/** A `k6 run` under way. */
export class K6Process {
  readonly progress = new VuProgresses()
  /** Resolves when `setup` runs: the beginning of the script's clock. False: k6 ended before. */
  readonly begun: Promise<boolean>
  /** Resolves to the exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>
  readonly #child: ChildProcess
  readonly #said: string[] = []

  /** Throws nothing: a program that cannot be started has ended with null. */
  constructor(program: string, args: readonly string[], env: Readonly<Record<string, string | undefined>>) {
    // A group of its own: a terminal's Ctrl-C would reach k6 as well as what we pass on, and its second one cuts k6 short.
    this.#child = spawn(program, args, {
      env: { ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    })
    const { promise: begun, resolve: begin } = Promise.withResolvers<boolean>()
    const { promise: ended, resolve: end } = Promise.withResolvers<number | null>()
    this.begun = begun
    this.ended = ended
    this.#child.once('error', (error) => {
      this.#keep(error.message)
      end(null)
    })
    this.#child.once('close', (code) => {
      end(code)
    })
    void ended.then(() => {
      begin(false)
    })
    let rest = ''
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const progress = readProgress(line)
        if (progress !== undefined) this.progress.add(progress)
        else if (line.includes('kf-begin')) begin(true)
        else if (line.trim() !== '') this.#keep(line)
      }
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** The last that k6 said, without what its script reports. */
  get said(): string {
    return this.#said.join('\n')
  }

  /** Ctrl-C: k6 ends its VUs and writes its summary. What has not ended after a while is killed. */
  async interrupt(): Promise<void> {
    this.#child.kill('SIGINT')
    await this.#endWithin(graceMs)
  }

  /** Idempotent: nothing of it is left afterwards. */
  async stop(): Promise<void> {
    if (!this.#running) return
    this.#child.kill('SIGTERM')
    await this.#endWithin(2_000)
  }

  async #endWithin(ms: number): Promise<void> {
    if (!this.#running) return
    const timer = setTimeout(() => {
      this.#child.kill('SIGKILL')
    }, ms)
    await once(this.#child, 'close')
    clearTimeout(timer)
  }

  get #running(): boolean {
    return this.pid !== 0 && this.#child.exitCode === null && this.#child.signalCode === null
  }

  #keep(line: string): void {
    this.#said.push(line)
    if (this.#said.length > keptLines) this.#said.shift()
  }
}
