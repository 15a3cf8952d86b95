/**
 * Tells whether a key belongs to an input method. Enter that picks a candidate must never send the message.
 * NOTE: Safari fires `compositionend` before the `keydown` of that same Enter, hence the extra tick;
 * older engines mark such keys by keyCode 229 alone.
 */
export type CompositionGuard = {
  readonly start: () => void
  readonly end: () => void
  /** True between start and end: what stands in the field is half-typed. */
  readonly active: () => boolean
  /** True when this key event is the input method's. */
  readonly owns: (key: { readonly isComposing: boolean; readonly keyCode: number }) => boolean
}

/** `nextTick` runs a task in a later macrotask: `(task) => setTimeout(task, 0)` in a page. */
export function compositionGuard(nextTick: (task: () => void) => void): CompositionGuard {
  let composing = false
  let settling = 0
  return {
    start: () => {
      composing = true
    },
    end: () => {
      composing = false
      settling++
      nextTick(() => {
        settling--
      })
    },
    active: () => composing,
    owns: (key) => composing || settling > 0 || key.isComposing || key.keyCode === 229,
  }
}
