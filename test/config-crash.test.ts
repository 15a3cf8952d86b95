import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runKf } from './support/cli.ts'
import { admin, push, revisionsInEffect } from './support/config.ts'
import { freshFolder, removeFolder, startNode, type TestNode } from './support/node.ts'
import { waitUntil } from './support/wait.ts'

/**
 * A process, or the whole server, ends at each step of a change: on return there is exactly one live revision, the same everywhere.
 * The steps are break points of the source (`KF_BREAK=config:PROCESS:POINT`): there the process kills itself.
 */
type Step = {
  readonly process: 'supervisor' | 'writer' | 'worker'
  readonly point: string
  readonly live: 1 | 2
}

const steps: readonly Step[] = [
  { process: 'supervisor', point: 'attempted', live: 1 },
  { process: 'supervisor', point: 'prepared', live: 1 },
  { process: 'supervisor', point: 'decided', live: 2 },
  { process: 'supervisor', point: 'told', live: 2 },
  { process: 'writer', point: 'attempt', live: 1 },
  { process: 'writer', point: 'attempted', live: 1 },
  { process: 'writer', point: 'prepare', live: 1 },
  { process: 'writer', point: 'prepared', live: 1 },
  { process: 'writer', point: 'decide', live: 1 },
  { process: 'writer', point: 'decided', live: 2 },
  { process: 'writer', point: 'commit', live: 2 },
  { process: 'writer', point: 'committed', live: 2 },
  { process: 'worker', point: 'prepare', live: 1 },
  { process: 'worker', point: 'prepared', live: 1 },
  { process: 'worker', point: 'commit', live: 2 },
  { process: 'worker', point: 'committed', live: 2 },
]

let root: string
let node: TestNode | undefined
beforeEach(() => {
  root = freshFolder()
})
afterEach(async () => {
  await node?.stop()
  removeFolder(root)
})

function reasonOf({ point, process }: Step): RegExp {
  if (process === 'supervisor') return /^kf ended before the decision$/
  if (process === 'worker') return /^nobody changed: the worker 0 was killed by SIGKILL$/
  return point === 'decide'
    ? /^the writer ended before the decision was stored$/
    : /^(nobody changed: the writer was killed by SIGKILL|kf ended before the decision)$/
}

const files = { 'server.toml': '[heartbeat]\nevery = "20s"\n' }

describe('a process that dies within a change of the configuration', () => {
  test.each(steps)('$process at $point: one live revision everywhere, $live', async (step) => {
    const broken = await startNode({
      data: `${root}/data`,
      env: { KF_BREAK: `config:${step.process}:${step.point}` },
    })
    node = broken
    const answer = await push(broken, files).catch(() => undefined)
    if (step.process === 'supervisor') {
      expect(answer).toBeUndefined()
      await waitUntil('the end of the node', broken.exited)
      node = await startNode({ data: `${root}/data` })
    }
    const now = node
    await waitUntil('the node being ready', async () => (await fetch(new URL('readyz', now.admin))).ok)
    const { body } = await admin(now, 'GET', '/admin/config')
    expect(body).toMatchObject({ live: { revision: step.live, state: 'accepted', live: true } })
    await waitUntil('the same revision everywhere', async () => {
      const inEffect = await revisionsInEffect(now)
      return inEffect.length === 3 && inEffect.every((revision) => revision === step.live)
    })
    const history = await admin(now, 'GET', '/admin/config/history')
    const attempts = history.body['revisions'] as readonly {
      readonly state: string
      readonly live: boolean
      readonly revision: number
      readonly reason?: string
    }[]
    expect(attempts.filter(({ live }) => live)).toHaveLength(1)
    expect(attempts.filter(({ state }) => state === 'attempted')).toEqual([])
    // Where the attempt had its number, it stands in the history, and why nothing came of it.
    const attempt = attempts.find(({ revision }) => revision === 2)
    if (step.live === 2) expect(attempt).toMatchObject({ state: 'accepted', live: true })
    else if (step.point === 'attempt') expect(attempt).toBeUndefined()
    else
      expect(attempt).toMatchObject({
        state: 'refused',
        reason: expect.stringMatching(reasonOf(step)) as string,
      })
    if (step.process === 'supervisor' && step.point === 'prepared') {
      const shown = async (language: string) =>
        (await runKf(['config', 'history', '--data', now.data, '--lang', language], { cwd: root })).out
      expect(await shown('en')).toMatch(/^ +2 {2}\S+Z {2}admin +refused +kf ended before the decision$/m)
      expect(await shown('zh')).toMatch(/^ +2 {2}\S+Z {2}admin +被拒绝 +kf 在作出决定之前就结束了$/m)
    }
    if (step.point === 'attempt') {
      // The number was not taken: the next change would be cut short at the same place.
      await now.stop()
      node = await startNode({ data: `${root}/data` })
    }
    const next = await push(node, { 'server.toml': '[heartbeat]\nevery = "30s"\n' })
    expect(next).toMatchObject({ status: 200, body: { revision: { parent: step.live }, behind: [] } })
  })
})
