import { KfError } from '../../../core/errors.ts'
import type { Side } from '../fault.ts'

/** Throws `unknown_side`. */
export function sideNamed(name: string): Side {
  if (name === 'visitors' || name === 'agents') return name
  throw new KfError('unknown_side', `there is no side ${JSON.stringify(name)}: visitors, agents`, {
    params: { name },
  })
}
