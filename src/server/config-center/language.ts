import { createHash } from 'node:crypto'
import type { Change, KeyInfo, ParsedConfig, Snapshot } from '../config/snapshot.ts'
import type { ConfigTexts } from './wire.ts'

/** What the centre needs of the files' language; config/parse.ts, diff.ts and hash.ts speak it. */
export type ConfigLanguage = {
  /** Loads what parses at the first call. */
  readonly parse: (files: ConfigTexts) => Promise<ParsedConfig>
  readonly diff: (from: Snapshot, to: Snapshot) => readonly Change[]
  readonly hash: (snapshot: Snapshot) => string
  readonly keys: () => readonly KeyInfo[]
}

/** Of the texts themselves, comments included: tells whether files were touched. */
export function hashOfTexts(files: ConfigTexts): string {
  const sorted = Object.entries(files).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex')
}
