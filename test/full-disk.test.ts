import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { uuidv7 } from '../src/core/ids.ts'
import { connect } from './support/client.ts'
import { freshFolder, removeFolder, startNode } from './support/node.ts'
import { waitUntil } from './support/wait.ts'

const undo: (() => unknown)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step()
})

/** A small disk of its own, or why this machine cannot have one. */
function smallDisk(at: string): string | undefined {
  try {
    mkdirSync(at)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', at], { stdio: 'pipe' })
    undo.push(() => execFileSync('umount', [at]))
    return undefined
  } catch (error) {
    return `a tmpfs cannot be mounted here: ${String(error)}`
  }
}

function fill(disk: string): () => void {
  const file = join(disk, 'filler')
  const { bavail, bsize } = statfsSync(disk)
  writeFileSync(file, Buffer.alloc(bavail * bsize))
  return () => {
    rmSync(file)
  }
}

test('a disk that runs full acks nothing, loses nothing, and kf goes on when there is room again', async (context) => {
  const root = freshFolder()
  undo.push(() => removeFolder(root))
  const disk = join(root, 'disk')
  const refused = smallDisk(disk)
  if (refused !== undefined) context.skip(refused)

  const node = await startNode({ data: join(disk, 'data') })
  undo.push(() => node.stop())
  const before = node.pids
  const visitor = await connect(node.wsUrl, { site: node.site.key })
  const first = await visitor.say('在吗？')

  const makeRoom = fill(disk)
  const id = uuidv7(Date.now())
  const body = { kind: 'text', text: '磁盘满了。'.repeat(1_000) }
  const send = (): void => {
    visitor.send({ type: 'send', id, conversation: first.conversation, body })
  }
  send()
  const error = await visitor.next('error', (frame) => frame.id === id)
  expect(error.code).toBe('unavailable')
  expect(visitor.all('ack').map((ack) => ack.id)).not.toContain(id)

  makeRoom()
  await waitUntil('the ack of the same message', async () => {
    send()
    const seen = visitor.frames.length
    await waitUntil('an answer', () => visitor.frames.length > seen)
    return visitor.all('ack').some((ack) => ack.id === id)
  })
  const seqs = new Set(
    visitor
      .all('ack')
      .filter((ack) => ack.id === id)
      .map((ack) => ack.seq),
  )
  expect([...seqs]).toEqual([2])
  expect(node.pids).toEqual(before)
  visitor.close()
})
