import { writeSync } from 'node:fs'
import { systemClock } from '../../../../core/clock.ts'
import { codeOf } from '../../../../core/errors.ts'
import { cryptoRandomBytes, uuidv7 } from '../../../../core/ids.ts'
import { readBreak } from '../../../config/break.ts'
import { textBody } from '../../conformance/world.ts'
import { type Append, hashBody } from '../../store.ts'
import { openSqliteStore } from '../open.ts'

/**
 * `node child.ts FOLDER recover`: acks what it finds in the store, and waits.
 * `node child.ts FOLDER BREAK`: commits batches and writes one line per batch after its commit, `ack ID …`, until it is killed.
 * A commit that fails is said, `failed CODE`; after the second `store_failed` it ends.
 */
const [, , folder = '', breakName = 'none'] = process.argv
const { broken } = readBreak(breakName, true)
const store = await openSqliteStore({
  folder,
  clock: systemClock,
  random: cryptoRandomBytes,
  ...(broken === undefined ? {} : { break: broken }),
})
say(`pid ${process.pid}`)
if (breakName === 'recover') {
  const found = store.replay(0, 1_000_000).map((message) => message.id)
  say(`ack ${found.join(' ')}`)
  await new Promise<never>(() => setInterval(() => undefined, 60_000))
}
for (let failures = 0; failures < 2; ) {
  const batch = Array.from({ length: 20 }, (_, i) => send(`v${i % 7}`))
  try {
    await store.commit(batch)
    say(`ack ${batch.map((operation) => operation.id).join(' ')}`)
  } catch (error) {
    say(`failed ${codeOf(error) ?? ''}`)
    if (codeOf(error) === 'store_failed') failures++
  }
}

function send(visitor: string): Append {
  // Two kilobytes: a few hundred batches pass several checkpoints.
  const body = textBody('断电'.repeat(350))
  return {
    kind: 'append',
    id: uuidv7(Date.now()),
    site: 'site',
    sender: { role: 'visitor', id: visitor },
    visitor: { id: visitor, site: 'site', tokenHash: 'hash' },
    stream: 'public',
    body,
    bodyHash: hashBody('public', body),
  }
}

function say(line: string): void {
  writeSync(1, `${line}\n`)
}
