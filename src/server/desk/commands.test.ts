import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { uuidv7 } from '../../core/ids.ts'
import { openTestStore, type TestStore, turn } from './desk-in-test.ts'
import { come, name, ownerOf, withAgents } from './people-in-test.ts'

let test: TestStore
beforeAll(async () => {
  test = await openTestStore()
})
afterAll(async () => {
  await test.close()
})

describe('desk: commands', () => {
  it('answers the retry of a finished command with the first answer, though the state has moved on', async () => {
    const { at, agents } = await withAgents(test, 2)
    const [a = '', b = ''] = agents
    await at.setStatus(b, 'away')
    const conversation = await at.send(name('visitor'))
    await at.quiet()
    const id = uuidv7(test.clock.now())
    const first = at.command(a, 'transfer', conversation, { id, to: b })
    await at.quiet()
    expect(await first).toMatchObject({ status: 'stored', epoch: 2, owner: b, previous: a })
    const closing = at.command(b, 'close', conversation)
    await at.quiet()
    await closing
    for (const epoch of [1, 3]) {
      const retry = at.command(a, 'transfer', conversation, { id, epoch, to: b })
      await at.quiet()
      expect(await retry).toMatchObject({ status: 'duplicate', epoch: 2, owner: b, seq: 3 })
    }
    at.stop()
  })

  it('answers both copies of a command that was sent twice at once', async () => {
    const { at, agents } = await withAgents(test, 1)
    const [agent = ''] = agents
    await at.setStatus(agent, 'away')
    const conversation = await at.send(name('visitor'))
    await at.quiet()
    const id = uuidv7(test.clock.now())
    const both = [
      at.command(agent, 'accept', conversation, { id }),
      at.command(agent, 'accept', conversation, { id, epoch: 0 }),
    ]
    await at.quiet()
    expect((await Promise.all(both)).map(({ status }) => status)).toEqual(['stored', 'duplicate'])
    at.stop()
  })

  it('lets one of two agents accept', async () => {
    const { at, agents } = await withAgents(test, 2)
    const [a = '', b = ''] = agents
    for (const agent of agents) await at.setStatus(agent, 'away')
    const conversation = await at.send(name('visitor'))
    await at.quiet()
    const both = [at.command(a, 'accept', conversation), at.command(b, 'accept', conversation)]
    await at.quiet()
    expect(await Promise.all(both)).toMatchObject([
      { status: 'stored', epoch: 1, owner: a },
      { status: 'rejected', code: 'stale_epoch' },
    ])
    at.stop()
  })

  it('waits for the assignment that is under way', async () => {
    const { at, agents } = await withAgents(test, 2)
    const [a = '', b = ''] = agents
    await at.setStatus(b, 'away')
    const conversation = await at.send(name('visitor'))
    const accept = at.command(b, 'accept', conversation)
    await turn()
    expect(at.waiting()).toBe(1)
    expect(await at.answered(accept)).toMatchObject({ status: 'rejected', code: 'stale_epoch' })
    expect(ownerOf(at, conversation)).toBe(a)
    at.stop()
  })

  it('does not offer a released conversation to the agent who released it for a minute', async () => {
    const { at, agents } = await withAgents(test, 1)
    const [agent = ''] = agents
    const conversation = await at.send(name('visitor'))
    await at.quiet()
    const release = at.command(agent, 'release', conversation)
    await at.quiet()
    expect(await release).toMatchObject({ status: 'stored', epoch: 2, owner: null })
    await at.pass(59_000)
    expect(ownerOf(at, conversation)).toBeNull()
    await at.pass(1_000)
    expect(ownerOf(at, conversation)).toBe(agent)
    at.stop()
  })

  it.each([
    ['accept by a full agent', 'at_capacity'],
    ['transfer to a full agent', 'at_capacity'],
    ['transfer to an agent of another site', 'agent_unavailable'],
    ['transfer to a disabled agent', 'agent_unavailable'],
    ['transfer to an agent who is gone', 'agent_unavailable'],
    ['transfer to an agent who is offline by its own word', 'agent_unavailable'],
    ['transfer by another than the owner', 'forbidden'],
    ['transfer to the owner itself', 'forbidden'],
    ['close by another than the owner', 'forbidden'],
    ['release under an old epoch', 'stale_epoch'],
    ['accept of an assigned conversation', 'forbidden'],
    ['close by an agent of another site', 'not_found'],
    ['close of what does not exist', 'not_found'],
    ['close by nobody of this server', 'forbidden'],
    ['close by a visitor', 'forbidden'],
  ])('refuses %s with %s', async (what, code) => {
    const { at, agents } = await withAgents(test, 2, 1)
    const [a = '', b = ''] = agents
    await at.pass(30_000)
    await at.setStatus(b, 'away')
    const held = await at.send(name('visitor'))
    await at.quiet()
    const queued = await at.send(name('visitor'))
    const stranger = name('stranger')
    await at.addAgent(stranger, { site: `${at.site}-other` })
    come(at, stranger)
    const command = async () => {
      switch (what) {
        case 'accept by a full agent':
          return at.command(a, 'accept', queued)
        case 'transfer to a full agent':
          void at.command(b, 'accept', queued)
          await at.quiet()
          return at.command(b, 'transfer', queued, { to: a })
        case 'transfer to an agent of another site':
          return at.command(a, 'transfer', held, { to: stranger })
        case 'transfer to a disabled agent':
          await at.addAgent(b, { disabled: true })
          return at.command(a, 'transfer', held, { to: b })
        case 'transfer to an agent who is gone':
          at.presence().down(1, [b])
          await at.pass(10_000)
          return at.command(a, 'transfer', held, { to: b })
        case 'transfer to an agent who is offline by its own word':
          await at.setStatus(b, 'offline')
          return at.command(a, 'transfer', held, { to: b })
        case 'transfer by another than the owner':
          return at.command(b, 'transfer', held, { to: b })
        case 'transfer to the owner itself':
          return at.command(a, 'transfer', held, { to: a })
        case 'close by another than the owner':
          return at.command(b, 'close', held)
        case 'release under an old epoch':
          return at.command(a, 'release', held, { epoch: 0 })
        case 'accept of an assigned conversation':
          return at.command(b, 'accept', held)
        case 'close by an agent of another site':
          return at.command(stranger, 'close', held)
        case 'close of what does not exist':
          return at.command(a, 'close', 'nothing', { epoch: 1 })
        case 'close by nobody of this server':
          return at.command('nobody', 'close', held)
        default:
          return at.desk().command({
            kind: 'command',
            command: 'close',
            id: uuidv7(test.clock.now()),
            conversation: held,
            epoch: 1,
            by: { role: 'visitor', id: a },
          })
      }
    }
    expect(await at.answered(command())).toMatchObject({ status: 'rejected', code })
    expect(at.record(held)).toMatchObject({ owner: a, epoch: 1 })
    at.stop()
  })
})
