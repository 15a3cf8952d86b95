import { afterEach, beforeEach, describe } from 'vitest'
import { describeDesk } from './conformance/desk.ts'
import { describeErase } from './conformance/erase.ts'
import { describeMessages } from './conformance/messages.ts'
import { describePacked } from './conformance/packed.ts'
import { describeReads } from './conformance/reads.ts'
import { describeRevisions } from './conformance/revisions.ts'
import { type OpenPlace, World } from './conformance/world.ts'

/** The store contract as tests: every implementation passes all of it. */
export function describeStore(name: string, openPlace: OpenPlace): void {
  describe(`the store contract, ${name}`, () => {
    let world: World
    beforeEach(async () => {
      world = await World.create(openPlace)
    })
    afterEach(() => world.end())

    describe('messages', () => {
      describeMessages(() => world)
    })
    describe('messages by handles', () => {
      describePacked(() => world)
    })
    describe('desk', () => {
      describeDesk(() => world)
    })
    describe('erasing a site', () => {
      describeErase(() => world)
    })
    describe('revisions', () => {
      describeRevisions(() => world)
    })
    describe('reads', () => {
      describeReads(() => world)
    })
  })
}
