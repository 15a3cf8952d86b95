import { useState } from 'preact/hooks'
import type { TextKey } from '../shared/en.ts'
import type { Translate } from '../shared/i18n.ts'
import type { Api, LoginAnswer } from './api.ts'
import { Card, Field } from './form.tsx'

export type LoginProps = {
  readonly api: Api
  readonly t: Translate
  readonly notice: TextKey | undefined
  readonly onDone: (entered: Entered) => void
}

export type Entered = {
  readonly login: string
  readonly password: string
  readonly token: string
  readonly mustChange: boolean
}

export function Login({ api, t, notice, onDone }: LoginProps) {
  const [login, setLogin] = useState('')
  const [password, setPassword] = useState('')
  const [busy, setBusy] = useState(false)
  const [refused, setRefused] = useState<LoginAnswer>()

  const submit = async (): Promise<void> => {
    setBusy(true)
    const answer = await api.login(login.trim(), password)
    setBusy(false)
    if (answer.ok)
      onDone({ login: login.trim(), password, token: answer.token, mustChange: answer.mustChange })
    else setRefused(answer)
  }
  const problem = refused === undefined ? undefined : loginProblem(t, refused)

  return (
    <Card
      title={t('login.title')}
      note={notice === undefined ? undefined : t(notice)}
      problem={problem}
      busy={busy}
      action={t(busy ? 'login.busy' : 'login.submit')}
      onSubmit={submit}
    >
      <Field
        label={t('login.login')}
        name="login"
        autocomplete="username"
        value={login}
        onChange={setLogin}
        focus
      />
      <Field
        label={t('login.password')}
        name="password"
        type="password"
        autocomplete="current-password"
        value={password}
        onChange={setPassword}
      />
    </Card>
  )
}

/** What a person reads when `login` or `password` was refused. */
export function loginProblem(t: Translate, answer: LoginAnswer): string | undefined {
  if (answer.ok) return undefined
  switch (answer.code) {
    case 'unauthenticated':
      return t('login.wrong')
    case 'rate_limited':
      return t('login.limited', { seconds: Math.max(1, Math.ceil(answer.retryAfterMs / 1000)) })
    case 'unreachable':
      return t('login.unreachable')
    default:
      return t('login.failed', { reason: answer.message === '' ? answer.code : answer.message })
  }
}
