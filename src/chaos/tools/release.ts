import { createHash } from 'node:crypto'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { KfError, messageOf } from '../../core/errors.ts'
import type { ToolHost } from './locate.ts'
import { runProgram } from './run-program.ts'
import type { Release, Tool } from './tools.ts'

export type Downloading = ToolHost & {
  readonly signal: AbortSignal
  readonly fetch: (url: string, init: { readonly signal: AbortSignal }) => Promise<Response>
  readonly downloadWithinMs: number
}

const largestBytes = 512 * 1024 * 1024

/** The release for this platform. Throws `tool_release` where the publisher has none. */
export function releaseOf(tool: Tool, platform: string): Release {
  const release = tool.release(platform)
  if (release !== undefined) return release
  throw new KfError('tool_release', `${tool.name} ${tool.version}: no release is known for ${platform}`, {
    hint: `install Go and try again, or name a program with ${tool.variable}`,
    params: { name: tool.name, version: tool.version, platform, variable: tool.variable },
  })
}

/**
 * Downloads the release into `folder`, compares its SHA-256, and only then unpacks it; the program's path. Throws
 * `tool_download` or `tool_hash`.
 */
export async function downloadTool(
  tool: Tool,
  release: Release,
  sha256: string,
  folder: string,
  downloading: Downloading,
): Promise<string> {
  const bytes = await fetched(tool, release, downloading)
  const found = createHash('sha256').update(bytes).digest('hex')
  if (found !== sha256) {
    throw new KfError('tool_hash', `${release.file}: its SHA-256 is ${found}, not ${sha256}`, {
      hint: 'nothing was installed: compare both with what the publisher states, and the version',
      params: { file: release.file, found, wanted: sha256 },
    })
  }
  const file = join(folder, release.file)
  await writeFile(file, bytes)
  const program =
    release.member === undefined ? file : await unpacked(file, release.member, folder, downloading)
  await chmod(program, 0o755)
  return program
}

async function fetched(tool: Tool, { url }: Release, downloading: Downloading): Promise<Buffer> {
  const { signal, downloadWithinMs } = downloading
  const fail = (what: string, cause?: unknown): KfError =>
    new KfError('tool_download', `${tool.name} ${tool.version}: ${url}: ${what}`, {
      hint: `try again, or fetch it another way and name it with ${tool.variable}`,
      params: { name: tool.name, version: tool.version, url, what, variable: tool.variable },
      cause,
    })
  try {
    const within = AbortSignal.any([signal, AbortSignal.timeout(downloadWithinMs)])
    const response = await downloading.fetch(url, { signal: within })
    if (!response.ok) throw fail(`the answer is ${response.status}`)
    const chunks: Uint8Array[] = []
    let size = 0
    for await (const chunk of response.body ?? []) {
      const part: Uint8Array = chunk
      size += part.byteLength
      if (size > largestBytes) throw fail(`more than ${largestBytes} bytes`)
      chunks.push(part)
    }
    return Buffer.concat(chunks)
  } catch (error) {
    if (signal.aborted) throw new KfError('interrupted', `installing ${tool.name} was interrupted`)
    throw error instanceof KfError ? error : fail(messageOf(error), error)
  }
}

// `tar` of Linux and macOS reads what is published for each.
async function unpacked(file: string, member: string, folder: string, { env }: ToolHost): Promise<string> {
  const { code, output } = await runProgram('tar', ['-xf', file, '-C', folder, member], {
    env,
    withinMs: 60_000,
  })
  if (code === 0) return join(folder, member)
  throw new KfError('tool_download', `${file} cannot be unpacked: ${output.trim()}`, {
    hint: 'is `tar` installed, and the version the pinned one?',
  })
}
