import { useEffect, useState } from 'preact/hooks'

/** Wall time in ms, renewed every `everyMs`. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => {
      setNow(Date.now())
    }, everyMs)
    return () => {
      clearInterval(timer)
    }
  }, [everyMs])
  return now
}

/** Whether a person can see this page now. */
export function useVisible(): boolean {
  const [visible, setVisible] = useState(() => document.visibilityState === 'visible')
  useEffect(() => {
    const look = (): void => {
      setVisible(document.visibilityState === 'visible')
    }
    document.addEventListener('visibilitychange', look)
    window.addEventListener('pageshow', look)
    return () => {
      document.removeEventListener('visibilitychange', look)
      window.removeEventListener('pageshow', look)
    }
  }, [])
  return visible
}

/** Puts a count of unread messages before the page's title. */
export function useTitle(title: string, unread: number): void {
  useEffect(() => {
    document.title = unread > 0 ? `(${String(unread)}) ${title}` : title
  }, [title, unread])
}

/**
 * Gives CSS the height and offset of what the phone's keyboard leaves of the window, as `--view-height` and `--view-top`.
 * NOTE: `100dvh` does not shrink for the keyboard on iOS; `visualViewport` does.
 */
export function useVisualViewport(): void {
  useEffect(() => {
    const viewport = window.visualViewport
    if (viewport === null) return
    const fit = (): void => {
      document.documentElement.style.setProperty('--view-height', `${String(viewport.height)}px`)
      document.documentElement.style.setProperty('--view-top', `${String(viewport.offsetTop)}px`)
    }
    fit()
    viewport.addEventListener('resize', fit)
    viewport.addEventListener('scroll', fit)
    return () => {
      viewport.removeEventListener('resize', fit)
      viewport.removeEventListener('scroll', fit)
    }
  }, [])
}
