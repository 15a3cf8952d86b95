import type { K6Load } from '../../../src/chaos/k6/load.ts'
import type { K6Data } from '../../../src/chaos/k6/script.ts'

/** Few visitors for a short while. */
export const smallLoad: K6Load = {
  name: 'small',
  mode: 'open',
  rate: 1,
  ramp: { connectPerSecond: 100, overMs: 300 },
  warmupMs: 300,
  durationMs: 2_500,
  seed: 7,
  thresholds: [],
  visitors: 20,
  agents: 2,
  answers: true,
  flows: [],
  reconnectPerMinute: 0,
}

export function dataFor(url: string, site: string, tokens: readonly string[]): K6Data {
  return {
    url,
    site,
    tokens,
    texts: { mixed: ['hello', '你好'], en: ['hello'], zh: ['你好'] },
    answers: ['one moment please'],
  }
}
