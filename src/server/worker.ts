import { fileURLToPath } from 'node:url'
import { runRole } from './child-role.ts'
import { startWorker } from './worker-app.ts'

runRole(async (start) => {
  const name = `worker ${start.worker ?? 0}`
  const say = (fields: Readonly<Record<string, unknown>>, message: string): void => {
    const details = Object.entries(fields).map(([key, value]) => ` ${key}=${String(value)}`)
    process.stderr.write(`kf: ${name}: ${message}${details.join('')}\n`)
  }
  return await startWorker(start, webFolder(), { warn: say, error: say })
})

// In a checkout this file is src/server/worker.ts, in a package dist/worker.js; the pages are built to dist/web.
function webFolder(): string {
  const source = import.meta.url.endsWith('.ts')
  return fileURLToPath(new URL(source ? '../../dist/web' : './web', import.meta.url))
}
