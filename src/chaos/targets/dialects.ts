import { KfError } from '../../core/errors.ts'
import { echoDialect, relayDialect } from './bare-dialects.ts'
import type { Dialect } from './dialect.ts'
import { kfDialect } from './kf-dialect.ts'
import { importAdapter } from './load-adapter.ts'

const builtIn: readonly Dialect[] = [kfDialect, echoDialect, relayDialect]

/** The dialect that a generator is told by `Target.dialect`: one of kf's own by name, or an adapter's by its file URL. */
export async function loadDialect(source: string): Promise<Dialect> {
  const known = builtIn.find((dialect) => dialect.name === source)
  if (known !== undefined) return known
  if (!source.startsWith('file:')) {
    throw new KfError('adapter', `no dialect "${source}": kf, echo, relay or a file URL is needed`)
  }
  return (await importAdapter(source)).dialect
}
