import { systemClock } from '../../src/core/clock.ts'
import { cryptoRandomBytes, uuidv7 } from '../../src/core/ids.ts'
import { openSqliteStore } from '../../src/server/storage/sqlite/open.ts'
import { type Append, hashBody, type Store } from '../../src/server/storage/store.ts'

/** 140 bytes, as people write. */
export const bodyText = '您好，我昨天买的外套还没有发货，订单号是 20480917，可以帮我查一下吗？谢谢'

const batch = 200

/** The embedded store as the writer opens it. */
export function freshStore(folder: string): Promise<Store> {
  return openSqliteStore({ folder, clock: systemClock, random: cryptoRandomBytes })
}

/** A visitor's message; without `conversation` it opens one. */
export function appendOf(visitor: number, conversation?: string): Append {
  const id = visitorId(visitor)
  const body = JSON.stringify({ kind: 'text', text: bodyText })
  return {
    kind: 'append',
    id: uuidv7(Date.now()),
    site: 'site',
    sender: { role: 'visitor', id },
    visitor: { id, site: 'site', tokenHash: 'hash' },
    stream: 'public',
    body,
    bodyHash: hashBody('public', body),
    ...(conversation === undefined ? {} : { conversation }),
  }
}

export function visitorId(visitor: number): string {
  return `visitor-${visitor}`
}

/** One conversation each for visitors 0 … `count` − 1; their ids. */
export async function openConversations(store: Store, count: number): Promise<readonly string[]> {
  const ids: string[] = []
  for (let from = 0; from < count; from += batch) {
    const operations = Array.from({ length: Math.min(batch, count - from) }, (_, i) => appendOf(from + i))
    for (const outcome of await store.commit(operations)) {
      if (outcome.status === 'stored') ids.push(outcome.conversation)
    }
  }
  return ids
}
