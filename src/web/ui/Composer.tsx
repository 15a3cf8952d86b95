import type { TargetedKeyboardEvent } from 'preact'
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { compositionGuard } from '../shared/composition.ts'
import type { Translate } from '../shared/i18n.ts'
import { SendIcon } from './icons.tsx'

export type ComposerProps = {
  readonly t: Translate
  readonly draft: string
  readonly onDraft: (text: string) => void
  /** Takes the text as it stood when the person pressed send; or says why not, then it stays in the field. */
  readonly onSend: (text: string) => string | undefined
  /** What a preview may show: never half-typed by an input method; empty when the field is. */
  readonly onTyping?: (text: string) => void
  readonly maxChars: number
  readonly label?: string
  readonly placeholder?: string
  /** A word on the button in the arrow's place. */
  readonly action?: string
  readonly focus?: boolean
}

/** A field that grows with its text. Enter sends, Shift+Enter breaks the line, an input method's Enter does neither. */
export function Composer(props: ComposerProps) {
  const { t } = props
  const field = useRef<HTMLTextAreaElement>(null)
  const [text, setText] = useState(props.draft)
  const [problem, setProblem] = useState<string>()
  const guard = useMemo(() => compositionGuard((task) => setTimeout(task, 0)), [])
  const over = text.length - props.maxChars
  const ready = text.trim() !== '' && over <= 0

  useLayoutEffect(() => {
    const area = field.current
    if (area === null) return
    area.style.height = 'auto'
    area.style.height = `${String(area.scrollHeight)}px`
  }, [text])
  useLayoutEffect(() => {
    if (props.focus === true) field.current?.focus({ preventScroll: true })
  }, [])

  const change = (next: string): void => {
    setText(next)
    props.onDraft(next)
    if (!guard.active()) props.onTyping?.(next)
  }
  const send = (): void => {
    field.current?.focus({ preventScroll: true })
    if (!ready) return
    const refused = props.onSend(text.trim())
    setProblem(refused)
    if (refused !== undefined) return
    setText('')
    props.onDraft('')
  }
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLTextAreaElement>): void => {
    if (event.key !== 'Enter' || event.shiftKey || guard.owns(event)) return
    event.preventDefault()
    send()
  }

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      <textarea
        ref={field}
        class="composer-field"
        rows={1}
        value={text}
        aria-label={props.label ?? t('composer.label')}
        placeholder={props.placeholder ?? t('composer.placeholder')}
        enterkeyhint="send"
        onInput={(event) => {
          change(event.currentTarget.value)
        }}
        onKeyDown={onKeyDown}
        onCompositionStart={guard.start}
        onCompositionEnd={(event) => {
          guard.end()
          props.onTyping?.(event.currentTarget.value)
        }}
      />
      {problem !== undefined && (
        <span class="composer-over danger" role="alert">
          {problem}
        </span>
      )}
      {over > 0 && (
        <span class="composer-over danger" role="status">
          {t('composer.too_long', { n: over })}
        </span>
      )}
      <button
        type="submit"
        class={props.action === undefined ? 'send-button' : 'button primary'}
        disabled={!ready}
        aria-label={props.action === undefined ? t('composer.send') : undefined}
        // A press must not take the focus: on a phone the keyboard would close.
        onPointerDown={(event) => {
          event.preventDefault()
        }}
      >
        {props.action ?? <SendIcon />}
      </button>
    </form>
  )
}
