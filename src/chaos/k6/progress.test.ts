import { describe, expect, it } from 'vitest'
import { readProgress, VuProgresses } from './progress.ts'

const line = (vu: string, numbers: string): string =>
  `time="2026-11-24T14:38:05Z" level=info msg="kf-progress vu=${vu} ${numbers}" source=console`

describe('what the script’s VUs report', () => {
  it('is read out of k6’s log line, and out of a bare one', () => {
    const read = { vu: 'v3', visitors: 100, agents: 0, sent: 12, acked: 11, errors: 1 }
    expect(readProgress(line('v3', 'visitors=100 agents=0 sent=12 acked=11 errors=1'))).toEqual(read)
    expect(readProgress('kf-progress vu=v3 visitors=100 agents=0 sent=12 acked=11 errors=1')).toEqual(read)
    expect(readProgress('level=error msg="GoError"')).toBeUndefined()
    expect(readProgress('kf-progress vu=v3 visitors=-1 agents=0 sent=12 acked=11 errors=1')).toBeUndefined()
  })

  it('adds up over VUs: heads as they stand, messages since the last time', () => {
    const all = new VuProgresses()
    all.add({ vu: 'v0', visitors: 90, agents: 0, sent: 5, acked: 4, errors: 0 })
    all.add({ vu: 'v0', visitors: 100, agents: 0, sent: 5, acked: 5, errors: 1 })
    all.add({ vu: 'a0', visitors: 0, agents: 4, sent: 0, acked: 0, errors: 0 })
    expect(all.take(1_000)).toMatchObject({
      at: 1_000,
      visitors: 100,
      agents: 4,
      sent: 10,
      acked: 9,
      errors: 1,
    })
    expect(all.take(2_000)).toMatchObject({
      at: 2_000,
      visitors: 100,
      agents: 4,
      sent: 0,
      acked: 0,
      errors: 0,
    })
  })
})
