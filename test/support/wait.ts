const pollMs = 10

/** Waits on a condition, not on time; rejects, naming it, when it does not come true. */
export async function waitUntil(
  what: string,
  condition: () => boolean | Promise<boolean>,
  withinMs = 90_000,
): Promise<void> {
  const deadline = performance.now() + withinMs
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`${what} did not come true within ${withinMs} ms`)
    await new Promise((resolve) => setImmediate(() => setTimeout(resolve, pollMs)))
  }
}
