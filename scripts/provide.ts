import type { Engine } from './engines.ts'

/** What provisioning does to the machine; injected, so that the decisions are tested without one. */
export type Machine = {
  /** May install Debian packages: root, and apt-get is there. */
  readonly canInstall: boolean
  /** A missing engine is a failure instead of a skip. */
  readonly strict: boolean
  readonly install: (packages: readonly string[]) => boolean
  readonly say: (line: string) => void
}

export type Provided = {
  /** Variables for the tests: one a missing engine, with the reason. */
  readonly skips: Readonly<Record<string, string>>
  readonly ok: boolean
}

/** Puts in place what the chosen tests need and is missing; says each step, and each skip with the command that ends it. */
export function provide(engines: readonly Engine[], paths: readonly string[], machine: Machine): Provided {
  const missing = engines.filter((engine) => isNeeded(engine, paths) && !engine.isPresent())
  if (missing.length === 0) return { skips: {}, ok: true }

  const packages = missing.flatMap((engine) => engine.packages)
  const command = `apt-get update && apt-get install -y ${packages.join(' ')}`
  if (machine.canInstall) {
    machine.say(`test: installing ${missing.map(({ name }) => name).join(', ')}: ${command}`)
    machine.install(packages)
  }
  const absent = missing.filter((engine) => !engine.isPresent())
  for (const { name, packages, neededBy } of absent) {
    machine.say(
      `test: ${machine.strict ? 'FAILED' : 'SKIP'}: ${name} is missing, ${neededBy.join(' and ')} left out; fix: as root, ` +
        `apt-get update && apt-get install -y ${packages.join(' ')}`,
    )
  }
  return {
    skips: Object.fromEntries(absent.map(({ skipVariable, name }) => [skipVariable, `${name} is missing`])),
    ok: absent.length === 0 || !machine.strict,
  }
}

/** All tests need all engines; named paths need those of the folders that they touch. */
function isNeeded({ neededBy }: Engine, paths: readonly string[]): boolean {
  if (paths.length === 0) return true
  return paths.some((path) => neededBy.some((folder) => path.startsWith(folder) || folder.startsWith(path)))
}
