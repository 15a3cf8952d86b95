import { expect } from 'vitest'
import { type Client, connect, lastSummary } from './client.ts'
import type { BenchSite, TestNode } from './node.ts'

/** A visitor and an agent who talk all the time while a test does its worst to the same node. */
export type Bystanders = {
  /** Ends their talk; fails when they noticed anything, or when a process of the node was replaced. */
  readonly wereUndisturbed: () => Promise<void>
}

/** `agent` is the bench site's agent of that number; it should be the only one online when this is called. */
export async function startBystanders(node: TestNode, bench: BenchSite, agent = 0): Promise<Bystanders> {
  const { pids } = node
  const alice = await connect(node.wsUrl, { token: bench.agents[agent]?.token ?? '' })
  const visitor = await connect(node.wsUrl, { site: bench.site.key })
  const { conversation } = await visitor.say('第 0 条')
  await alice.next('conversation', (frame) => frame.conversation.id === conversation)
  const { epoch } = lastSummary(alice, conversation)
  let talking = true
  let rounds = 0

  const talk = async (): Promise<void> => {
    while (talking) {
      rounds++
      const { seq } = await visitor.say(`第 ${rounds} 条`, { conversation })
      await alice.next('message', (message) => message.conversation === conversation && message.seq === seq)
      const answer = await alice.say(`answer ${rounds}`, { conversation, epoch })
      await visitor.next('message', (message) => message.seq === answer.seq)
    }
  }
  const talked = talk()
  // Rejections are seen when the talk is over, not before.
  talked.catch(() => undefined)

  return {
    wereUndisturbed: async () => {
      talking = false
      await talked
      expect(rounds).toBeGreaterThan(0)
      expect([...visitor.all('error'), ...alice.all('error')]).toEqual([])
      expect(seqsOf(visitor, conversation)).toEqual(Array.from({ length: 2 * rounds + 2 }, (_, i) => i + 1))
      expect(node.pids).toEqual(pids)
      for (const client of [visitor, alice]) client.terminate()
    },
  }
}

/** What a client holds of a public stream: messages, and own ones by their acks. */
function seqsOf(client: Client, conversation: string): number[] {
  const acks = client.all('ack').filter((ack) => ack.conversation === conversation)
  return [...client.messages(conversation), ...acks].map(({ seq }) => seq).sort((a, b) => a - b)
}
