import { shim } from './runtime.ts'

/** `k6/data`: made once by name, shared by all VUs, and read-only. */
export function SharedArray(name: string, make: () => readonly unknown[]): readonly unknown[] {
  const { arrays } = shim()
  const known = arrays.get(name)
  if (known !== undefined) return known
  const made = make()
  if (!Array.isArray(made)) throw new TypeError('only arrays can be made into SharedArray')
  const frozen = Object.freeze(structuredClone(made))
  arrays.set(name, frozen)
  return frozen
}
