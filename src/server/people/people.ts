import { addAgent, listAgents, resetPassword } from './agents.ts'
import { ensureBench } from './bench.ts'
import { bootstrap } from './bootstrap.ts'
import type { AdminCall, AdminResults } from './calls.ts'
import { cleanBench } from './clean.ts'
import type { PeopleDeps, PeopleStore } from './deps.ts'

/**
 * Carries out one administrative call on the store: in the writer for a running node, in the CLI itself (under the lock of
 * the data folder) for a stopped one. Throws `KfError`.
 */
export async function carryOut(
  store: PeopleStore,
  deps: PeopleDeps,
  call: AdminCall,
): Promise<AdminResults[AdminCall['call']]> {
  switch (call.call) {
    case 'bootstrap':
      return bootstrap(store, deps)
    case 'agents.list':
      return listAgents(store, call.args)
    case 'agents.add':
      return addAgent(store, deps, call.args)
    case 'agents.reset_password':
      return resetPassword(store, deps, call.args)
    case 'bench':
      return ensureBench(store, deps, call.args)
    case 'bench.clean':
      return cleanBench(store, deps)
  }
}
