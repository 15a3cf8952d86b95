import { realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { fileSystemOf } from '../../chaos/load/machine.ts'
import type { CliState } from '../state.ts'

/** How this kf starts a node of its own: the program and arguments that stand for `kf serve`, and where data folders go. */
export function ownNode(state: Pick<CliState, 'node' | 'cwd'>): {
  readonly serve: readonly string[]
  readonly dataRoot: string
} {
  const launcher = fileURLToPath(new URL('../../../bin/kf', import.meta.url))
  return { serve: [state.node.path, launcher, 'serve'], dataRoot: diskFolder(state.cwd) }
}

// The folder for temporary files is often in memory, where syncs are free: then the current folder.
function diskFolder(cwd: string): string {
  const temporary = realpathSync(tmpdir())
  const type = fileSystemOf(temporary)
  return type === 'tmpfs' || type === 'ramfs' ? realpathSync(cwd) : temporary
}
