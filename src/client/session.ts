import type { Session, SessionOptions } from './contract.ts'

export * from './contract.ts'

/** A session that does nothing until `start()`. */
export declare function createSession(options: SessionOptions): Session
