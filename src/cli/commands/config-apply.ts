import { KfError } from '../../core/errors.ts'
import { readDuration } from '../../server/config/units.ts'
import type { ApplyAnswer, ConfigAnswer, DryRunAnswer } from '../../server/entry.ts'
import { call, findServer, RefusedFiles, whoOf } from '../config/calls.ts'
import { type LocalFolder, openFolder } from '../config/folder.ts'
import { healthAfter, healthLine } from '../config/health-line.ts'
import { planLines, planSummary } from '../config/plan-lines.ts'
import { printProblems } from '../config/problems.ts'
import type { ConfigServer, ServerFlags } from '../config/server.ts'
import { exitCodes } from '../exit-codes.ts'
import type { CommandContext } from './table.ts'

export type LiveFlags = ServerFlags & { readonly dir?: string; readonly json?: boolean }
export type ChangeFlags = LiveFlags & { readonly message?: string; readonly confirmWithin?: string }
export type ApplyFlags = ChangeFlags & { readonly dryRun?: boolean; readonly yes?: boolean }

/** `kf config apply`: checks here, then on the server, shows the difference, and pushes it from the revision that it was shown for. */
export async function apply(flags: ApplyFlags, context: CommandContext): Promise<void> {
  const { state, texts } = context
  const about = aboutOf(flags, context)
  const tried = await tryOut(flags, context)
  if (tried === undefined) return
  const { server, dryRun, files, folder } = tried
  if (flags.dryRun === true || dryRun.plan.changes.length === 0) {
    if (flags.json === true) state.out.write(`${JSON.stringify(dryRun)}\n`)
    else if (flags.dryRun === true) state.out.write(`${texts.config.nothingApplied}\n`)
    return
  }
  if (flags.json !== true && flags.yes !== true && !(await agreed(context))) return
  const answer = await orProblems(folder, flags, context, () =>
    call<ApplyAnswer>(server, 'PUT', '/admin/config', { ifMatch: dryRun.etag, body: { files, ...about } }),
  )
  if (answer !== undefined) await printApplied(answer, server, flags, context)
}

/** `kf config diff`: exit code 2 when the folder is not what is live. */
export async function diff(flags: LiveFlags, context: CommandContext): Promise<void> {
  const tried = await tryOut(flags, context)
  if (tried === undefined) return
  if (flags.json === true) context.state.out.write(`${JSON.stringify(tried.dryRun)}\n`)
  if (tried.dryRun.plan.changes.length > 0) context.exit.code = exitCodes.differences
}

/** What a change says of itself. Throws `usage`. */
export function aboutOf({ message, confirmWithin }: ChangeFlags, context: CommandContext) {
  const within = confirmWithin === undefined ? undefined : readDuration(confirmWithin)
  if (confirmWithin !== undefined && (within === undefined || within < 1_000 || within > 86_400_000)) {
    throw new KfError('confirm_within', `--confirm-within ${confirmWithin} is no time from 1s to 24h`, {
      hint: 'write it as 60s, 5m or 1h',
      params: { given: confirmWithin },
    })
  }
  return {
    ...whoOf(context),
    ...(message === undefined ? {} : { message }),
    ...(within === undefined ? {} : { confirm_within_ms: within }),
  }
}

/** What came of a change, and what the operator should know next. */
export async function printApplied(
  answer: ApplyAnswer,
  server: ConfigServer,
  { json }: Pick<LiveFlags, 'json'>,
  { state, texts: allTexts, exit }: CommandContext,
): Promise<void> {
  const { config: texts } = allTexts
  const { behind, committed, prepared, processes, revision, took_ms, unconfirmed } = answer
  if (behind.length > 0) exit.code = exitCodes.partly
  if (json === true) {
    state.out.write(`${JSON.stringify(answer)}\n`)
    return
  }
  if (!answer.changed) {
    state.out.write(`${texts.same(revision.revision)}\n`)
    return
  }
  const hash = revision.hash.slice(0, 4)
  const tick = (count: number): string => `${count}/${processes}${count === processes ? ' ✓' : ''}`
  const steps = [
    `${texts.prepared} ${tick(prepared)}`,
    `${texts.committed} ${tick(committed)}`,
    behind.length === 0 ? texts.sameEverywhere(hash) : texts.behind(hash, behind.join(', ')),
    `${Math.round(took_ms)} ms`,
  ]
  // It is done, and said, before the wait for what the processes count under it.
  state.out.write(` ${steps.join('   ')}   `)
  const health = await healthAfter(server)
  const { pending_restart } = await call<ConfigAnswer>(server, 'GET', '/admin/config')
  const end = [
    `${texts.nowLive(revision.revision)}${unconfirmed === null ? '' : texts.revertsIn(secondsTo(unconfirmed.deadline), revision.revision)}`,
    ...(pending_restart.length === 0 ? [] : [texts.pending(pending_restart.join(', '))]),
  ]
  state.out.write(`${healthLine(health, allTexts)}\n${end.join('      ')}\n`)
}

/** Whole seconds from now to a moment, in ms. */
export function secondsTo(deadline: number): string {
  return String(Math.max(0, Math.round((deadline - Date.now()) / 1_000)))
}

async function tryOut(flags: LiveFlags, context: CommandContext) {
  const { state, texts } = context
  const folder = await openFolder(flags.dir, state.cwd)
  if (!folder.parsed.ok) {
    show(folder, folder.parsed.problems, flags, context, texts.config.invalid)
    return undefined
  }
  const files = textsOf(folder)
  const server = await findServer(flags, context, folder)
  const dryRun = await orProblems(folder, flags, context, () =>
    call<DryRunAnswer>(server, 'PUT', '/admin/config?dry_run=1', { body: { files } }),
  )
  if (dryRun === undefined) return undefined
  if (flags.json !== true) {
    const lines = planLines(dryRun.plan, folder.parsed.sources, texts)
    state.out.write(
      dryRun.plan.changes.length === 0
        ? `${texts.config.same(dryRun.live)}\n`
        : `${server.name}   ${texts.config.live(dryRun.live)}\n${lines}${planSummary(dryRun.plan, texts)}\n`,
    )
  }
  return { folder, files, server, dryRun }
}

async function orProblems<T>(
  folder: LocalFolder,
  flags: LiveFlags,
  context: CommandContext,
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof RefusedFiles)) throw error
    show(folder, error.problems, flags, context, context.texts.config.invalidOnServer)
    return undefined
  }
}

function show(
  { files, shown }: LocalFolder,
  problems: RefusedFiles['problems'],
  { json = false }: LiveFlags,
  context: CommandContext,
  end: (count: number) => string,
): void {
  printProblems(problems, { files, shown, json, end }, context)
}

async function agreed({ state, texts, exit }: CommandContext): Promise<boolean> {
  if (state.ask === undefined) return true
  if (/^(y|yes|是)$/i.test((await state.ask(texts.config.ask.trimStart())).trim())) return true
  state.out.write(`${texts.config.declined}\n`)
  exit.code = exitCodes.failed
  return false
}

// Valid files are UTF-8.
function textsOf({ files }: LocalFolder): Readonly<Record<string, string>> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  return Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, decoder.decode(bytes)]))
}
