import { expect, test } from 'vitest'
import { KfError } from '../../core/errors.ts'
import { sizeUp, type Wanted } from './preflight.ts'

const wanted: Wanted = {
  visitors: 20_000,
  agents: 400,
  messages: 1e6,
  workers: undefined,
  generators: undefined,
  ownServer: true,
}
const found = { descriptors: 20_000, memory: 16 * 2 ** 30 }

function refusal(changes: Partial<Wanted>, facilities = found): string {
  try {
    sizeUp({ ...wanted, ...changes }, facilities)
  } catch (error) {
    if (error instanceof KfError) return `${error.code}: ${error.message}; ${error.hint ?? ''}`
  }
  return 'no refusal'
}

test('as many processes as descriptors ask for, no more', () => {
  expect(sizeUp(wanted, found)).toEqual({ workers: 2, generators: 2 })
  expect(sizeUp({ ...wanted, visitors: 10_000, agents: 200 }, found)).toEqual({ workers: 1, generators: 1 })
  expect(sizeUp(wanted, { ...found, descriptors: 1_000_000 })).toEqual({ workers: 1, generators: 1 })
})

test('a generator numbers 16 million messages, so more of them take more generators', () => {
  expect(sizeUp({ ...wanted, visitors: 1_000, agents: 20, messages: 4e7 }, found).generators).toBe(3)
})

test('numbers given by the operator are kept where they are enough, and refused where they are not', () => {
  expect(sizeUp({ ...wanted, workers: 4, generators: 3 }, found)).toEqual({ workers: 4, generators: 3 })
  expect(refusal({ generators: 1 })).toBe(
    'preflight: --generators 1: 20400 connections need 2 processes, since each may open 20000 descriptors; --generators 2, or raise the limit: ulimit -n 22940',
  )
  expect(refusal({ workers: 1 })).toMatch(/^preflight: --workers 1: 20400 connections need 2 processes/)
  expect(sizeUp({ ...wanted, workers: 1, ownServer: false }, found).workers).toBe(1)
})

test('too little memory or too few descriptors are refused before anything starts', () => {
  expect(refusal({}, { ...found, memory: 2 ** 30 })).toBe(
    'preflight: 20400 connections need about 1,275 MiB; 1,024 MiB are available; lower --concurrency or free memory',
  )
  expect(refusal({}, { ...found, descriptors: 256 })).toBe(
    'preflight: a process may open 256 descriptors, too few for any load; ulimit -n 65536',
  )
})
