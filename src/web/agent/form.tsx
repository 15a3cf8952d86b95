import type { ComponentChildren, TargetedInputEvent } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'

export type CardProps = {
  readonly title: string
  readonly note: string | undefined
  readonly problem: string | undefined
  readonly busy: boolean
  readonly action: string
  readonly onSubmit: () => Promise<void>
  readonly children: ComponentChildren
}

/** A form alone on its page. */
export function Card({ title, note, problem, busy, action, onSubmit, children }: CardProps) {
  return (
    <main class="gate">
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault()
          if (!busy) void onSubmit()
        }}
      >
        <p class="card-brand" aria-hidden="true">
          kf
        </p>
        <h1>{title}</h1>
        {note !== undefined && <p class="card-note">{note}</p>}
        {children}
        {problem !== undefined && (
          <p class="card-problem danger" role="alert">
            {problem}
          </p>
        )}
        <button type="submit" class="button primary" disabled={busy}>
          {action}
        </button>
      </form>
    </main>
  )
}

export type FieldProps = {
  readonly label: string
  readonly hint?: string
  readonly name: string
  readonly type?: 'text' | 'password'
  readonly autocomplete: 'username' | 'current-password' | 'new-password'
  readonly value: string
  readonly onChange: (value: string) => void
  readonly focus?: boolean
}

export function Field({
  label,
  hint,
  name,
  type = 'text',
  autocomplete,
  value,
  onChange,
  focus,
}: FieldProps) {
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (focus === true) input.current?.focus()
  }, [])
  const shared = {
    ref: input,
    id,
    name,
    required: true,
    autocomplete,
    autocapitalize: 'off',
    spellcheck: false,
    value,
    'aria-describedby': hint === undefined ? undefined : `${id}-hint`,
    onInput: (event: TargetedInputEvent<HTMLInputElement>) => onChange(event.currentTarget.value),
  } as const
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {type === 'password' ? <input {...shared} type="password" /> : <input {...shared} type="text" />}
      {hint !== undefined && (
        <span class="field-hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
    </div>
  )
}
