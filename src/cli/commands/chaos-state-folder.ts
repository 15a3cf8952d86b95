import { isAbsolute, join } from 'node:path'
import type { ToolHost } from '../../chaos/tools/locate.ts'

/** Where the lock and the undo logs of chaos runs lie: `$XDG_STATE_HOME/kf/chaos`, else `~/.local/state/kf/chaos`. */
export function stateFolder({ env, home }: Pick<ToolHost, 'env' | 'home'>): string {
  const xdg = env['XDG_STATE_HOME'] ?? ''
  return join(isAbsolute(xdg) ? xdg : join(home, '.local', 'state'), 'kf', 'chaos')
}
