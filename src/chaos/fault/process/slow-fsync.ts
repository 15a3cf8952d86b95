import { z } from 'zod'
import { milliseconds } from '../../yaml/values.ts'
import type { FaultKind } from '../fault.ts'
import { onStoreCalls, syncing } from './store-fault.ts'

const params = z.strictObject({
  delay: milliseconds(1, 30_000).prefault('200ms').meta({ description: 'Of each sync. 200ms by default.' }),
})

export const slowFsync: FaultKind<z.infer<typeof params>> = {
  name: 'slow_fsync',
  describe: {
    en: 'Each sync of the store takes `delay` longer, as on a disk at its limit.',
    zh: '存储的每次同步延长 `delay`，如同磁盘已达极限。',
  },
  on: 'node',
  needs: ['strace'],
  params,
  momentary: false,
  showsWithinMs: 5_000,
  inject: (context, on, { delay }) =>
    onStoreCalls(context, on, syncing, `delay_enter=${Math.round(delay * 1_000)}`),
}
