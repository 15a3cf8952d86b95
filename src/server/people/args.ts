import { KfError } from '../../core/errors.ts'
import { didYouMean } from '../../core/suggest.ts'
import type { AddAgentArgs, BenchArgs } from './calls.ts'

/** Bounds of what an administrator may ask for. */
export const peopleBounds = {
  loginChars: 64,
  nameChars: 80,
  capacity: { min: 1, max: 1000 },
  benchAgents: { min: 1, max: 5000 },
} as const

const roles = ['owner', 'supervisor', 'agent'] as const

/** Reads the arguments of `agents.add` from JSON or flags. Throws `bad_request` naming the field, its value and the bound. */
export function readAddAgent(input: unknown): AddAgentArgs {
  const fields = readObject(input, ['login', 'name', 'capacity', 'role', 'site'])
  const login = readText(fields, 'login', peopleBounds.loginChars)
  if (login === undefined) throw bad('login', 'is missing', 'give the name to log in with')
  if (!/^[\p{L}\p{N}][\p{L}\p{N}._@-]*$/u.test(login)) {
    throw bad(
      'login',
      `${JSON.stringify(login)} has other characters than letters, digits and . _ @ -`,
      'leave them out',
    )
  }
  const name = readText(fields, 'name', peopleBounds.nameChars)
  const capacity = readWhole(fields, 'capacity', peopleBounds.capacity)
  const role = roles.find((known) => known === fields['role'])
  if (fields['role'] !== undefined && role === undefined) {
    throw bad('role', `${JSON.stringify(fields['role'])} is not a role`, `one of ${roles.join(', ')}`)
  }
  const site = readText(fields, 'site', 64)
  return {
    login,
    ...(name === undefined ? {} : { name }),
    ...(capacity === undefined ? {} : { capacity }),
    ...(role === undefined ? {} : { role }),
    ...(site === undefined ? {} : { site }),
  }
}

/** Reads the arguments of `bench`. Throws `bad_request`. */
export function readBench(input: unknown): BenchArgs {
  const fields = readObject(input, ['agents', 'capacity'])
  const agents = readWhole(fields, 'agents', peopleBounds.benchAgents)
  const capacity = readWhole(fields, 'capacity', { min: 1, max: 1_000_000 })
  if (agents === undefined) throw bad('agents', 'is missing', 'say how many agents the test needs')
  if (capacity === undefined)
    throw bad('capacity', 'is missing', 'say how many conversations each agent takes')
  return { agents, capacity }
}

function readObject(input: unknown, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw bad('body', 'is not a JSON object', `send an object with ${known.join(', ')}`)
  }
  const fields: Record<string, unknown> = Object.create(null) as Record<string, unknown>
  for (const [key, value] of Object.entries(input)) {
    if (!known.includes(key)) {
      const meant = didYouMean(key, known)
      throw bad(
        key,
        'is an unknown field',
        meant === undefined ? `known are ${known.join(', ')}` : `did you mean ${meant}?`,
      )
    }
    fields[key] = value
  }
  return fields
}

function readText(
  fields: Readonly<Record<string, unknown>>,
  key: string,
  maxChars: number,
): string | undefined {
  const value = fields[key]
  if (value === undefined) return undefined
  if (typeof value !== 'string') throw bad(key, 'is not a string', 'write it in quotes')
  const text = value.trim()
  const length = Array.from(text).length
  if (length >= 1 && length <= maxChars) return text
  throw bad(key, `has ${length} characters`, `1 to ${maxChars} are allowed`)
}

function readWhole(
  fields: Readonly<Record<string, unknown>>,
  key: string,
  bounds: { readonly min: number; readonly max: number },
): number | undefined {
  const value = fields[key]
  if (value === undefined) return undefined
  if (typeof value === 'number' && Number.isInteger(value) && value >= bounds.min && value <= bounds.max)
    return value
  throw bad(
    key,
    `${JSON.stringify(value)} is out of bounds`,
    `a whole number from ${bounds.min} to ${bounds.max}`,
  )
}

function bad(field: string, what: string, fix: string): KfError {
  return new KfError('bad_request', `${field} ${what}`, { hint: fix })
}
