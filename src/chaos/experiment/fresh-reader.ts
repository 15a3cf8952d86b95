import { WebSocket } from 'ws'
import { KfError, messageOf } from '../../core/errors.ts'
import { decodeServerFrame } from '../../protocol/decode-server.ts'
import {
  type ClientFrame,
  type ConversationSummary,
  type Hello,
  type MessageInPage,
  type Page,
  type ServerFrame,
  type StreamName,
  subprotocol,
} from '../../protocol/frames.ts'

const answerWithinMs = 10_000
const tries = 20
const againMs = 250
const pageSize = 200

/** A reader with no past: raw frames, a new connection, nothing resumed and nothing clever in between. */
export class FreshReader {
  readonly conversations: ConversationSummary[] = []
  readonly #socket: WebSocket
  #take: ((frame: ServerFrame | KfError) => void) | undefined

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data: Buffer) => {
      const frame = decodeServerFrame(data.toString())
      if (frame !== undefined) this.#take?.(frame)
    })
    socket.on('error', () => {})
    socket.on('close', (code) => {
      this.#take?.(new KfError('read_back', `a fresh reader was closed with ${code}`))
    })
  }

  /** Resolves with the whole list of the caller's conversations read. Throws `read_back`. */
  static async open(address: string, hello: Omit<Hello, 'type'>): Promise<FreshReader> {
    const socket = new WebSocket(address, subprotocol, {
      perMessageDeflate: false,
      handshakeTimeout: answerWithinMs,
    })
    const reader = new FreshReader(socket)
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('open', resolve)
        socket.once('error', reject)
      })
      let list = await reader.#ask({ type: 'hello', ...hello }, (frame) => frame.type === 'welcome')
      for (;;) {
        if (list.type !== 'welcome' && list.type !== 'conversations') break
        reader.conversations.push(...list.conversations)
        if (list.next === undefined) break
        list = await reader.#ask(
          { type: 'conversations', next: list.next },
          ({ type }) => type === 'conversations',
        )
      }
      return reader
    } catch (error) {
      reader.close()
      throw error instanceof KfError
        ? error
        : new KfError('read_back', `no fresh reader at ${address}: ${messageOf(error)}`, { cause: error })
    }
  }

  /** Every message of a stream in the order of the pages; returns the last page's head. Throws `read_back`. */
  async stream(
    conversation: string,
    stream: StreamName,
    take: (message: MessageInPage) => void,
  ): Promise<number> {
    for (let after = 0; ; ) {
      const page = await this.#page(conversation, stream, after)
      for (const message of page.messages) take(message)
      const last = page.messages.at(-1)?.seq ?? after
      if (page.messages.length === 0 || last >= page.head) return page.head
      after = last
    }
  }

  close(): void {
    this.#take = undefined
    this.#socket.terminate()
  }

  async #page(conversation: string, stream: StreamName, after: number): Promise<Page> {
    const wanted = (frame: ServerFrame): boolean =>
      frame.type === 'page' &&
      frame.conversation === conversation &&
      frame.stream === stream &&
      frame.after === after
    for (let n = 0; n < tries; n++) {
      const request = { type: 'history', conversation, stream, after, limit: pageSize } as const
      const frame = await this.#ask(request, (answer) => wanted(answer) || answer.type === 'error')
      if (frame.type === 'page') return frame
      await new Promise((resolve) => setTimeout(resolve, againMs))
    }
    throw new KfError('read_back', `${conversation}/${stream} after ${after} was refused ${tries} times`)
  }

  #ask(frame: ClientFrame, fits: (frame: ServerFrame) => boolean): Promise<ServerFrame> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer)
        this.#take = undefined
      }
      const timer = setTimeout(() => {
        settle()
        reject(new KfError('read_back', `no answer to ${frame.type} within ${answerWithinMs} ms`))
      }, answerWithinMs)
      this.#take = (answer) => {
        if (answer instanceof KfError) {
          settle()
          reject(answer)
        } else if (fits(answer)) {
          settle()
          resolve(answer)
        }
      }
      this.#socket.send(JSON.stringify(frame))
    })
  }
}
