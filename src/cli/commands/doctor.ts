import { resolve } from 'node:path'
import { Command } from 'commander'
import { KfError } from '../../core/errors.ts'
import { descriptorLimit } from '../../server/config/descriptors.ts'
import { defaultData } from '../../server/config/server.ts'
import { diskFinding } from '../doctor/disk.ts'
import { engineFindings } from '../doctor/engines.ts'
import { type Finding, findingLines } from '../doctor/finding.ts'
import {
  coresFinding,
  descriptorFinding,
  ephemeralFinding,
  memoryFinding,
  nodeFinding,
  portFindings,
} from '../doctor/machine.ts'
import { exitCodes } from '../exit-codes.ts'
import { displayWidth } from '../format.ts'
import { isPlain } from '../state.ts'
import type { CommandContext } from './table.ts'
import { toolHost } from './tools.ts'

type DoctorFlags = { readonly data: string; readonly idleFor: string; readonly json?: boolean }

const idleBoundsMs = { min: 1_000, max: 3_600_000 } as const

/** `kf doctor [URL]`: exit 1 when something stands in the way. */
export function doctorCommand(context: CommandContext): Command {
  const { doctor: texts } = context.texts
  return new Command('doctor')
    .argument('[url]', texts.url)
    .option('--data <dir>', texts.data, defaultData)
    .option('--idle-for <time>', texts.idleFor, '30s')
    .option('--json', texts.json)
    .action((url: string | undefined, flags: DoctorFlags) => doctor(url, flags, context))
}

async function doctor(url: string | undefined, flags: DoctorFlags, context: CommandContext): Promise<void> {
  const { state, texts, exit } = context
  const idleForMs = readDuration(flags.idleFor)
  const target = url === undefined ? undefined : readUrl(url)
  const found: Finding[] = []
  const show = (finding: Finding): void => {
    found.push(finding)
    if (flags.json !== true) state.out.write(findingLines(finding, labelWidth(context)))
  }
  for (const finding of await machineFindings(flags.data, context)) show(finding)
  if (target !== undefined) {
    const { proxyFindings } = await import('../doctor/proxy.ts')
    const progress = (elapsedMs: number): void => showProgress(elapsedMs, idleForMs, context)
    for await (const finding of proxyFindings({
      url: target,
      idleForMs,
      texts: texts.doctor,
      fetch,
      progress,
    })) {
      show(finding)
    }
  }
  const failed = found.some((finding) => finding.status === 'fail')
  if (flags.json === true) state.out.write(`${JSON.stringify({ ok: !failed, findings: found })}\n`)
  exit.code = failed ? exitCodes.failed : exitCodes.done
}

async function machineFindings(data: string, context: CommandContext): Promise<readonly Finding[]> {
  const { state, texts } = context
  const words = texts.doctor
  const [ports, disk, engines] = await Promise.all([
    portFindings(words),
    diskFinding(resolve(state.cwd, data), words),
    engineFindings(words, toolHost(context)),
  ])
  return [
    nodeFinding(state.node.version, state.node.path, words),
    coresFinding(words),
    descriptorFinding(descriptorLimit(), words),
    ...ports,
    ephemeralFinding(words),
    memoryFinding(words),
    disk,
    ...engines,
  ]
}

// One width for all lines, since they appear one by one.
function labelWidth({ texts }: CommandContext): number {
  const { cores, descriptors, ephemeral, memory, disk, http, address, upgrade, idle, port } = texts.doctor
  const labels = [
    cores,
    descriptors,
    ephemeral,
    memory,
    disk,
    http,
    address,
    upgrade,
    idle,
    port('127.0.0.1:7000'),
  ]
  return Math.max(...labels.map(displayWidth))
}

function showProgress(elapsedMs: number, totalMs: number, { state, texts }: CommandContext): void {
  if (isPlain(state, state.err)) return
  const text = texts.doctor.holding(Math.round(elapsedMs / 1000), Math.round(totalMs / 1000))
  state.err.write(`\r${text}\x1b[K${elapsedMs + 1_000 >= totalMs ? '\r\x1b[K' : ''}`)
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && (url.protocol === 'http:' || url.protocol === 'https:')) return url
  throw new KfError('bad_flag', `${JSON.stringify(text)} is not a URL`, {
    hint: 'write it as visitors see it, for example https://example.com/chat/',
  })
}

/** `70s`, `5m` or `1500ms`, in milliseconds. */
export function readDuration(text: string): number {
  const match = /^(\d{1,7})(ms|s|m)$/.exec(text)
  const unit = { ms: 1, s: 1_000, m: 60_000 }[match?.[2] ?? 'ms'] ?? 1
  const ms = Number(match?.[1]) * unit
  if (ms >= idleBoundsMs.min && ms <= idleBoundsMs.max) return ms
  throw new KfError('bad_flag', `--idle-for: ${JSON.stringify(text)} is not a time from 1s to 60m`, {
    hint: 'write it as 70s, 5m or 1500ms',
  })
}
