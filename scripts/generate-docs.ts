import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { closeCodes, errorCodes } from '../src/protocol/codes.ts'
import type { WireLimits } from '../src/protocol/frames.ts'
import { serverLimits, wireLimits } from '../src/protocol/limits.ts'
import { chaosDocs } from './chaos-docs.ts'
import { configDocs } from './config-docs.ts'
import {
  generateScenarioPage,
  scenarioJsonSchema,
  scenarioPage,
  scenarioSchemaFile,
} from './scenario-docs.ts'

/**
 * Writes the parts of docs/ that the source says (protocol.md here, others in scenario-docs.ts, chaos-docs.ts and config-docs.ts):
 * `node scripts/generate-docs.ts`; with `--check` only compares and exits 1 when they differ. Each part stands between `<!-- generated: NAME -->` and `<!-- end: NAME -->`.
 */
const root = new URL('..', import.meta.url)
export const protocolPage = fileURLToPath(new URL('docs/protocol.md', root))
const framesFile = fileURLToPath(new URL('src/protocol/frames.ts', root))

/** The page with its generated parts made anew. Throws when a part has lost its markers. */
export function generate(page: string, framesSource: string = readFileSync(framesFile, 'utf8')): string {
  const parts = {
    'error codes': errorTable(),
    'close codes': closeTable(),
    limits: limitsTable(),
    bodies: framesSection(framesSource, 'bodies'),
    'client frames': framesSection(framesSource, 'client → server'),
    'server frames': framesSection(framesSource, 'server → client'),
  }
  let made = page
  for (const [name, text] of Object.entries(parts)) made = replacePart(made, name, text)
  return made
}

function replacePart(page: string, name: string, text: string): string {
  const begin = `<!-- generated: ${name} -->`
  const end = `<!-- end: ${name} -->`
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  if (from < 0 || to < from) throw new Error(`docs/protocol.md: the markers of "${name}" are missing`)
  return `${page.slice(0, from + begin.length)}\n${text}\n${page.slice(to)}`
}

function errorTable(): string {
  return table(
    ['code', 'HTTP', 'outcome', 'again?', 'meaning'],
    Object.entries(errorCodes).map(([code, { status, outcome, retry, meaning }]) => [
      `\`${code}\``,
      String(status),
      outcome,
      retry,
      meaning,
    ]),
  )
}

function closeTable(): string {
  return table(
    ['code', 'name', 'reconnect', 'meaning'],
    Object.entries(closeCodes).map(([code, { name, reconnect, meaning }]) => [
      code,
      `\`${name}\``,
      reconnect,
      meaning,
    ]),
  )
}

const wireMeanings: { readonly [Limit in keyof WireLimits]: string } = {
  frame_bytes: 'Bytes of one WebSocket message, or of a REST body. More closes the socket with 1009.',
  text_chars: 'UTF-16 units of a text. More is `too_large`.',
  preview_chars: 'UTF-16 units of a typing preview. More is `too_large`.',
  page_messages: 'Messages of one page of history. A larger `limit` is `too_large`.',
  retract_within_ms: 'Age up to which a message can be retracted by its sender.',
}

const serverMeanings: { readonly [Limit in keyof typeof serverLimits]: string } = {
  hello_within_ms: 'From the upgrade to a valid hello, else close 4408.',
  json_depth: 'JSON nesting. No frame has free-form values, so deeper ones are `bad_frame` by their type.',
  resume_streams: 'Streams of one hello’s `resume`.',
  conversations_page: 'Conversations in one welcome or conversations frame; the rest comes by `next`.',
  queue_snapshot: 'Conversations in one queue snapshot; `waiting` counts all.',
  url_chars: 'UTF-16 units of a URL.',
  locale_chars: 'UTF-16 units of a locale.',
  token_chars: 'UTF-16 units of a token.',
  name_chars: 'UTF-16 units of a file’s name or type, a card’s title, and `next`.',
  id_chars: 'UTF-16 units of ids and keys that the server gave out.',
}

function limitsTable(): string {
  const wire = Object.entries(wireMeanings).map(([name, meaning]) => row(name, wireLimits, meaning, 'yes'))
  const server = Object.entries(serverMeanings).map(([name, meaning]) =>
    row(name, serverLimits, meaning, 'no'),
  )
  return table(['limit', 'value', 'in welcome', 'meaning'], [...wire, ...server])
}

function row(
  name: string,
  limits: Readonly<Record<string, number>>,
  meaning: string,
  told: string,
): string[] {
  return [`\`${name}\``, (limits[name] ?? Number.NaN).toLocaleString('en-US'), told, meaning]
}

/** The types under one of the source's headings, `// ── NAME ──`. */
function framesSection(source: string, name: string): string {
  const section = source.split(/^\/\/ ── /m).find((part) => part.startsWith(`${name} `))
  if (section === undefined) throw new Error(`src/protocol/frames.ts: no section "${name}"`)
  const code = section.slice(section.indexOf('\n')).trim().replaceAll('export type', 'type')
  return `\`\`\`ts\n${code}\n\`\`\``
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n')
}

if (import.meta.main) {
  const page = readFileSync(protocolPage, 'utf8')
  const scenarios = readFileSync(scenarioPage, 'utf8')
  const made: readonly (readonly [string, string])[] = [
    [protocolPage, generate(page)],
    [scenarioPage, generateScenarioPage(scenarios)],
    [scenarioSchemaFile, scenarioJsonSchema()],
    ...configDocs(),
    ...chaosDocs(),
  ]
  for (const [path, text] of made) {
    if (!process.argv.includes('--check')) writeFileSync(path, text)
    else if (readFileSync(path, 'utf8') !== text) {
      console.error(`${path} is not what the source says; run: node scripts/generate-docs.ts`)
      process.exitCode = 1
    }
  }
}
