import { useEffect, useState } from 'preact/hooks'

const noticeMs = 6_000

/** One line that tells of something refused, and goes by itself. */
export function useNotice(): { readonly notice: string | undefined; readonly show: (text: string) => void } {
  const [notice, setNotice] = useState<{ readonly text: string }>()
  useEffect(() => {
    if (notice === undefined) return undefined
    const timer = setTimeout(() => {
      setNotice(undefined)
    }, noticeMs)
    return () => {
      clearTimeout(timer)
    }
  }, [notice])
  return {
    notice: notice?.text,
    show: (text) => {
      setNotice({ text })
    },
  }
}
