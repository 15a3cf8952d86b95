import { hashOfTexts } from './language.ts'
import type { StoredState } from './messages.ts'
import { say } from './sentences.ts'
import type { ConfigDrift, ConfigTexts } from './wire.ts'

/** What is in effect after a start. */
export type StartDecision =
  /** The live revision, as it is. `rebase`: disk and live one agree now, which is to be kept. */
  | { readonly kind: 'live'; readonly rebase: boolean; readonly drift: ConfigDrift | null }
  /** The files on the disk, as a new revision. */
  | { readonly kind: 'disk'; readonly message: string }

/**
 * Files edited while the node was down, with nothing pushed since, become a new revision; unchanged files leave the live one alone; if
 * both changed, the live one stays, and that they differ is said.
 */
export function decideStart(
  disk: ConfigTexts,
  { record, base }: Pick<StoredState, 'record' | 'base'>,
): StartDecision {
  if (record === null) return { kind: 'disk', message: say('first_start') }
  const found = hashOfTexts(disk)
  if (found === hashOfTexts(record.files)) {
    return {
      kind: 'live',
      rebase: base?.filesHash !== found || base.revision !== record.revision,
      drift: null,
    }
  }
  if (base?.filesHash === found) return { kind: 'live', rebase: false, drift: null }
  if (base?.revision === record.revision) return { kind: 'disk', message: say('edited') }
  return { kind: 'live', rebase: false, drift: driftOf(disk, record.files) }
}

/** Which files on the disk are not the live ones. */
export function driftOf(disk: ConfigTexts, live: ConfigTexts): ConfigDrift {
  const names = [...new Set([...Object.keys(disk), ...Object.keys(live)])]
  return {
    files: names.filter((name) => disk[name] !== live[name]).toSorted(),
    command: 'kf config diff',
  }
}
