import { socketIoDialect } from './socketio/dialect.ts'
import { socketIo } from './socketio/start.ts'

/** socket.io that acknowledges a message once kf's own store has synced it, many in one commit. */
export const target = socketIo('durable')
export const dialect = socketIoDialect
