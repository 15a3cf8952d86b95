import type { Migration } from './migration.ts'

/**
 * Erasing a site takes rows away, the last ones perhaps: what numbers were given out up to then is kept, since a position, or
 * a key that a worker holds, must never name something else later.
 */
export const erasedSites: Migration = {
  version: 2,
  name: 'erased-sites',
  sql: `
    ALTER TABLE meta ADD COLUMN position_floor INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE meta ADD COLUMN conversation_floor INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE meta ADD COLUMN sender_floor INTEGER NOT NULL DEFAULT 0;
    -- Sites that are being erased, or were: nothing is stored for them any more.
    CREATE TABLE erased_site (id TEXT PRIMARY KEY) WITHOUT ROWID;
  `,
}
