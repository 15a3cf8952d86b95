import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { processFacts } from '../src/chaos/fault/proc.ts'
import { proofOf, type Scene, scene } from '../src/chaos/fault/process/fault-in-test.ts'
import type { TopologyNode } from '../src/chaos/topology/topology.ts'
import { uuidv7 } from '../src/core/ids.ts'
import { type Client, connect } from './support/client.ts'
import { waitUntil } from './support/wait.ts'

/** Each fault on a real node, under a visitor that says something all the time: it fires, it heals, and no ack is lost. */
const canTrace = spawnSync('strace', ['-f', '-o', '/dev/null', '-e', 'trace=none', 'true']).status === 0
const canSkew = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1').length > 0

let stage: Scene
let node: TopologyNode
let talk: Talk
beforeAll(async () => {
  stage = await scene()
  const [first] = stage.topology.nodes
  if (first === undefined) throw new Error('no node')
  node = first
  talk = talking(stage)
})
afterAll(async () => {
  await talk.end()
  await stage.end()
})

type Talk = {
  readonly acked: () => readonly string[]
  readonly refused: () => number
  readonly end: () => Promise<void>
}

/** One visitor that sends, and connects again when it was cut. */
function talking({ topology }: Scene): Talk {
  const acked: string[] = []
  let refused = 0
  let over = false
  let client: Client | undefined
  let visitor: string | undefined
  const run = async (): Promise<void> => {
    while (!over) {
      const id = uuidv7(Date.now())
      try {
        client ??= await connect(topology.addressFor('visitors', 'node'), {
          site: topology.site,
          ...(visitor === undefined ? {} : { token: visitor }),
        })
        visitor ??= client.welcome.token
        const answer = await Promise.race([client.say('在吗？', { id }), client.closed.then(() => undefined)])
        if (answer === undefined) client = undefined
        else acked.push(id)
      } catch {
        refused++
        client?.terminate()
        client = undefined
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
    client?.terminate()
  }
  const running = run()
  return {
    acked: () => acked,
    refused: () => refused,
    end: async () => {
      over = true
      client?.terminate()
      await running
    },
  }
}

async function goesOn(): Promise<void> {
  const before = talk.acked().length
  await waitUntil('acks again', () => talk.acked().length > before + 2)
}

async function pids(): Promise<readonly (number | undefined)[]> {
  const now = await node.processes()
  return now === undefined ? [] : [now.supervisor, now.writer, ...now.workers.values()]
}

describe('faults on processes', () => {
  test('kill takes the whole node down, and it comes back at the same address', async () => {
    await goesOn()
    const before = await pids()
    const address = stage.topology.directAddress('node')
    const fault = await stage.inject('kill', { down: '10ms' })
    expect(await node.processes()).toBeUndefined()
    expect(await proofOf(fault)).toBe(`process ${before[0] ?? 0} is gone`)
    await fault.heal()
    expect(await node.ready()).toBe(true)
    expect(stage.topology.directAddress('node')).toBe(address)
    expect((await pids()).filter((pid) => before.includes(pid))).toEqual([])
    await goesOn()
  })

  test('healing twice, or a node that another fault has started already, changes nothing', async () => {
    const one = await stage.inject('kill', { down: '0s' })
    await expect(stage.inject('kill')).rejects.toMatchObject({ code: 'not_running' })
    await Promise.all([one.heal(), one.heal()])
    const after = await pids()
    await one.heal()
    expect(await pids()).toEqual(after)
    await goesOn()
  })

  test('restart is an orderly end', async () => {
    const [supervisor] = await pids()
    const fault = await stage.inject('restart')
    expect(await proofOf(fault)).toBe(`process ${supervisor ?? 0} has ended`)
    await fault.heal()
    await goesOn()
  })

  test('worker_kill and writer_kill take one process, which is replaced; numbers stay', async () => {
    const before = await node.processes()
    const worker = await stage.inject('worker_kill', { worker: 1 })
    expect(await proofOf(worker)).toBe(`worker 1, process ${before?.workers.get(1) ?? 0}, is gone`)
    await worker.heal()
    const between = await node.processes()
    expect(between?.supervisor).toBe(before?.supervisor)
    expect(between?.workers.get(0)).toBe(before?.workers.get(0))
    expect(between?.workers.get(1)).not.toBe(before?.workers.get(1))

    const writer = await stage.inject('writer_kill')
    expect(await proofOf(writer)).toBe(`writer, process ${before?.writer ?? 0}, is gone`)
    await writer.heal()
    expect((await node.processes())?.writer).not.toBe(before?.writer)
    await goesOn()
  })

  test('pause stops every process, with its undo step first, and lets it go on', async () => {
    const all = await pids()
    const fault = await stage.inject('pause')
    expect(stage.open.map((step) => [step.do, 'pid' in step ? step.pid : 0])).toEqual(
      all.map((pid) => ['continue', pid]),
    )
    expect(await proofOf(fault)).toBe(`state T: ${all.join(', ')}`)
    await fault.heal()
    expect(stage.open).toEqual([])
    expect(all.map((pid) => processFacts(pid ?? 0)?.state)).not.toContain('T')
    await goesOn()
  })

  test('config_push has another value in effect in every process, and takes it back', async () => {
    const fault = await stage.inject('config_push')
    expect(await proofOf(fault)).toMatch(/^revision \d+, heartbeat.every 1\ds, in 3 processes$/)
    await fault.heal()
    expect(await fault.verify()).toBeUndefined()
    await goesOn()
  })

  test('a node that there is not is named with the nearest one', async () => {
    await expect(stage.inject('kill', {}, 'nod')).rejects.toMatchObject({
      code: 'unknown_node',
      message: 'there is no node "nod": node',
      hint: 'did you mean node?',
    })
  })

  test('the sample has memory, sessions and what waits', async () => {
    await waitUntil(
      'a session in the metrics',
      async () => ((await stage.topology.sample())?.connections ?? 0) >= 1,
    )
    const sample = await stage.topology.sample()
    expect(sample?.rssBytes).toBeGreaterThan(50_000_000)
    expect(sample?.queued).toBeGreaterThanOrEqual(0)
  })
})

describe.runIf(canTrace)('faults through strace', () => {
  test('kill_at_commit kills the writer within a sync', async () => {
    const before = await node.processes()
    const fault = await stage.inject('kill_at_commit', { nth: 3 })
    expect(stage.open).toMatchObject([{ do: 'kill', what: 'strace' }])
    expect(await proofOf(fault)).toBe(`writer, process ${before?.writer ?? 0}, was killed in its 3. sync`)
    await fault.heal()
    expect(stage.open).toEqual([])
    await goesOn()
  })

  test('disk_full: nothing is acked while it holds, and all goes on after', async () => {
    const fault = await stage.inject('disk_full')
    const proof = await proofOf(fault)
    expect(proof).toMatch(/^strace: \d+ calls got error=ENOSPC$/)
    const [acked, refused] = [talk.acked().length, talk.refused()]
    // The server gives a send ten seconds before it says that the store does not answer.
    await waitUntil('a refusal', () => talk.refused() > refused)
    // The one that was under way when it began may have been committed before.
    expect(talk.acked().length - acked).toBeLessThanOrEqual(1)
    await fault.heal()
    await goesOn()
  })

  test('fsync_error: the node gives up rather than trust a second sync, and is started anew', async () => {
    const before = await pids()
    const fault = await stage.inject('fsync_error')
    expect(await proofOf(fault)).toMatch(/^strace: \d+ calls got error=EIO$/)
    await waitUntil('the end of its writer', async () => (await node.processes())?.writer === undefined)
    await fault.heal()
    expect((await pids())[0]).not.toBe(before[0])
    await goesOn()
  })

  test('slow_fsync delays each sync', async () => {
    const fault = await stage.inject('slow_fsync', { delay: '30ms' })
    expect(await proofOf(fault)).toMatch(/^strace: \d+ calls got delay_enter=30000$/)
    await fault.heal()
    await goesOn()
  })

  test('power_cut takes what was not synced, and the store comes back with all that was acked', async () => {
    const fault = await stage.inject('power_cut', { down: '0s' })
    const acked = talk.acked().length
    expect(await proofOf(fault)).toMatch(
      /^after \d+ syncs seen: kf.db cut from \d+ to \d+ bytes, \d+ wiped, kf.db-wal cut from \d+ to \d+ bytes, \d+ wiped$/,
    )
    await fault.heal()
    expect(acked).toBeGreaterThan(0)
    await goesOn()
  })

  test('no trace is left but in the folder of the run, and no process', async () => {
    const folder = dirname(node.dataFolder ?? '')
    expect(existsSync(folder)).toBe(true)
    expect(readdirSync(folder).filter((name) => name.startsWith('kf-chaos-trace-')).length).toBeGreaterThan(0)
    expect(stage.open).toEqual([])
  })
})

describe.runIf(canSkew)('faults through libfaketime', () => {
  test.each(['1h', '-1h'])('clock_skew by %s shows in what the node says, and is taken back', async (by) => {
    const fault = await stage.inject('clock_skew', { by })
    expect(await proofOf(fault)).toBe(`the node's answers are dated ${by === '1h' ? '' : '-'}3600 s off`)
    await goesOn()
    await fault.heal()
    expect(await fault.verify()).toBeUndefined()
    await goesOn()
  })
})

describe('a program that is missing', () => {
  test('is said, with the way to get it', async () => {
    const path = process.env['PATH']
    process.env['PATH'] = '/nowhere'
    try {
      await expect(stage.inject('disk_full')).rejects.toMatchObject({
        code: 'strace_missing',
        hint: 'apt-get install strace',
      })
    } finally {
      process.env['PATH'] = path
    }
    expect(stage.open).toEqual([])
  })
})
