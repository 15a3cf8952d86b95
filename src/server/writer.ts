import { runRole } from './child-role.ts'
import { readBreak } from './config/break.ts'
import { liveView } from './config/live.ts'
import { childExit } from './roles.ts'
import { startWriter } from './writer-app.ts'

runRole(async ({ data, run }, log, { breakAt, snapshots }) => {
  const { broken, warning } = readBreak(process.env['KF_BREAK'], import.meta.url.endsWith('.ts'))
  if (warning !== undefined) log.warn({}, warning)
  const app = await startWriter({
    data,
    run,
    pipeline: liveView(() => snapshots.current().cluster.server.pipeline),
    breakAt,
    ...(broken === undefined ? {} : { broken }),
    warn: (message) => {
      log.warn({}, message)
    },
    storeFailed: (message) => {
      log.error({}, message)
      process.exit(childExit.storeFailed)
    },
  })
  return { stats: app.stats, report: app.report, admin: app.call, revisions: app.revisions, stop: app.stop }
})
