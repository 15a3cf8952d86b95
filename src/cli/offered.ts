import type { Argument } from 'commander'

const offers = new WeakMap<Argument, () => Promise<readonly string[]>>()

/** Lets a shell's completion offer values for an argument that takes others too, such as a file's name. */
export function offering(argument: Argument, values: () => Promise<readonly string[]>): Argument {
  offers.set(argument, values)
  return argument
}

/** What completion offers for an argument: its only values, or those it has been given. */
export async function offeredFor(argument: Argument): Promise<readonly string[]> {
  return argument.argChoices ?? (await offers.get(argument)?.()) ?? []
}
