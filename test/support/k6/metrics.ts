import { type Metric, shim } from './runtime.ts'

class Recorder {
  readonly #metric: Metric

  constructor(name: string, type: Metric['type'], contains: Metric['contains']) {
    if (!/^[a-zA-Z_][a-zA-Z0-9_]{1,127}$/.test(name)) throw new Error(`invalid metric name: ${name}`)
    const { metrics } = shim()
    const known = metrics.get(name)
    if (known !== undefined && known.type !== type) throw new Error(`metric ${name} exists with another type`)
    this.#metric = known ?? { type, contains, values: [] }
    metrics.set(name, this.#metric)
  }

  add(value: number | boolean): void {
    const number = Number(value)
    if (!Number.isFinite(number)) throw new TypeError(`${number} is no sample`)
    this.#metric.values.push(number)
  }
}

/** `k6/metrics`. */
export class Counter extends Recorder {
  constructor(name: string, isTime = false) {
    super(name, 'counter', isTime ? 'time' : 'default')
  }
}

export class Rate extends Recorder {
  constructor(name: string, isTime = false) {
    super(name, 'rate', isTime ? 'time' : 'default')
  }
}

export class Trend extends Recorder {
  constructor(name: string, isTime = false) {
    super(name, 'trend', isTime ? 'time' : 'default')
  }
}
