import { useEffect, useMemo, useState } from 'preact/hooks'
import type { PageConfig } from '../shared/config.ts'
import type { TextKey } from '../shared/en.ts'
import type { Language, Translate } from '../shared/i18n.ts'
import { useProbes, useSession } from '../shared/session-hooks.ts'
import { useVisualViewport } from '../ui/hooks.ts'
import { createAgentSession, enterAs, forgetAgent, keptToken } from './agent-session.ts'
import type { Api } from './api.ts'
import { Desk } from './Desk.tsx'
import { Login } from './Login.tsx'
import { NewPassword } from './NewPassword.tsx'

export type AppProps = {
  readonly config: PageConfig
  readonly api: Api
  readonly t: Translate
  readonly language: Language
}

type Gate =
  | { readonly phase: 'login'; readonly notice?: TextKey }
  | { readonly phase: 'password'; readonly current: string }
  /** `quiet`: nobody logged in here yet; the cookie of another tab may do. */
  | { readonly phase: 'desk'; readonly quiet: boolean }

/** Who may see the desk: log in, replace a one-time password, and back to the start when the session ends. */
export function App({ config, api, t, language }: AppProps) {
  const [gate, setGate] = useState<Gate>({ phase: 'desk', quiet: keptToken.read() === undefined })
  useVisualViewport()

  switch (gate.phase) {
    case 'login':
      return (
        <Login
          api={api}
          t={t}
          notice={gate.notice}
          onDone={({ login, password, token, mustChange }) => {
            enterAs(login, token)
            setGate(mustChange ? { phase: 'password', current: password } : { phase: 'desk', quiet: false })
          }}
        />
      )
    case 'password':
      return (
        <NewPassword
          api={api}
          t={t}
          current={gate.current}
          onDone={(token) => {
            keptToken.write(token)
            setGate({ phase: 'desk', quiet: false })
          }}
        />
      )
    case 'desk':
      return (
        <LiveDesk
          quiet={gate.quiet}
          config={config}
          api={api}
          t={t}
          language={language}
          onEnded={(wasIn) => setGate(wasIn ? { phase: 'login', notice: 'login.ended' } : { phase: 'login' })}
          onLogout={() => setGate({ phase: 'login' })}
        />
      )
  }
}

type LiveDeskProps = AppProps & {
  readonly quiet: boolean
  /** `wasIn`: somebody had been at this desk. */
  readonly onEnded: (wasIn: boolean) => void
  readonly onLogout: () => void
}

function LiveDesk({ quiet, config, api, t, language, onEnded, onLogout }: LiveDeskProps) {
  const session = useMemo(() => createAgentSession(config), [config])
  const state = useSession(session)
  useProbes(session)
  useEffect(() => {
    session.start()
    return () => {
      session.stop()
    }
  }, [session])
  const { connection } = state
  const over = connection.phase === 'ended' && connection.reason === 'login'
  useEffect(() => {
    if (!over) return
    keptToken.forget()
    onEnded(!quiet || state.you !== undefined)
  }, [over])

  // Nobody has logged in here: the cookie may do, else the login comes, without a glimpse of an empty desk.
  if (over || (quiet && state.you === undefined)) return null
  return (
    <Desk
      session={session}
      state={state}
      api={api}
      t={t}
      language={language}
      onLogout={() => {
        const token = keptToken.read()
        session.stop()
        forgetAgent()
        void api.logout(token).then(onLogout)
      }}
    />
  )
}
