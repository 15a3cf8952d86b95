import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { cachedProgram } from '../src/chaos/tools/locate.ts'
import { toolNamed } from '../src/chaos/tools/tools.ts'

/** A program outside of npm that tests start. Later engines (databases, proxies) are further rows. */
export type Engine = {
  readonly name: string
  /** The tests that need it: how their paths begin, relative to the package. */
  readonly neededBy: readonly string[]
  readonly isPresent: () => boolean
  /** Debian packages that bring it. */
  readonly packages: readonly string[]
  /** What `kf tools install` calls it, where Go makes it and no package brings it. */
  readonly tool?: string
  /** Where this is set, those tests are left out (vitest.config.ts); `npm test` sets it for what it cannot put in place. */
  readonly skipVariable: string
}

export const ENGINES: readonly Engine[] = [
  {
    name: 'Chromium',
    neededBy: ['test/web/'],
    isPresent: () => findChromium() !== undefined,
    packages: ['chromium'],
    skipVariable: 'KF_SKIP_CHROMIUM',
  },
  {
    name: 'a font with Han characters',
    neededBy: ['test/web/'],
    isPresent: () => outputOf('fc-list', [':lang=zh']).trim() !== '',
    packages: ['fonts-wqy-zenhei', 'fontconfig'],
    skipVariable: 'KF_SKIP_FONTS',
  },
  {
    name: 'strace',
    neededBy: ['src/server/storage/sqlite/power-cut', 'test/chaos-process', 'test/chaos-mutants'],
    isPresent: () => findProgram('strace') !== undefined,
    packages: ['strace'],
    skipVariable: 'KF_SKIP_STRACE',
  },
  {
    name: 'libfaketime',
    neededBy: ['test/chaos-process'],
    isPresent: () => findProgram('faketime') !== undefined,
    packages: ['faketime'],
    skipVariable: 'KF_SKIP_FAKETIME',
  },
  {
    name: 'toxiproxy-server',
    neededBy: [
      'src/chaos/topology/links',
      'src/chaos/topology/toxiproxy',
      'src/chaos/fault/network/',
      'test/chaos-',
    ],
    isPresent: () => findToxiproxy() !== undefined,
    packages: [],
    tool: 'toxiproxy',
    skipVariable: 'KF_SKIP_TOXIPROXY',
  },
]

/** The absolute path of the browser that the tests drive, or undefined. */
export function findChromium(): string | undefined {
  return findProgram('chromium', 'chromium-browser', 'google-chrome')
}

/** Named, on PATH, or where `kf tools install` has put it. */
function findToxiproxy(): string | undefined {
  const tool = toolNamed('toxiproxy')
  const cached = cachedProgram(tool, { env: process.env, home: homedir(), platform: process.platform })
  const places = [process.env[tool.variable] ?? '', cached]
  return places.find((place) => place !== '' && isExecutable(place)) ?? findProgram(tool.program)
}

/** The first of the names that PATH has, as an absolute path, or undefined. */
export function findProgram(...names: readonly string[]): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Standard output, or nothing when the program is missing or fails. */
function outputOf(program: string, args: readonly string[]): string {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  } catch {
    return ''
  }
}
