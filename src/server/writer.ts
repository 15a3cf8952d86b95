import { runRole } from './child-role.ts'
import { childExit } from './roles.ts'
import { startWriter } from './writer-app.ts'

runRole(async ({ data, run }, log) => {
  const app = await startWriter({
    data,
    run,
    broken: process.env['KF_BREAK'],
    warn: (message) => {
      log.warn({}, message)
    },
    storeFailed: (message) => {
      log.error({}, message)
      process.exit(childExit.storeFailed)
    },
  })
  return { stats: app.stats, admin: app.call, stop: app.stop }
})
