import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { findGo } from './build.ts'
import { fakeTool, removeHostsAfterEach, type TestHost, testHost, writesProgram } from './host-in-test.ts'
import { install } from './install.ts'
import { toolNamed } from './tools.ts'

removeHostsAfterEach()

const left = (host: TestHost): readonly string[] =>
  existsSync(join(host.cache, 'kfake')) ? readdirSync(join(host.cache, 'kfake')).toSorted() : []

/** A `go` that writes down how it was called, then builds. */
const go = (host: TestHost, does: string): string =>
  host.put(
    'go',
    `echo "$@" >> '${host.folder}/go.log'; echo "CGO=$CGO_ENABLED" >> '${host.folder}/go.log'\n${does}`,
  )

/** A zombie waits for its parent only. */
function isRunning(pid: string): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

describe('installing', () => {
  it('leaves a tool on PATH as it is', async () => {
    const host = testHost()
    const path = host.put('kfake-server', 'echo 9.9.9')
    go(host, 'exit 1')
    expect(await install(fakeTool, host.context())).toEqual({
      name: 'kfake',
      path,
      where: 'path',
      version: '9.9.9',
      found: true,
    })
    expect(left(host)).toEqual([])
  })

  it('builds the pinned version with Go into a folder of its version', async () => {
    const host = testHost()
    go(host, writesProgram('"$GOBIN/server"'))
    const path = join(host.cache, 'kfake', '1.2.3', 'kfake-server')
    const made = { name: 'kfake', path, where: 'cache', version: '1.2.3' }
    expect(await install(fakeTool, host.context())).toEqual({ ...made, found: false })
    expect(readFileSync(join(host.folder, 'go.log'), 'utf8')).toBe(
      'install -ldflags -X a.Version=1.2.3 example.com/kfake/cmd/server@v1.2.3\nCGO=0\n',
    )
    expect(left(host)).toEqual(['1.2.3'])
    expect(host.steps).toEqual([{ t: 'build', tool: fakeTool, go: host.bin }])
    expect(await install(fakeTool, host.context())).toEqual({ ...made, found: true })
  })

  it('says what the compiler said when it fails, and leaves nothing', async () => {
    const host = testHost()
    go(host, 'echo "go: dial tcp: lookup proxy: no such host" >&2; exit 1')
    await expect(install(fakeTool, host.context())).rejects.toMatchObject({
      code: 'tool_build',
      message:
        'kfake 1.2.3: go install -ldflags -X a.Version=1.2.3 example.com/kfake/cmd/server@v1.2.3 failed: go: dial tcp: lookup proxy: no such host',
    })
    expect(left(host)).toEqual([])
  })

  it('installs nothing that says it is another version', async () => {
    const host = testHost()
    go(host, writesProgram('"$GOBIN/server"', 'git'))
    await expect(install(fakeTool, host.context())).rejects.toMatchObject({
      code: 'tool_version',
      message: 'kfake: what was made says it is nothing, not 1.2.3',
    })
    expect(left(host)).toEqual([])
  })

  it('ends with its compiler when it is interrupted, and leaves nothing', async () => {
    const host = testHost()
    const stop = new AbortController()
    go(host, `touch '${host.folder}/started'; sleep 60 & echo $! > '${host.folder}/pid'; echo ready; wait`)
    const running = install(
      fakeTool,
      host.context({
        signal: stop.signal,
        onLine: () => {
          stop.abort()
        },
      }),
    )
    await expect(running).rejects.toMatchObject({ code: 'interrupted' })
    expect(left(host)).toEqual([])
    const pid = readFileSync(join(host.folder, 'pid'), 'utf8').trim()
    await vi.waitFor(() => {
      expect(isRunning(pid)).toBe(false)
    })
  })

  it('gives up a compiler that does not end', async () => {
    const host = testHost()
    go(host, 'sleep 60')
    await expect(install(fakeTool, host.context({ buildWithinMs: 50 }))).rejects.toMatchObject({
      code: 'tool_build',
      message: expect.stringContaining('did not end within 0.05 s') as string,
    })
  })

  it('refuses a second install of the same tool at the same time', async () => {
    const host = testHost()
    let second: Promise<unknown> = Promise.resolve()
    go(host, `echo ready; ${writesProgram('"$GOBIN/server"')}`)
    const first = install(
      fakeTool,
      host.context({
        onLine: () => {
          second = install(fakeTool, host.context())
          second.catch(() => undefined)
        },
      }),
    )
    await expect(first).resolves.toMatchObject({ version: '1.2.3' })
    await expect(second).rejects.toMatchObject({
      code: 'tool_busy',
      message: `process ${process.pid} is installing into ${join(host.cache, 'kfake')}`,
    })
    expect(left(host)).toEqual(['1.2.3'])
  })

  it('takes over the lock and the remains of an install that was killed', async () => {
    const host = testHost()
    const folder = join(host.cache, 'kfake')
    mkdirSync(join(folder, '.staging-7', 'ready'), { recursive: true })
    mkdirSync(join(folder, '1.2.3'))
    // No process has this number: it is above the largest that Linux gives out.
    writeFileSync(join(folder, '.lock'), '4194305\n')
    go(host, writesProgram('"$GOBIN/server"'))
    expect(await install(fakeTool, host.context())).toMatchObject({ found: false, version: '1.2.3' })
    expect(left(host)).toEqual(['1.2.3'])
  })
})

describe('installing a release', () => {
  const program = '#!/bin/sh\necho kfake version 1.2.3\n'
  const sha256 = createHash('sha256').update(program).digest('hex')
  const asked: string[] = []
  const serving = (text: string, status = 200) => ({
    preferRelease: true,
    fetch: (url: string) => {
      asked.push(url)
      return Promise.resolve(new Response(text, { status }))
    },
  })

  it('downloads it, compares its SHA-256, and installs it', async () => {
    const host = testHost()
    const made = await install(fakeTool, host.context({ ...serving(program), sha256Of: () => sha256 }))
    expect(made).toMatchObject({ version: '1.2.3', where: 'cache', found: false })
    expect(asked.at(-1)).toBe('https://example.com/v1.2.3/kfake-linux-amd64')
    expect(left(host)).toEqual(['1.2.3'])
    expect(readdirSync(join(host.cache, 'kfake', '1.2.3'))).toEqual(['kfake-server'])
  })

  it('refuses without a SHA-256, before anything is fetched', async () => {
    const host = testHost()
    const before = asked.length
    await expect(install(fakeTool, host.context(serving(program)))).rejects.toMatchObject({
      code: 'tool_unverified',
      message: 'kfake 1.2.3: the SHA-256 of kfake-linux-amd64 is not known here',
      hint: expect.stringContaining('--sha256 or --lock FILE') as string,
    })
    expect(asked.length).toBe(before)
    expect(left(host)).toEqual([])
  })

  it('installs nothing of another SHA-256', async () => {
    const host = testHost()
    const wanted = 'a'.repeat(64)
    await expect(
      install(fakeTool, host.context({ ...serving(program), sha256Of: () => wanted })),
    ).rejects.toMatchObject({
      code: 'tool_hash',
      message: `kfake-linux-amd64: its SHA-256 is ${sha256}, not ${wanted}`,
    })
    expect(left(host)).toEqual([])
  })

  it('tells a download that fails, and a platform without a release', async () => {
    const host = testHost()
    const missing = host.context({ ...serving('not found', 404), sha256Of: () => sha256 })
    await expect(install(fakeTool, missing)).rejects.toMatchObject({
      code: 'tool_download',
      message: 'kfake 1.2.3: https://example.com/v1.2.3/kfake-linux-amd64: the answer is 404',
    })
    await expect(install(fakeTool, { ...missing, platform: 'sunos-x64' })).rejects.toMatchObject({
      code: 'tool_release',
    })
    const unplugged = host.context({ preferRelease: true, sha256Of: () => sha256 })
    await expect(install(fakeTool, unplugged)).rejects.toMatchObject({
      code: 'tool_download',
      message: expect.stringContaining('this test has no network') as string,
    })
  })
})

describe('the real tools', () => {
  it('build toxiproxy with its version set by the linker', () => {
    expect(toolNamed('toxiproxy').build.steps).toEqual([
      {
        program: 'go',
        args: [
          'install',
          '-ldflags',
          '-X github.com/Shopify/toxiproxy/v2.Version=2.12.0',
          'github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0',
        ],
      },
    ])
  })

  // NOTE: `go` and `xk6` are scripts here. The real k6 is AGPL and is never fetched in tests.
  it('build k6 by a pinned xk6, which finds the same Go', async () => {
    const host = testHost()
    const log = `${host.folder}/go.log`
    const fakeK6 = 'printf "#!/bin/sh\\necho k6 v1.7.1 \\(go1.26\\)\\n" > "$5"; chmod +x "$5"'
    host.put(
      'go',
      `echo "go $@" >> '${log}'
case "$1" in install)
  printf '#!/bin/sh\\necho "xk6 $@" >> "${log}"\\ncommand -v go >> "${log}"\\n' > "$GOBIN/xk6"
  echo '${fakeK6.replaceAll("'", `'"'"'`)}' >> "$GOBIN/xk6"; chmod +x "$GOBIN/xk6" ;;
esac`,
    )
    const made = await install(toolNamed('k6'), host.context())
    expect(made).toEqual({
      name: 'k6',
      path: join(host.cache, 'k6', '1.7.1', 'k6'),
      where: 'cache',
      version: '1.7.1',
      found: false,
    })
    const staging = join(host.cache, 'k6', `.staging-${process.pid}`)
    expect(readFileSync(log, 'utf8').split('\n')).toEqual([
      'go install go.k6.io/xk6@v1.4.5',
      `xk6 build --k6-version v1.7.1 --output ${staging}/k6`,
      join(host.bin, 'go'),
      '',
    ])
  })

  it('have a release for Linux and macOS, and none elsewhere', () => {
    expect(toolNamed('toxiproxy').release('linux-arm64')?.url).toBe(
      'https://github.com/Shopify/toxiproxy/releases/download/v2.12.0/toxiproxy-server-linux-arm64',
    )
    expect(toolNamed('k6').release('linux-x64')).toEqual({
      url: 'https://github.com/grafana/k6/releases/download/v1.7.1/k6-v1.7.1-linux-amd64.tar.gz',
      file: 'k6-v1.7.1-linux-amd64.tar.gz',
      member: 'k6-v1.7.1-linux-amd64/k6',
    })
    expect(toolNamed('k6').release('darwin-arm64')?.file).toBe('k6-v1.7.1-macos-arm64.zip')
    expect(toolNamed('k6').release('win32-x64')).toBeUndefined()
  })

  it('are found by name, with the nearest one for a slip', () => {
    expect(() => toolNamed('toxyproxy')).toThrow(
      'there is no tool "toxyproxy": toxiproxy, k6 can be installed',
    )
  })
})

describe('Go', () => {
  it('is looked for on PATH, then in its usual place', () => {
    const host = testHost()
    expect(findGo({ PATH: '/nowhere' }, '/nowhere')).toBeUndefined()
    host.put('go', 'exit 0')
    expect(findGo({ PATH: '/nowhere' }, host.bin)).toBe(host.bin)
    expect(findGo({ PATH: host.bin }, '/nowhere')).toBe(host.bin)
  })
})
