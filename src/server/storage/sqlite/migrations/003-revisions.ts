import type { Migration } from './migration.ts'

/** The configuration's revisions, which of them is live, and who did what to it. */
export const revisions: Migration = {
  version: 3,
  name: 'revisions',
  sql: `
    -- Rows are appended; only state and reason change, once, from attempted. files: JSON, name to text.
    CREATE TABLE config_revision (
      revision INTEGER PRIMARY KEY,
      parent INTEGER NOT NULL,
      hash TEXT NOT NULL,
      who TEXT NOT NULL,
      at INTEGER NOT NULL,
      message TEXT NOT NULL,
      files TEXT NOT NULL,
      state TEXT NOT NULL,
      reason TEXT
    );
    -- One row, once there is a revision: the decision record. confirm_by: ms, when it is taken back unless confirmed.
    CREATE TABLE config_live (
      one INTEGER PRIMARY KEY CHECK (one = 1),
      revision INTEGER NOT NULL REFERENCES config_revision (revision),
      confirm_by INTEGER,
      revert_to INTEGER
    );
    -- What a node found on its disk when that and the live revision last agreed.
    CREATE TABLE config_base (
      node TEXT PRIMARY KEY,
      files_hash TEXT NOT NULL,
      revision INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE config_audit (
      id INTEGER PRIMARY KEY,
      at INTEGER NOT NULL,
      who TEXT NOT NULL,
      action TEXT NOT NULL,
      revision INTEGER NOT NULL,
      ok INTEGER NOT NULL,
      detail TEXT NOT NULL
    );
  `,
}
