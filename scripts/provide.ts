import type { Engine } from './engines.ts'

/** What provisioning does to the machine; injected, so that the decisions are tested without one. */
export type Machine = {
  /** May install Debian packages: root, and apt-get is there. */
  readonly canInstall: boolean
  /** May build tools: Go is there. */
  readonly canBuild: boolean
  /** A missing engine is a failure instead of a skip. */
  readonly strict: boolean
  readonly install: (packages: readonly string[]) => boolean
  /** `kf tools install TOOL`. */
  readonly build: (tool: string) => boolean
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

  const packaged = missing.filter(({ packages }) => packages.length > 0)
  if (packaged.length > 0 && machine.canInstall) {
    const packages = packaged.flatMap((engine) => engine.packages)
    machine.say(
      `test: installing ${packaged.map(({ name }) => name).join(', ')}: apt-get update && apt-get install -y ${packages.join(' ')}`,
    )
    machine.install(packages)
  }
  for (const { tool } of missing) {
    if (tool === undefined || !machine.canBuild) continue
    machine.say(`test: building ${tool}: kf tools install ${tool}`)
    machine.build(tool)
  }
  const absent = missing.filter((engine) => !engine.isPresent())
  for (const engine of absent) {
    machine.say(
      `test: ${machine.strict ? 'FAILED' : 'SKIP'}: ${engine.name} is missing, ${engine.neededBy.join(' and ')} left out; fix: ${fixOf(engine)}`,
    )
  }
  return {
    skips: Object.fromEntries(absent.map(({ skipVariable, name }) => [skipVariable, `${name} is missing`])),
    ok: absent.length === 0 || !machine.strict,
  }
}

function fixOf({ packages, tool }: Engine): string {
  return tool === undefined
    ? `as root, apt-get update && apt-get install -y ${packages.join(' ')}`
    : `install Go, then kf tools install ${tool}`
}

/** All tests need all engines; named paths need those of the folders that they touch. */
function isNeeded({ neededBy }: Engine, paths: readonly string[]): boolean {
  if (paths.length === 0) return true
  return paths.some((path) => neededBy.some((folder) => path.startsWith(folder) || folder.startsWith(path)))
}
