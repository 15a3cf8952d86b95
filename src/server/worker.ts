import { fileURLToPath } from 'node:url'
import { runRole } from './child-role.ts'
import { readBreak } from './config/break.ts'
import { startWorker } from './worker-app.ts'

// In a checkout this file is src/server/worker.ts, in a package dist/worker.js; the pages are built to dist/web.
const source = import.meta.url.endsWith('.ts')

runRole((start, log, { snapshots }) =>
  startWorker(start, webFolder(), log, snapshots, readBreak(process.env['KF_BREAK'], source).broken),
)

function webFolder(): string {
  return fileURLToPath(new URL(source ? '../../dist/web' : './web', import.meta.url))
}
