import { parseArgs } from 'node:util'
import { KfError } from '../../src/core/errors.ts'
import { didYouMean } from '../../src/core/suggest.ts'
import type { Options } from './claim.ts'

export type Arguments = {
  /** In the order to run; one, or every claim. */
  readonly names: readonly string[]
  readonly all: boolean
  readonly json: boolean
  readonly repeat: number | undefined
  /** Where results go; undefined: nowhere. */
  readonly out: string | undefined
  readonly options: Options
}

/** Reads `NAME [--json] [--repeat N] [--sockets N,…] [--seconds S] [--quick] [--out DIR]`. Throws `usage`. */
export function readArguments(argv: readonly string[], known: readonly string[]): Arguments {
  const { values, positionals } = parsed(argv)
  const [name, ...rest] = positionals
  const hint = `npm run bench -- NAME, one of: ${known.join(', ')}, all`
  if (name === undefined) throw new KfError('usage', 'which claim is to be measured?', { hint })
  if (rest.length > 0) throw new KfError('usage', `one name at a time, not also ${rest.join(', ')}`, { hint })
  if (name !== 'all' && !known.includes(name)) {
    const meant = didYouMean(name, [...known, 'all'])
    throw new KfError('usage', `no claim is called ${name}`, {
      hint: meant === undefined ? hint : `did you mean ${meant}?`,
    })
  }
  const quick = values.quick === true
  return {
    names: name === 'all' ? known : [name],
    all: name === 'all',
    json: values.json === true,
    repeat: values.repeat === undefined ? undefined : whole('--repeat', values.repeat, 1, 1_000),
    out: values.out ?? (quick ? undefined : 'reports'),
    options: {
      quick,
      sockets: values.sockets?.split(',').map((part) => whole('--sockets', part, 1, 1_000_000)),
      seconds: values.seconds === undefined ? undefined : whole('--seconds', values.seconds, 1, 3_600),
    },
  }
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        json: { type: 'boolean' },
        quick: { type: 'boolean' },
        repeat: { type: 'string' },
        sockets: { type: 'string' },
        seconds: { type: 'string' },
        out: { type: 'string' },
      },
    })
  } catch (error) {
    throw new KfError('usage', error instanceof Error ? error.message : String(error), { cause: error })
  }
}

function whole(flag: string, text: string, min: number, max: number): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw new KfError('usage', `${flag} ${text}: a whole number from ${min} to ${max} is needed`)
}
