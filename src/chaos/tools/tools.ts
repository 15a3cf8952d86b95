import { KfError } from '../../core/errors.ts'
import { didYouMean } from '../../core/suggest.ts'

/** A program of others that kf starts and never contains. */
export type Tool = {
  readonly name: string
  /** What it is called on PATH and in the cache. */
  readonly program: string
  /** The version kf is made for. */
  readonly version: string
  readonly licence: string
  /** Its environment variable with the path of a program to use instead. */
  readonly variable: string
  readonly versionArgs: readonly string[]
  readonly build: Build
  /** The file of the pinned release for a platform; undefined where none is published. */
  readonly release: (platform: string) => Release | undefined
}

/** How Go makes it. Arguments are Go's own; `{folder}` stands for the folder that gets the program. */
export type Build = {
  readonly steps: readonly BuildStep[]
  /** What the steps leave in `{folder}`. */
  readonly makes: string
}

export type BuildStep = {
  readonly program: string
  readonly args: readonly string[]
}

export type Release = {
  readonly url: string
  readonly file: string
  /** Where the program lies in the archive; undefined: the file is the program. */
  readonly member: string | undefined
}

const toxiproxyVersion = '2.12.0'
const k6Version = '1.7.1'
const xk6Version = '1.4.5'

/**
 * NOTE: no SHA-256 of a release stands here, because none could be checked against the publisher where this was written; the
 * operator brings it along, by `--sha256` or from the publisher's checksum file.
 */
export const tools: readonly Tool[] = [
  {
    name: 'toxiproxy',
    program: 'toxiproxy-server',
    version: toxiproxyVersion,
    licence: 'MIT',
    variable: 'KF_TOXIPROXY',
    versionArgs: ['-version'],
    build: {
      // Without the linker's flag it calls itself `git`. `@latest` is an older version: its list of versions ends early.
      steps: [
        {
          program: 'go',
          args: [
            'install',
            '-ldflags',
            `-X github.com/Shopify/toxiproxy/v2.Version=${toxiproxyVersion}`,
            `github.com/Shopify/toxiproxy/v2/cmd/server@v${toxiproxyVersion}`,
          ],
        },
      ],
      makes: 'server',
    },
    release: (platform) => {
      const target = goPlatform(platform)
      if (target === undefined) return undefined
      const file = `toxiproxy-server-${target.os}-${target.arch}`
      const base = 'https://github.com/Shopify/toxiproxy/releases/download'
      return { url: `${base}/v${toxiproxyVersion}/${file}`, file, member: undefined }
    },
  },
  {
    name: 'k6',
    program: 'k6',
    version: k6Version,
    licence: 'AGPL-3.0',
    variable: 'KF_K6',
    versionArgs: ['version'],
    build: {
      steps: [
        { program: 'go', args: ['install', `go.k6.io/xk6@v${xk6Version}`] },
        {
          program: '{folder}/xk6',
          args: ['build', '--k6-version', `v${k6Version}`, '--output', '{folder}/k6'],
        },
      ],
      makes: 'k6',
    },
    release: (platform) => {
      const target = goPlatform(platform)
      if (target === undefined) return undefined
      const [os, ending] = target.os === 'darwin' ? ['macos', 'zip'] : [target.os, 'tar.gz']
      const folder = `k6-v${k6Version}-${os}-${target.arch}`
      const base = 'https://github.com/grafana/k6/releases/download'
      const file = `${folder}.${ending}`
      return { url: `${base}/v${k6Version}/${file}`, file, member: `${folder}/k6` }
    },
  },
]

/** Throws `unknown_tool`, with the nearest name. */
export function toolNamed(name: string, among: readonly Tool[] = tools): Tool {
  const found = among.find((tool) => tool.name === name)
  if (found !== undefined) return found
  const names = among.map((tool) => tool.name)
  const meant = didYouMean(name, names)
  throw new KfError(
    'unknown_tool',
    `there is no tool ${JSON.stringify(name)}: ${names.join(', ')} can be installed`,
    {
      hint: meant === undefined ? 'kf tools list shows them' : `did you mean ${meant}?`,
      params: { name, names: names.join(', ') },
    },
  )
}

// Node's names of a platform (`linux-x64`) in Go's words; undefined where no release is published.
function goPlatform(platform: string): { readonly os: string; readonly arch: string } | undefined {
  const known: Readonly<Record<string, { readonly os: string; readonly arch: string }>> = {
    'linux-x64': { os: 'linux', arch: 'amd64' },
    'linux-arm64': { os: 'linux', arch: 'arm64' },
    'darwin-x64': { os: 'darwin', arch: 'amd64' },
    'darwin-arm64': { os: 'darwin', arch: 'arm64' },
  }
  return known[platform]
}
