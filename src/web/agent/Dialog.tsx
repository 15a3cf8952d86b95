import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'

export type DialogProps = {
  readonly title: string
  readonly cancel: string
  readonly onDone: () => void
  readonly children: ComponentChildren
}

/** A question over the page. The browser keeps the focus inside, gives it back after, and closes on Escape. */
export function Dialog({ title, cancel, onDone, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    dialog.current?.showModal()
  }, [])
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby={id} onClose={onDone}>
      <h2 id={id}>{title}</h2>
      <div class="dialog-body">{children}</div>
      <button type="button" class="button" onClick={onDone}>
        {cancel}
      </button>
    </dialog>
  )
}
