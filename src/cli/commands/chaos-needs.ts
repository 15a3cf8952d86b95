import { userInfo } from 'node:os'
import { findFaketime } from '../../chaos/fault/process/clock-skew.ts'
import { findOnPath, locate, type ToolHost } from '../../chaos/tools/locate.ts'
import { toolNamed } from '../../chaos/tools/tools.ts'
import { KfError } from '../../core/errors.ts'

/** What has to be on this machine for a scenario, by what provides it. */
const providers: Readonly<
  Record<string, { readonly has: (host: ToolHost) => boolean | Promise<boolean>; readonly get: string }>
> = {
  toxiproxy: {
    has: async (host) => (await locate(toolNamed('toxiproxy'), host)) !== undefined,
    get: 'kf tools install toxiproxy',
  },
  strace: { has: (host) => findOnPath('strace', host.env) !== undefined, get: 'apt-get install strace' },
  faketime: {
    has: () => findFaketime() !== undefined,
    get: 'apt-get install faketime',
  },
  root: { has: () => userInfo().uid === 0, get: 'run kf as root' },
}

/** Those of `needs` that are not to be had here. */
export async function missingOf(needs: readonly string[], host: ToolHost): Promise<readonly string[]> {
  const found = await Promise.all(needs.map(async (need) => (await providers[need]?.has(host)) ?? true))
  return needs.filter((_, i) => found[i] === false)
}

/** The error of a scenario that cannot run here: which tools, and the commands that get them. */
export function toolsMissing(name: string, missing: readonly string[]): KfError {
  const get = missing.map((need) => providers[need]?.get ?? need).join(' && ')
  return new KfError(
    'chaos_tools_missing',
    `${name} needs ${missing.join(', ')}, not to be found on this machine`,
    {
      hint: get,
      params: { name, missing: missing.join(', '), get },
    },
  )
}
