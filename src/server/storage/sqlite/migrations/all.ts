import { first } from './001-first.ts'
import { erasedSites } from './002-erased-sites.ts'
import { revisions } from './003-revisions.ts'
import type { Migration } from './migration.ts'

/** In order of version, without holes. */
export const migrations: readonly Migration[] = [first, erasedSites, revisions]
