import type { Identity } from '../bus/wire.ts'
import { createDeskInTest, type DeskInTest, type TestStore } from './desk-in-test.ts'

let names = 0

/** A name that no other test in this file uses. */
export function name(kind: string): string {
  return `${kind}${++names}`
}

/** A desk with so many agents, present and online. */
export async function withAgents(
  test: TestStore,
  count: number,
  capacity = 2,
): Promise<{ readonly at: DeskInTest; readonly agents: string[] }> {
  const at = await createDeskInTest(test)
  const agents = Array.from({ length: count }, () => name('agent'))
  for (const agent of agents) await at.addAgent(agent, { capacity })
  come(at, ...agents)
  return { at, agents }
}

/** They have a session on worker 1 from now on. */
export function come(at: DeskInTest, ...agents: readonly string[]): void {
  at.presence().up(
    1,
    agents.map((id): Identity => ({ id, role: 'agent', site: at.site })),
  )
}

export function ownerOf(at: DeskInTest, conversation: string): string | null {
  return at.record(conversation).owner
}
