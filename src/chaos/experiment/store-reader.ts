import { KfError, messageOf } from '../../core/errors.ts'
import type { ConversationSummary, MessageInPage, StreamName } from '../../protocol/frames.ts'
import { isRecord } from '../targets/kf-admin.ts'

const answerWithinMs = 10_000
const tries = 20
const againMs = 250
const pageSize = 200

/** The store over REST, as an agent reads it. `base`: `http://host:port/`, past the proxies. */
export class StoreReader {
  readonly #base: string
  readonly #token: string

  constructor(base: string, token: string) {
    this.#base = base
    this.#token = token
  }

  /** Throws `read_back`. */
  async summary(conversation: string): Promise<Pick<ConversationSummary, 'state' | 'owner'>> {
    const answer = await this.#get(`conversations/${conversation}`)
    if (!isRecord(answer) || typeof answer['state'] !== 'string')
      throw new KfError('read_back', `the summary of ${conversation} has no state`)
    return answer as Pick<ConversationSummary, 'state' | 'owner'>
  }

  /** Every message of a stream in the order of the pages; returns the last page's head. Throws `read_back`. */
  async stream(
    conversation: string,
    stream: StreamName,
    take: (message: MessageInPage) => void,
  ): Promise<number> {
    for (let after = 0; ; ) {
      const path = `conversations/${conversation}/messages?stream=${stream}&after=${after}&limit=${pageSize}`
      const page = await this.#get(path)
      if (!isRecord(page) || !Array.isArray(page['messages']) || typeof page['head'] !== 'number')
        throw new KfError('read_back', `the answer of ${path} is no page`)
      const messages = page['messages'] as readonly MessageInPage[]
      for (const message of messages) take(message)
      const last = messages.at(-1)?.seq ?? after
      if (messages.length === 0 || last >= page['head']) return page['head']
      after = last
    }
  }

  async #get(path: string): Promise<unknown> {
    const url = `${this.#base}api/v1/${path}`
    let why = ''
    for (let n = 0; n < tries; n++) {
      try {
        const response = await fetch(url, {
          headers: { authorization: `Bearer ${this.#token}` },
          signal: AbortSignal.timeout(answerWithinMs),
        })
        if (response.ok) return await response.json()
        await response.body?.cancel()
        why = `status ${response.status}`
        if (response.status < 500 && response.status !== 429) break
      } catch (error) {
        why = messageOf(error)
      }
      await new Promise((resolve) => setTimeout(resolve, againMs))
    }
    throw new KfError('read_back', `GET ${url}: ${why}`)
  }
}
