import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Program } from './kf.ts'
import { launcher } from './root.ts'

/** Milliseconds from the fork of `kf serve` to the line that says it is ready; it is stopped again. */
export async function readyMs(data: string, program: Program): Promise<number> {
  const addresses = ['--listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0']
  const started = performance.now()
  const child = spawn(process.execPath, [launcher, 'serve', '--json-ready', '--data', data, ...addresses], {
    env: { ...process.env, ...program },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const ended = once(child, 'exit')
  const [line] = (await Promise.race([once(child.stdout, 'data'), ended])) as [unknown]
  if (!Buffer.isBuffer(line)) throw new Error('kf serve ended before it was ready')
  const took = performance.now() - started
  child.kill('SIGTERM')
  await ended
  return took
}
