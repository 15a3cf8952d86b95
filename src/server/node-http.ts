import type * as http from 'node:http'
import { createRequire } from 'node:module'

/**
 * `createServer` of node:http, without an `import` of it. NOTE: an import of a built-in module reads every one of its exports, and
 * node:http's `WebSocket` is a getter that loads undici: 35 ms of CPU in each process (Node 26), a tenth of a cold start.
 */
export const { createServer } = createRequire(import.meta.url)('node:http') as typeof http
