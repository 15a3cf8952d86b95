/** What the harness reads of the process it runs in; the only module beside the forked entries that does. */
export const thisProcess = {
  pid: process.pid,
  hrtime: (): bigint => process.hrtime.bigint(),
  nodeVersion: process.versions.node,
} as const
