import { fileURLToPath } from 'node:url'
import { runRole } from './child-role.ts'
import { startWorker } from './worker-app.ts'

runRole((start, log) => startWorker(start, webFolder(), log))

// In a checkout this file is src/server/worker.ts, in a package dist/worker.js; the pages are built to dist/web.
function webFolder(): string {
  const source = import.meta.url.endsWith('.ts')
  return fileURLToPath(new URL(source ? '../../dist/web' : './web', import.meta.url))
}
