import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { KfError } from '../../core/errors.ts'
import { printable } from '../../core/snippet.ts'
import { defaultConfigFolder } from '../../server/config/folder.ts'
import type {
  ApplyAnswer,
  ConfigAnswer,
  ConfirmAnswer,
  EffectiveAnswer,
  HistoryAnswer,
} from '../../server/entry.ts'
import { call, findServer, whoOf } from '../config/calls.ts'
import { effectiveLines, isEverywhere } from '../config/effective-lines.ts'
import { shownPath } from '../config/folder.ts'
import { exitCodes } from '../exit-codes.ts'
import { table } from '../format.ts'
import { centreText } from '../i18n/config-sentences.ts'
import { languageOf } from '../i18n/texts.ts'
import { aboutOf, type ChangeFlags, type LiveFlags, printApplied, secondsTo } from './config-apply.ts'
import type { CommandContext } from './table.ts'

/** `kf config confirm N` */
export async function confirm(revision: string, flags: LiveFlags, context: CommandContext): Promise<void> {
  const server = await findServer(flags, context)
  const path = `/admin/config/confirm/${encodeURIComponent(revision)}`
  const answer = await call<ConfirmAnswer>(server, 'POST', path, { body: whoOf(context) })
  const { state, texts } = context
  state.out.write(
    flags.json === true
      ? `${JSON.stringify(answer)}\n`
      : `${texts.config.confirmed(answer.revision.revision)}\n`,
  )
}

/** `kf config rollback N`: a new revision. */
export async function rollback(revision: string, flags: ChangeFlags, context: CommandContext): Promise<void> {
  const body = aboutOf(flags, context)
  const server = await findServer(flags, context)
  const path = `/admin/config/rollback/${encodeURIComponent(revision)}`
  await printApplied(await call<ApplyAnswer>(server, 'POST', path, { body }), server, flags, context)
}

/** `kf config history` */
export async function history(
  flags: LiveFlags & { readonly limit: string },
  context: CommandContext,
): Promise<void> {
  const server = await findServer(flags, context)
  const path = `/admin/config/history?limit=${encodeURIComponent(flags.limit)}`
  const answer = await call<HistoryAnswer>(server, 'GET', path)
  const { state, texts } = context
  if (flags.json === true) {
    state.out.write(`${JSON.stringify(answer)}\n`)
    return
  }
  const said = (text: string): string => centreText(text, languageOf(texts.language, {}))
  const { revisionColumns: head, states, attempts } = texts.config
  const rows = answer.revisions.map(({ revision, at, who, state: kept, live, message, reason }) => [
    String(revision),
    timeOf(at),
    printable(who),
    live ? states.live : states[kept],
    printable(said(reason ?? message)),
  ])
  state.out.write(
    table([[head.revision, head.at, head.who, head.state, head.message], ...rows], new Set([0])),
  )
  const failed = answer.audit.filter(({ ok, revision }) => !ok && revision === 0)
  if (failed.length === 0) return
  const tries = failed.map(({ at, who, action, detail }) => [
    timeOf(at),
    printable(who),
    action,
    printable(said(detail)),
  ])
  state.out.write(`\n${attempts}\n${table(tries)}`)
}

/** `kf config show`: the live revision's files, or with `--effective` what the running node has; exit code 4 where not all of it has. */
export async function show(
  flags: LiveFlags & { readonly effective?: boolean },
  context: CommandContext,
): Promise<void> {
  const { exit, state, texts } = context
  const server = await findServer(flags, context)
  if (flags.effective === true) {
    const answer = await call<EffectiveAnswer>(server, 'GET', '/admin/config/effective')
    state.out.write(flags.json === true ? `${JSON.stringify(answer)}\n` : effectiveLines(answer, texts))
    if (!isEverywhere(answer)) exit.code = exitCodes.partly
    return
  }
  const answer = await call<ConfigAnswer>(server, 'GET', '/admin/config')
  if (flags.json === true) {
    state.out.write(`${JSON.stringify(answer)}\n`)
    return
  }
  const { live, unconfirmed, drift, pending_restart, files } = answer
  const notes = [
    `${texts.config.live(live.revision)}   ${texts.config.by(printable(live.who), timeOf(live.at))}   ${printable(centreText(live.message, languageOf(texts.language, {})))}`,
    ...(unconfirmed === null
      ? []
      : [
          texts.config.unconfirmed(
            unconfirmed.revision,
            secondsTo(unconfirmed.deadline),
            unconfirmed.revert_to,
          ),
        ]),
    ...(drift === null ? [] : [texts.config.drift(drift.files.join(', '), drift.command)]),
    ...(pending_restart.length === 0 ? [] : [texts.config.pending(pending_restart.join(', '))]),
  ]
  const shown = Object.entries(files).map(([name, text]) => `\n# ${name}\n${linesOf(text)}`)
  const rest = shown.length === 0 ? [`\n${texts.config.noFiles}`] : shown
  state.out.write(`${[...notes.map((note) => note.trimEnd()), ...rest].join('\n')}\n`)
}

/** `kf config pull`: never replaces a file that differs without `--force`. Throws `config_differs`. */
export async function pull(
  flags: LiveFlags & { readonly force?: boolean },
  context: CommandContext,
): Promise<void> {
  const { state, texts } = context
  const { files, live } = await call<ConfigAnswer>(await findServer(flags, context), 'GET', '/admin/config')
  const folder = resolve(state.cwd, flags.dir ?? defaultConfigFolder)
  // What a server says is not to become a path.
  const safe = Object.entries(files).filter(([name]) => /^[a-z0-9_-]+\.toml$/i.test(name))
  const differs = ([name, text]: readonly [string, string]): boolean =>
    existsSync(join(folder, name)) && readFileSync(join(folder, name), 'utf8') !== text
  const other = safe.filter(differs).map(([name]) => name)
  if (other.length > 0 && flags.force !== true) {
    throw new KfError('config_differs', `${other.join(', ')}: differs from revision ${live.revision}`, {
      hint: 'see kf config diff; --force replaces it and keeps the old one as NAME.before-pull',
      params: { files: other.join(', '), revision: live.revision },
    })
  }
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of safe) {
    const path = join(folder, name)
    const isOther = other.includes(name)
    if (isOther) renameSync(path, `${path}.before-pull`)
    writeFileSync(`${path}.pulled`, text)
    renameSync(`${path}.pulled`, path)
    const kept = isOther ? texts.config.backedUp(`${name}.before-pull`) : ''
    state.out.write(`${texts.config.pulled(shownPath(path, state.cwd), live.revision)}${kept}\n`)
  }
  if (safe.length === 0) state.out.write(`${texts.config.noFiles}\n`)
}

function timeOf(at: number): string {
  return new Date(at).toISOString().slice(0, 19).concat('Z')
}

function linesOf(text: string): string {
  return text.trimEnd().split('\n').map(printable).join('\n')
}
