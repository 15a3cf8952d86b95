import { afterEach, beforeEach, expect, test } from 'vitest'
import { CenterInTest, saying } from './center-in-test.ts'

let world: CenterInTest
beforeEach(async () => {
  world = await CenterInTest.start()
})
afterEach(() => world.end())

const live = async (): Promise<string | undefined> => (await world.everywhere())[0]

test('the first start makes revision 1 of what the disk holds', async () => {
  expect((await world.center.show()).live).toMatchObject({
    revision: 1,
    parent: 0,
    who: 'kf',
    message: 'the first start',
  })
  expect(await world.everywhere()).toEqual(['1 one', 'one', 'one', 'one'])
})

test('files that were not touched leave the live revision alone', async () => {
  await world.killAll()
  expect(await live()).toBe('1 one')
})

test('files that were not touched leave one that was pushed alone', async () => {
  await world.apply(saying('pushed'))
  await world.killAll()
  expect(await world.everywhere()).toEqual(['2 pushed', 'pushed', 'pushed', 'pushed'])
  expect(world.center.drift).toBeNull()
})

test('files edited while kf was down, with nothing pushed since, become a new revision', async () => {
  await world.killAll(saying('edited'))
  expect(await world.everywhere()).toEqual(['2 edited', 'edited', 'edited', 'edited'])
  expect((await world.center.show()).live).toMatchObject({
    who: 'kf',
    message: 'the files were edited while kf was down',
  })
})

test('where both changed the live one stays, and readiness carries the drift with its command', async () => {
  await world.apply(saying('pushed'))
  await world.killAll(saying('edited'))
  expect(await world.everywhere()).toEqual(['2 pushed', 'pushed', 'pushed', 'pushed'])
  expect(world.center.drift).toEqual({ files: ['server.toml'], command: 'kf config diff' })
  await world.killAll()
  expect(world.center.drift).not.toBeNull()
  await world.apply(saying('edited'))
  expect(world.center.drift).toBeNull()
})

test('a push of what the disk holds is a new base: an edit after it becomes a revision', async () => {
  world.disk = saying('two')
  await world.apply(saying('two'))
  await world.killAll(saying('three'))
  expect(await live()).toBe('3 three')
  expect(world.center.drift).toBeNull()
})

test('files that were brought in line with the live revision are a new base, too', async () => {
  await world.apply(saying('pushed'))
  await world.killAll(saying('pushed'))
  expect(await live()).toBe('2 pushed')
  await world.killAll(saying('edited'))
  expect(await live()).toBe('3 edited')
})

test('the drift is said in the log, and ends when the files are brought in line while kf runs: then they are a base again', async () => {
  await world.apply(saying('pushed'))
  await world.killAll({ ...saying('edited'), 'ratelimit.toml': '' })
  expect(world.log.at(-1)).toBe(
    'revision 2 stays live; files on the disk differ from it: ratelimit.toml, server.toml (kf config diff)',
  )
  world.disk = saying('edited')
  await world.center.tick()
  expect(world.center.drift?.files).toEqual(['server.toml'])
  world.disk = saying('pushed')
  expect((await world.center.show()).drift).toBeNull()
  await world.killAll(saying('edited again'))
  expect(await live()).toBe('3 edited again')
})
