import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach } from 'vitest'
import type { InstallContext, InstallStep } from './install.ts'
import type { Tool } from './tools.ts'

/** A machine in a folder: PATH, home and cache are in it, and nothing of the real one but what a shell script needs. */
export type TestHost = {
  readonly folder: string
  readonly bin: string
  readonly cache: string
  readonly steps: InstallStep[]
  readonly context: (changes?: Partial<InstallContext>) => InstallContext
  /** Puts a shell script on PATH. */
  readonly put: (name: string, script: string) => string
}

const folders: string[] = []

/** Call it in a test file that makes hosts. */
export function removeHostsAfterEach(): void {
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
  })
}

export function testHost(): TestHost {
  const folder = mkdtempSync(join(tmpdir(), 'kf-tools-'))
  folders.push(folder)
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  const steps: InstallStep[] = []
  return {
    folder,
    bin,
    cache: join(folder, 'cache', 'kf', 'tools'),
    steps,
    put: (name, script) => {
      const path = join(bin, name)
      writeFileSync(path, `#!/bin/sh\n${script}\n`)
      chmodSync(path, 0o755)
      return path
    },
    context: (changes = {}) => ({
      // The system's folders are there for sh, sleep and tar; no tool of kf is in them under these names.
      env: { PATH: [bin, '/usr/bin', '/bin'].join(delimiter), XDG_CACHE_HOME: join(folder, 'cache') },
      home: folder,
      platform: 'linux-x64',
      pid: process.pid,
      signal: new AbortController().signal,
      fetch: () => Promise.reject(new Error('this test has no network')),
      buildWithinMs: 20_000,
      downloadWithinMs: 20_000,
      preferRelease: false,
      sha256Of: () => undefined,
      onStep: (step) => steps.push(step),
      onLine: () => {},
      ...changes,
    }),
  }
}

/** A tool that exists nowhere, built by a `go` that tests put on PATH. */
export const fakeTool: Tool = {
  name: 'kfake',
  program: 'kfake-server',
  version: '1.2.3',
  licence: 'MIT',
  variable: 'KF_KFAKE',
  versionArgs: ['-version'],
  build: {
    steps: [
      {
        program: 'go',
        args: ['install', '-ldflags', '-X a.Version=1.2.3', 'example.com/kfake/cmd/server@v1.2.3'],
      },
    ],
    makes: 'server',
  },
  release: (platform) =>
    platform === 'linux-x64'
      ? { url: 'https://example.com/v1.2.3/kfake-linux-amd64', file: 'kfake-linux-amd64', member: undefined }
      : undefined,
}

/** Written by a fake `go`: a program that says its version. */
export const writesProgram = (path: string, version = '1.2.3'): string =>
  `printf '#!/bin/sh\\necho kfake version ${version}\\n' > ${path}; chmod +x ${path}`
