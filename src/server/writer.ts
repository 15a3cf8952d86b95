import { runRole } from './child-role.ts'
import { childExit } from './roles.ts'
import { startWriter } from './writer-app.ts'

runRole(async ({ data, run }) => {
  const app = await startWriter({
    data,
    run,
    broken: process.env['KF_BREAK'],
    warn: (message) => {
      process.stderr.write(`kf: writer: ${message}\n`)
    },
    storeFailed: (message) => {
      process.stderr.write(`kf: writer: ${message}\n`)
      process.exit(childExit.storeFailed)
    },
  })
  return { stats: app.stats, admin: app.call, stop: app.stop }
})
