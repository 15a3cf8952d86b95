import type { Claim } from './support/claim.ts'

/** Every claim by its name, in the order of `all`; a claim's module is loaded only when it is asked for. */
export const claims: Readonly<Record<string, () => Promise<Claim>>> = {
  capacity: async () => (await import('./capacity.ts')).capacity,
  pipeline: async () => (await import('./pipeline.ts')).pipeline,
  memory: async () => (await import('./memory.ts')).memory,
  commit: async () => (await import('./commit.ts')).commit,
  coldstart: async () => (await import('./coldstart.ts')).coldstart,
  build: async () => (await import('./build.ts')).build,
  parse: async () => (await import('./parse.ts')).parse,
  worth: async () => (await import('./worth.ts')).worth,
  'config-apply': async () => (await import('./config-apply.ts')).configApply,
  peers: async () => (await import('./peers.ts')).peers,
  checker: async () => (await import('./checker.ts')).checker,
  agreement: async () => (await import('./agreement.ts')).agreement,
}
