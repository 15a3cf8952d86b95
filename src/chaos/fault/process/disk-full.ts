import { z } from 'zod'
import type { FaultKind } from '../fault.ts'
import { onStoreCalls, writing } from './store-fault.ts'

const params = z.strictObject({})

/**
 * Every write to the store is answered ENOSPC. A disk that is really full lets some through, in what a log has already, so that no
 * instant could be named from which nothing may be acked.
 */
export const diskFull: FaultKind<z.infer<typeof params>> = {
  name: 'disk_full',
  describe: {
    en: 'Writes to the store fail with ENOSPC, as on a disk without room.',
    zh: '对存储的写入以 ENOSPC 失败，如同磁盘已满。',
  },
  on: 'node',
  needs: ['strace'],
  params,
  momentary: false,
  storeCannotCommit: true,
  showsWithinMs: 5_000,
  inject: (context, on) => onStoreCalls(context, on, writing, 'error=ENOSPC'),
}
