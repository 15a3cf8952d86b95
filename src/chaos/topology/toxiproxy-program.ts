import { KfError } from '../../core/errors.ts'
import { cachedProgram, locate, type ToolHost, versionOf } from '../tools/locate.ts'
import { type Tool, toolNamed } from '../tools/tools.ts'

/** The version whose behaviour faults rely on. */
export const toxiproxyVersion = toolNamed('toxiproxy').version

/**
 * The path of toxiproxy-server: by KF_TOXIPROXY, on PATH, else where `kf tools install` has put it. Another version on PATH
 * does not hide the right one there. Throws `toxiproxy_missing` and `toxiproxy_version`.
 */
export async function toxiproxyProgram(host: ToolHost): Promise<string> {
  const tool = toolNamed('toxiproxy')
  const found = await locate(tool, host)
  if (found === undefined) {
    throw new KfError(
      'toxiproxy_missing',
      `links are proxies of Toxiproxy, and toxiproxy-server ${tool.version} is not here`,
      { hint: 'kf tools install toxiproxy gets it', params: { version: tool.version } },
    )
  }
  if (found.version === tool.version) return found.path
  if (found.where === 'path' && (await isInCache(tool, host))) return cachedProgram(tool, host)
  const { path, version, where } = found
  throw new KfError(
    'toxiproxy_version',
    `${path} says it is ${version ?? 'nothing'}; version ${tool.version} is needed`,
    {
      hint:
        where === 'variable'
          ? `leave ${tool.variable} out and run kf tools install toxiproxy`
          : `kf tools install toxiproxy gets it once this one is off PATH; or name another with ${tool.variable}`,
      params: { path, version: version ?? '-', wanted: tool.version, variable: tool.variable },
    },
  )
}

async function isInCache(tool: Tool, host: ToolHost): Promise<boolean> {
  return (await versionOf(cachedProgram(tool, host), tool, host)) === tool.version
}
