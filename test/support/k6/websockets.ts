import { WebSocket as Client } from 'ws'
import { shim } from './runtime.ts'

type Params = { readonly headers?: Readonly<Record<string, string>> }

/** `k6/websockets` over `ws`. As documented, the protocols argument does nothing: only a header offers a subprotocol. */
export class WebSocket {
  onopen: () => void = () => {}
  onmessage: (event: { readonly data: string }) => void = () => {}
  onerror: (event: { readonly error: string }) => void = () => {}
  onclose: () => void = () => {}
  readonly url: string
  readonly #client: Client

  constructor(url: string, _protocols: unknown, params: Params = {}) {
    this.url = url
    const { 'Sec-WebSocket-Protocol': protocol, ...headers } = params.headers ?? {}
    this.#client = new Client(url, protocol === undefined ? [] : [protocol], {
      headers,
      perMessageDeflate: false,
    })
    const { sockets } = shim()
    sockets.add(this.#client)
    this.#client.on('open', () => {
      this.onopen()
    })
    this.#client.on('message', (data: Buffer) => {
      this.onmessage({ data: data.toString() })
    })
    this.#client.on('error', (error) => {
      this.onerror({ error: error.message })
    })
    this.#client.on('close', () => {
      sockets.delete(this.#client)
      this.onclose()
    })
  }

  get readyState(): number {
    return this.#client.readyState
  }

  send(data: string): void {
    if (this.#client.readyState !== Client.OPEN) throw new Error('the socket is not open')
    this.#client.send(data)
  }

  close(code?: number): void {
    this.#client.close(code)
  }
}
