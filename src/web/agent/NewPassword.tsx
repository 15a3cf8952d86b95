import { useState } from 'preact/hooks'
import type { Translate } from '../shared/i18n.ts'
import { keptToken } from './agent-session.ts'
import type { Api } from './api.ts'
import { Card, Field } from './form.tsx'
import { loginProblem } from './Login.tsx'

/** The server's bound, said before it has to refuse. */
const leastChars = 10

export type NewPasswordProps = {
  readonly api: Api
  readonly t: Translate
  /** What the agent has just logged in with. */
  readonly current: string
  readonly onDone: (token: string) => void
}

export function NewPassword({ api, t, current, onDone }: NewPasswordProps) {
  const [next, setNext] = useState('')
  const [again, setAgain] = useState('')
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string>()

  const submit = async (): Promise<void> => {
    if (Array.from(next).length < leastChars) return setProblem(t('password.short'))
    if (next !== again) return setProblem(t('password.differ'))
    setBusy(true)
    const answer = await api.changePassword(keptToken.read(), current, next)
    setBusy(false)
    if (answer.ok) onDone(answer.token)
    else setProblem(loginProblem(t, answer))
  }

  return (
    <Card
      title={t('password.title')}
      note={t('password.why')}
      problem={problem}
      busy={busy}
      action={t('password.submit')}
      onSubmit={submit}
    >
      <Field
        label={t('password.next')}
        hint={t('password.hint')}
        name="next"
        type="password"
        autocomplete="new-password"
        value={next}
        onChange={setNext}
        focus
      />
      <Field
        label={t('password.again')}
        name="again"
        type="password"
        autocomplete="new-password"
        value={again}
        onChange={setAgain}
      />
    </Card>
  )
}
