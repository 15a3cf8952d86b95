import type { Dialect } from './dialect.ts'
import { kfDialect } from './kf-dialect.ts'

const idAt = Buffer.byteLength('{"type":"send","id":"')

/** A bare echo: what comes back is the message itself, and that is its ack. The frames sent are kf's. */
export const echoDialect: Dialect = {
  ...kfDialect,
  name: 'echo',
  subprotocol: undefined,
  sequenced: false,
  delivers: false,
  opens: false,
  stores: false,
  hello: () => undefined,
  classify: (_bytes, start, _end, found) => {
    found.idAt = start + idAt
    found.seq = 0
    return 'ack'
  },
}

/** A bare relay speaks kf's frames, numbers nothing and stores nothing: an ack to the sender, the message to its agent. */
export const relayDialect: Dialect = {
  ...kfDialect,
  name: 'relay',
  subprotocol: undefined,
  sequenced: false,
  opens: false,
  stores: false,
}
