import { KfError } from '../../core/errors.ts'
import { type Located, locate, type ToolHost } from '../tools/locate.ts'
import { toolNamed } from '../tools/tools.ts'

/** k6 by KF_K6, on PATH or in the tools' cache. Throws `k6_missing`, which says how to get it and what its licence is. */
export async function findK6(host: ToolHost): Promise<Located> {
  const found = await locate(toolNamed('k6'), host)
  if (found !== undefined) return found
  throw new KfError(
    'k6_missing',
    'there is no k6: not in KF_K6, not on PATH, not among the tools of kf (k6 is AGPL-3.0, a separate program that you run)',
    { hint: 'kf tools install k6' },
  )
}
