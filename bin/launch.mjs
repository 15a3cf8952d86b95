// NOTE: Node 14.14 must be able to read this file, to say what it lacks: nothing newer may stand here.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import module from 'node:module'
import os from 'node:os'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/**
 * Runs kf in this process where this Node fits; else in a fitting Node that npm installed beside the package, with
 * standard streams, arguments, signals and exit status passed through.
 */
export function launch() {
  const packageRoot = dirname(dirname(realpathSync(fileURLToPath(import.meta.url))))
  if (fits(process.version)) {
    dieWithLauncher()
    runHere(packageRoot)
    return
  }
  // NOTE: started by a launcher already, and still unfit: that package lied about its version. Never start it in a ring.
  const candidates = process.env[LIFELINE] ? [] : findNodes(packageRoot, process.platform, process.arch)
  runIn(candidates, packageRoot, [])
}

/** The package's `engines`: 24.15 or newer of the 24 line, or 26 and newer. */
export function fits(version) {
  const match = /^v?(\d+)\.(\d+)\./.exec(version)
  if (match === null) return false
  const major = Number(match[1])
  return (major === 24 && Number(match[2]) >= 15) || major >= 26
}

/** Fitting Nodes that npm put beside the package or above it (a dependent project hoists them), nearest first. */
export function findNodes(packageRoot, platform, arch) {
  const names = platform === 'win32' ? ['bin/node.exe'] : ['bin/node']
  const packages = [`node-${platform === 'win32' ? 'win' : platform}-${arch}`, 'node']
  const found = []
  for (let folder = packageRoot; ; folder = dirname(folder)) {
    for (const name of packages) {
      const home = join(folder, 'node_modules', name)
      for (const binary of names) {
        const path = join(home, binary)
        const version = existsSync(path) ? versionOf(home) : undefined
        if (version !== undefined && fits(version)) found.push({ path, version })
      }
    }
    if (folder === dirname(folder)) return found
  }
}

/**
 * What to run: the source in a checkout, else the build. Node strips no types below `node_modules`, so an installed
 * package always runs its build; `KF_DIST=1` makes a checkout do the same.
 */
export function programOf(packageRoot, env) {
  const source = join(packageRoot, 'src', 'cli', 'main.ts')
  const installed = packageRoot.split(sep).includes('node_modules')
  if (!installed && env.KF_DIST !== '1' && existsSync(source)) return source
  const built = join(packageRoot, 'dist', 'kf.js')
  return existsSync(built) ? built : undefined
}

/** Three lines: which Node this is, which one is needed, how to get it. */
export function refusal(found, packageRoot, failures, language) {
  const lines = TEXTS[language](found, resolve(packageRoot))
  return [lines[0], ...failures, lines[1]].map((line) => `kf: ${line}\n`).join('')
}

const TEXTS = {
  en: (found, root) => [
    `needs Node 24.15 or newer of line 24, or Node 26 or newer; this is Node ${found.version} (${found.path})`,
    `fix: on Linux x64 run \`npm ci\` in ${root} (it brings a fitting Node along); elsewhere install Node 26 from https://nodejs.org`,
  ],
  zh: (found, root) => [
    `需要 Node 24.15 及以上的 24.x，或 Node 26 及以上；当前是 Node ${found.version}（${found.path}）`,
    `解决办法：Linux x64 上在 ${root} 运行 \`npm ci\`（会一并装好合适的 Node）；其他系统请从 https://nodejs.org 安装 Node 26`,
  ],
}

function runHere(packageRoot) {
  const program = programOf(packageRoot, process.env)
  if (program === undefined) {
    process.stderr.write(
      `kf: ${join(packageRoot, 'dist', 'kf.js')} is missing: the package was not built\n` +
        `kf: fix: run \`npm ci\` (with development dependencies), then \`npm run build\`, in ${packageRoot}\n`,
    )
    process.exitCode = 1
    return
  }
  keepCompiled(packageRoot)
  import(pathToFileURL(program).href).catch((error) => {
    console.error(error)
    process.exitCode = 1
  })
}

/**
 * Keeps stripped and compiled code between starts, for this process and what it forks: `kf serve` is ready in 480 ms in
 * place of 1,010 ms from source, in 550 ms in place of 600 ms from the build (medians on two busy cores). The folder lies
 * with the code itself: in a shared one like /tmp another user could lay code for kf to run.
 */
function keepCompiled(packageRoot) {
  const modules = [join(packageRoot, 'node_modules'), dirname(packageRoot)].find(
    (folder) => basename(folder) === 'node_modules' && existsSync(folder),
  )
  if (!module.enableCompileCache || process.env.NODE_COMPILE_CACHE || modules === undefined) return
  const folder = join(modules, '.cache', 'kf', 'compiled')
  module.enableCompileCache(folder)
  process.env.NODE_COMPILE_CACHE = folder
}

function runIn(candidates, packageRoot, failures) {
  const candidate = candidates[0]
  if (candidate === undefined) {
    const here = { path: process.execPath, version: process.version.slice(1) }
    process.stderr.write(refusal(here, packageRoot, failures, languageOf(process.argv, process.env)))
    process.exitCode = 1
    return
  }
  const args = [join(packageRoot, 'bin', 'kf'), ...process.argv.slice(2)]
  const child = spawn(candidate.path, args, {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    env: { ...process.env, [LIFELINE]: '3' },
    argv0: 'node',
  })
  let started = false
  child.on('spawn', () => {
    started = true
  })
  // A binary for another C library is there and yet cannot start: say so, and try the next one.
  child.on('error', (error) => {
    if (started) return
    stopForwarding()
    runIn(candidates.slice(1), packageRoot, [
      ...failures,
      `${candidate.path} does not start: ${error.message}`,
    ])
  })
  const stopForwarding = forwardSignals(child)
  child.on('exit', (code, signal) => {
    stopForwarding()
    if (signal === null) process.exit(code)
    process.kill(process.pid, signal)
    // NOTE: some signals leave a process with a handler of its own alive for a moment; the status must still be theirs.
    setTimeout(() => process.exit(128 + (os.constants.signals[signal] || 0)), 1000)
  })
}

const LIFELINE = 'KF_LAUNCHER_FD'
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2', 'SIGCONT']
/** A terminal sends these to the whole foreground group: the child has them already, and twice means "at once". */
const FROM_TERMINAL = ['SIGINT', 'SIGQUIT', 'SIGHUP']

function forwardSignals(child) {
  const terminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY
  const handlers = FORWARDED.map((signal) => {
    const handler = () => {
      if (!(terminal && FROM_TERMINAL.includes(signal))) child.kill(signal)
    }
    try {
      process.on(signal, handler)
    } catch {
      // this platform has no such signal
    }
    return { signal, handler }
  })
  return () => {
    for (const { signal, handler } of handlers) process.removeListener(signal, handler)
  }
}

/**
 * The launcher holds the other end of this pipe: when it closes, the launcher is dead (even by SIGKILL, which it cannot
 * forward), and kf stops as on SIGTERM.
 */
function dieWithLauncher() {
  const fd = Number(process.env[LIFELINE])
  delete process.env[LIFELINE]
  if (!Number.isInteger(fd) || fd < 3) return
  import('node:net').then(({ Socket }) => {
    const lifeline = new Socket({ fd, readable: true, writable: false })
    lifeline.on('error', () => {})
    lifeline.on('close', () => process.kill(process.pid, 'SIGTERM'))
    lifeline.resume()
    lifeline.unref()
  })
}

function versionOf(home) {
  try {
    return JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')).version
  } catch {
    return undefined
  }
}

function languageOf(argv, env) {
  const at = argv.indexOf('--lang')
  const asked = at < 0 ? argv.find((argument) => argument.startsWith('--lang=')) : argv[at + 1]
  const language = asked === undefined ? env.LC_ALL || env.LC_MESSAGES || env.LANG || '' : asked
  return /^(--lang=)?zh/i.test(language) ? 'zh' : 'en'
}
