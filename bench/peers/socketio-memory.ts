import { socketIoDialect } from './socketio/dialect.ts'
import { socketIo } from './socketio/start.ts'

/** socket.io that numbers messages and keeps none. */
export const target = socketIo('memory')
export const dialect = socketIoDialect
