import type { DatabaseSync } from 'node:sqlite'
import {
  type AuditRecord,
  auditActions,
  type LiveRevision,
  type RevisionNote,
  type RevisionOperation,
  type RevisionRecord,
  type Revisions,
} from '../revisions.ts'
import type { Outcome } from '../store.ts'
import { rejected } from './outcome.ts'
import { all, int, lazily, one, type Row, text, textOrNull } from './rows.ts'

const done: Outcome = { status: 'done' }

/** Reads straight from the database each time: configuration is asked for seldom. */
export function readRevisions(db: DatabaseSync): Revisions {
  const live = lazily(db, 'SELECT * FROM config_live')
  const revision = lazily(db, 'SELECT * FROM config_revision WHERE revision = ?')
  const list = lazily(db, 'SELECT * FROM config_revision WHERE revision < ? ORDER BY revision DESC LIMIT ?')
  const attempted = lazily(
    db,
    `SELECT revision FROM config_revision WHERE state = 'attempted' ORDER BY revision`,
  )
  const base = lazily(db, 'SELECT * FROM config_base WHERE node = ?')
  const audit = lazily(db, 'SELECT * FROM config_audit ORDER BY id DESC LIMIT ?')
  return {
    live: () => one(live(), liveOf),
    revision: (number) => one(revision(), revisionOf, number),
    list: (limit, before = Number.MAX_SAFE_INTEGER) => all(list(), revisionOf, before, limit),
    attempted: () => all(attempted(), (row) => int(row, 'revision')),
    base: (node) =>
      one(base(), (row) => ({ filesHash: text(row, 'files_hash'), revision: int(row, 'revision') }), node),
    audit: (limit) => all(audit(), auditOf, limit),
  }
}

/** Runs inside the batch's transaction. */
export function writeRevisions(
  db: DatabaseSync,
  revisions: Revisions,
): (operation: RevisionOperation, now: number) => Outcome {
  const put = lazily(
    db,
    `INSERT INTO config_revision (parent, hash, who, at, message, files, state)
     VALUES (?, ?, ?, ?, ?, ?, 'attempted')`,
  )
  const accept = lazily(db, `UPDATE config_revision SET state = 'accepted' WHERE revision = ?`)
  const refuse = lazily(
    db,
    `UPDATE config_revision SET state = 'refused', reason = ? WHERE revision = ? AND state = 'attempted'`,
  )
  const setLive = lazily(
    db,
    `INSERT INTO config_live (one, revision, confirm_by, revert_to) VALUES (1, ?, ?, ?)
     ON CONFLICT (one) DO UPDATE SET revision = excluded.revision, confirm_by = excluded.confirm_by,
       revert_to = excluded.revert_to`,
  )
  const confirm = lazily(
    db,
    `UPDATE config_live SET confirm_by = NULL, revert_to = NULL WHERE revision = ? AND confirm_by IS NOT NULL`,
  )
  const putBase = lazily(
    db,
    `INSERT INTO config_base (node, files_hash, revision) VALUES (?, ?, ?)
     ON CONFLICT (node) DO UPDATE SET files_hash = excluded.files_hash, revision = excluded.revision`,
  )
  const putAudit = lazily(
    db,
    'INSERT INTO config_audit (at, who, action, revision, ok, detail) VALUES (?, ?, ?, ?, ?, ?)',
  )

  const note = (operation: RevisionNote, now: number): void => {
    if (operation.kind === 'put_config_base') {
      putBase().run(operation.node, operation.base.filesHash, operation.base.revision)
      return
    }
    const { who, action, revision, ok, detail } = operation.entry
    putAudit().run(now, who, action, revision, ok ? 1 : 0, detail)
  }

  const becomeLive = (
    operation: RevisionOperation & { readonly kind: 'set_live_revision' },
    now: number,
  ): Outcome => {
    const { revision, expected, confirm: by } = operation
    const live = revisions.live()?.revision ?? 0
    // Asked again after an answer that was lost.
    if (live === revision) return done
    if (live !== expected) return rejected('id_conflict', `Revision ${live} is live, not ${expected}.`)
    const state = revisions.revision(revision)?.state
    if (state !== 'attempted')
      return rejected('id_conflict', `Revision ${revision} is ${state ?? 'not there'}, not attempted.`)
    accept().run(revision)
    setLive().run(revision, by?.by ?? null, by?.revertTo ?? null)
    for (const each of operation.along ?? []) note(each, now)
    return done
  }

  return (operation, now) => {
    switch (operation.kind) {
      case 'put_revision': {
        const { parent, hash, who, message, files } = operation.revision
        const { lastInsertRowid } = put().run(parent, hash, who, now, message, JSON.stringify(files))
        return { status: 'revision', revision: Number(lastInsertRowid), at: now }
      }
      case 'set_live_revision':
        return becomeLive(operation, now)
      case 'refuse_revision':
        return refuse().run(operation.reason, operation.revision).changes === 0
          ? rejected('id_conflict', `Revision ${operation.revision} is no attempt.`)
          : done
      case 'confirm_revision':
        return confirm().run(operation.revision).changes === 0
          ? rejected('not_found', `Revision ${operation.revision} waits for no confirm.`)
          : done
      default:
        note(operation, now)
        return done
    }
  }
}

function liveOf(row: Row): LiveRevision {
  const revision = int(row, 'revision')
  return row['confirm_by'] === null
    ? { revision }
    : { revision, confirm: { by: int(row, 'confirm_by'), revertTo: int(row, 'revert_to') } }
}

function revisionOf(row: Row): RevisionRecord {
  const reason = textOrNull(row, 'reason')
  return {
    revision: int(row, 'revision'),
    parent: int(row, 'parent'),
    hash: text(row, 'hash'),
    who: text(row, 'who'),
    at: int(row, 'at'),
    message: text(row, 'message'),
    // Written by `put_revision` above.
    files: JSON.parse(text(row, 'files')) as RevisionRecord['files'],
    state: stateOf(text(row, 'state')),
    ...(reason === null ? {} : { reason }),
  }
}

function auditOf(row: Row): AuditRecord {
  return {
    at: int(row, 'at'),
    who: text(row, 'who'),
    action: actionOf(text(row, 'action')),
    revision: int(row, 'revision'),
    ok: int(row, 'ok') === 1,
    detail: text(row, 'detail'),
  }
}

function stateOf(value: string): RevisionRecord['state'] {
  return value === 'accepted' || value === 'refused' ? value : 'attempted'
}

function actionOf(value: string): AuditRecord['action'] {
  const known = auditActions.find((action) => action === value)
  if (known === undefined)
    throw new TypeError(`Column action holds ${value}, which is none of ${auditActions.join(', ')}.`)
  return known
}
