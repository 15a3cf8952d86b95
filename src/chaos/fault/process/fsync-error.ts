import { z } from 'zod'
import type { FaultKind } from '../fault.ts'
import { onStoreCalls, syncing } from './store-fault.ts'

const params = z.strictObject({})

export const fsyncError: FaultKind<z.infer<typeof params>> = {
  name: 'fsync_error',
  describe: {
    en: 'The disk answers syncs of the store with EIO; a node that gave up is started anew when it is over.',
    zh: '磁盘对存储的同步返回 EIO；结束后重新启动已放弃的节点。',
  },
  on: 'node',
  needs: ['strace'],
  params,
  momentary: false,
  storeCannotCommit: true,
  showsWithinMs: 5_000,
  inject: (context, on) => onStoreCalls(context, on, syncing, 'error=EIO'),
}
