import { join } from 'node:path'
import { KfError } from '../../core/errors.ts'
import { findOnPath, type ToolHost } from './locate.ts'
import { runProgram } from './run-program.ts'
import type { Tool } from './tools.ts'

export type Building = ToolHost & {
  readonly signal: AbortSignal
  /** What the compiler says, line by line. */
  readonly onLine: (line: string) => void
  readonly buildWithinMs: number
}

/** Go's usual place, where its installer does not add it to PATH. */
const goRoot = '/usr/local/go/bin'

/** The folder of `go`, or undefined without one. */
export function findGo(env: ToolHost['env'], usual: string = goRoot): string | undefined {
  return (
    findOnPath('go', env)?.replace(/\/go$/, '') ?? findOnPath('go', { PATH: usual })?.replace(/\/go$/, '')
  )
}

/**
 * Makes the tool at its pinned version in `folder`, with the Go in `goFolder`; the program's path. Throws `tool_build` with
 * what the compiler said last, `interrupted` when aborted.
 */
export async function buildTool(
  tool: Tool,
  goFolder: string,
  folder: string,
  building: Building,
): Promise<string> {
  const { env, signal, onLine, buildWithinMs } = building
  const goEnv = {
    ...env,
    // xk6 starts `go` itself, by its name.
    PATH: `${goFolder}:${env['PATH'] ?? ''}`,
    GOBIN: folder,
    // Go refuses to put a cross-compiled program into GOBIN; and a program without C libraries runs on any distribution.
    GOOS: undefined,
    GOARCH: undefined,
    CGO_ENABLED: '0',
  }
  for (const step of tool.build.steps) {
    const fill = (text: string): string => text.replaceAll('{folder}', folder)
    const program = step.program === 'go' ? join(goFolder, 'go') : fill(step.program)
    const args = step.args.map(fill)
    const ran = await runProgram(program, args, { env: goEnv, signal, onLine, withinMs: buildWithinMs })
    if (signal.aborted) throw new KfError('interrupted', `installing ${tool.name} was interrupted`)
    if (ran.code === 0) continue
    const said = ran.output.trim().split('\n').slice(-8).join('\n')
    const command = [step.program, ...step.args].join(' ').replaceAll('{folder}/', '')
    const how = ran.timedOut ? `did not end within ${buildWithinMs / 1_000} s` : 'failed'
    throw new KfError('tool_build', `${tool.name} ${tool.version}: ${command} ${how}: ${said}`, {
      hint: 'Go needs a way to its module proxy (see go env GOPROXY); or take the release: --release with --sha256',
      params: { name: tool.name, version: tool.version, command, said },
    })
  }
  return join(folder, tool.build.makes)
}
