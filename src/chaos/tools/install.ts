import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { KfError } from '../../core/errors.ts'
import { type Building, buildTool, findGo } from './build.ts'
import { lockFolder } from './install-lock.ts'
import { cachedProgram, type Located, locate, versionOf } from './locate.ts'
import { type Downloading, downloadTool, releaseOf } from './release.ts'
import type { Tool } from './tools.ts'

export type InstallContext = Building &
  Downloading & {
    readonly pid: number
    /** Takes the release even where Go is. */
    readonly preferRelease: boolean
    /** The SHA-256 that the operator gives for a file of a release. */
    readonly sha256Of: (file: string) => string | undefined
    readonly onStep: (step: InstallStep) => void
  }

export type InstallStep =
  | { readonly t: 'build'; readonly tool: Tool; readonly go: string }
  | { readonly t: 'download'; readonly tool: Tool; readonly url: string }

export type Installed = Located & {
  readonly name: string
  /** It was there already. */
  readonly found: boolean
}

const stagingPrefix = '.staging-'

/**
 * Makes sure a tool is there: one found by its variable, on PATH or in the cache is left as it is; else Go builds the pinned
 * version, else the pinned release is downloaded and its SHA-256 compared. What is made appears in the cache whole or not at
 * all. Throws `tool_…` errors, `interrupted` when aborted.
 */
export async function install(tool: Tool, context: InstallContext): Promise<Installed> {
  const there = await locate(tool, context)
  if (there !== undefined) return { ...there, name: tool.name, found: true }
  const program = cachedProgram(tool, context)
  const versionFolder = dirname(program)
  const toolFolder = dirname(versionFolder)
  const unlock = lockFolder(toolFolder, context.pid)
  try {
    clearStaging(toolFolder)
    const staging = join(toolFolder, `${stagingPrefix}${context.pid}`)
    const ready = join(staging, 'ready')
    mkdirSync(ready, { recursive: true })
    const made = await make(tool, staging, context)
    const staged = join(ready, tool.program)
    renameSync(made, staged)
    const version = await versionOf(staged, tool, context)
    if (version !== tool.version) {
      throw new KfError(
        'tool_version',
        `${tool.name}: what was made says it is ${version ?? 'nothing'}, not ${tool.version}`,
        {
          hint: 'nothing was installed; please report it',
          params: { name: tool.name, version: version ?? '-', wanted: tool.version },
        },
      )
    }
    rmSync(versionFolder, { recursive: true, force: true })
    renameSync(ready, versionFolder)
    return { name: tool.name, path: program, where: 'cache', version, found: false }
  } finally {
    clearStaging(toolFolder)
    unlock()
  }
}

async function make(tool: Tool, staging: string, context: InstallContext): Promise<string> {
  const go = context.preferRelease ? undefined : findGo(context.env)
  if (go !== undefined) {
    context.onStep({ t: 'build', tool, go })
    return await buildTool(tool, go, staging, context)
  }
  const release = releaseOf(tool, context.platform)
  const sha256 = context.sha256Of(release.file)
  if (sha256 === undefined) {
    throw new KfError(
      'tool_unverified',
      `${tool.name} ${tool.version}: ${context.preferRelease ? '' : 'there is no Go to build it with, and '}the SHA-256 of ${release.file} is not known here`,
      {
        hint: `give it with --sha256 or --lock FILE, from the publisher's checksums beside ${release.url}; or install Go`,
        params: { name: tool.name, version: tool.version, file: release.file, url: release.url },
      },
    )
  }
  context.onStep({ t: 'download', tool, url: release.url })
  return await downloadTool(tool, release, sha256, staging, context)
}

// Whatever an install that was killed has left: safe under the lock.
function clearStaging(toolFolder: string): void {
  for (const name of readdirSync(toolFolder)) {
    if (name.startsWith(stagingPrefix)) rmSync(join(toolFolder, name), { recursive: true, force: true })
  }
}
