import { printable } from '../../core/snippet.ts'
import type { EffectiveAnswer, EffectiveSource } from '../../server/entry.ts'
import { table } from '../format.ts'
import { centreText } from '../i18n/config-sentences.ts'
import { languageOf, type Texts } from '../i18n/texts.ts'

/** A line for each value of a running node and where it comes from; below, which revision each of its processes has. */
export function effectiveLines({ hash, processes, revision, values }: EffectiveAnswer, texts: Texts): string {
  const { config, language } = texts
  const rows = values.map(({ file, key, source, value }) => [
    file,
    key,
    printable(value ?? config.none),
    sourceText(source, config),
  ])
  const shown = { hash: hash.slice(0, 4), names: processes.map(({ name }) => name).join(config.comma) }
  const others = processes.flatMap((process) => {
    if ('failed' in process)
      return [`${process.name}: ${centreText(process.failed, languageOf(language, {}))}`]
    return process.hash === hash
      ? []
      : [config.otherHash(process.name, process.revision, process.hash.slice(0, 4))]
  })
  const end =
    others.length === 0
      ? [config.allHave(revision, shown.hash, shown.names)]
      : [config.notAll(revision, shown.hash), ...others]
  return `${table(rows)}\n${end.join('\n')}\n`
}

/** True where every process holds the values of the revision. */
export function isEverywhere({ hash, processes }: EffectiveAnswer): boolean {
  return processes.every((process) => !('failed' in process) && process.hash === hash)
}

function sourceText(source: EffectiveSource, texts: Texts['config']): string {
  const variable = source.variable === undefined ? '' : texts.ofVariable(source.variable)
  switch (source.from) {
    case 'default':
      return texts.sourceDefault
    case 'machine':
      return texts.sourceMachine
    case 'data-folder':
      return texts.sourceData
    case 'flag':
      return source.flag
    case 'disk':
      return `${texts.sourceDisk(place(source))}${variable}`
    case 'revision':
      return `${texts.sourceRevision(place(source), source.revision)}${variable}`
  }
}

function place({ column, file, line }: Extract<EffectiveSource, { readonly file: string }>): string {
  return `${file}:${line}:${column}`
}
