import type { RefObject } from 'preact'
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Row } from '../shared/thread.ts'

export type StickyScroll = {
  readonly scroller: RefObject<HTMLDivElement | null>
  readonly content: RefObject<HTMLDivElement | null>
  readonly onScroll: () => void
  readonly atBottom: boolean
  readonly atTop: boolean
  /** Messages of others that came below while the reader was further up. */
  readonly missed: number
  readonly toBottom: () => void
}

/** Pixels from the edge that still count as the edge: fractional zoom leaves one or two. */
const edge = 24

/**
 * Keeps a log where its reader wants it: at the bottom while it is there, else with the first visible row in its place,
 * whatever is prepended, appended, or changed in height. One's own new send goes to the bottom.
 */
export function useStickyScroll(rows: readonly Row[]): StickyScroll {
  const scroller = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const place = useRef<Place>({ stick: true, anchors: [], lastOwn: undefined })
  const [atBottom, setAtBottom] = useState(true)
  const [atTop, setAtTop] = useState(false)
  const seen = useRef<string | undefined>(undefined)

  const settle = useCallback(() => {
    const box = scroller.current
    if (box === null) return
    if (place.current.stick) box.scrollTop = box.scrollHeight
    else restore(box, content.current, place.current.anchors)
    place.current.anchors = anchorsOf(box, content.current)
  }, [])

  const onScroll = useCallback(() => {
    const box = scroller.current
    if (box === null || box.clientHeight === 0) return
    place.current.stick = box.scrollHeight - box.clientHeight - box.scrollTop <= edge
    place.current.anchors = anchorsOf(box, content.current)
    setAtBottom(place.current.stick)
    setAtTop(box.scrollTop <= edge && box.scrollHeight > box.clientHeight)
  }, [])

  const lastOwn = rows.findLast((row) => row.kind === 'bubble' && row.mine)?.key
  useLayoutEffect(() => {
    const last = rows.at(-1)
    const sentNow =
      place.current.lastOwn !== lastOwn &&
      last?.key === lastOwn &&
      last?.kind === 'bubble' &&
      last.state === 'sending'
    place.current.lastOwn = lastOwn
    if (sentNow) {
      place.current.stick = true
      setAtBottom(true)
    }
    settle()
  }, [rows])

  useEffect(() => {
    // The panel opens, the keyboard comes, an image loads: the log changes height without a new row.
    const observer = new ResizeObserver(settle)
    if (scroller.current !== null) observer.observe(scroller.current)
    if (content.current !== null) observer.observe(content.current)
    return () => {
      observer.disconnect()
    }
  }, [])

  if (atBottom) seen.current = rows.at(-1)?.key
  const missed = missedAfter(rows, seen.current)
  const toBottom = useCallback(() => {
    place.current.stick = true
    setAtBottom(true)
    settle()
    scroller.current?.focus({ preventScroll: true })
  }, [])
  return { scroller, content, onScroll, atBottom, atTop, missed, toBottom }
}

type Place = { stick: boolean; anchors: readonly Anchor[]; lastOwn: string | undefined }
type Anchor = { readonly key: string; readonly top: number }

function missedAfter(rows: readonly Row[], key: string | undefined): number {
  const at = rows.findIndex((row) => row.key === key)
  if (at === -1) return 0
  return rows.slice(at + 1).filter((row) => row.kind === 'bubble' && !row.mine).length
}

// NOTE: all visible rows, not just the first: its date line goes away when an older message takes the date over.
function anchorsOf(box: HTMLElement, content: HTMLElement | null): readonly Anchor[] {
  const { top, bottom } = box.getBoundingClientRect()
  const anchors: Anchor[] = []
  for (const child of content?.children ?? []) {
    const rect = child.getBoundingClientRect()
    if (rect.top > bottom) break
    const key = keyOf(child)
    if (key !== undefined && rect.bottom > top) anchors.push({ key, top: rect.top - top })
  }
  return anchors
}

function restore(box: HTMLElement, content: HTMLElement | null, anchors: readonly Anchor[]): void {
  const rows = new Map([...(content?.children ?? [])].map((child) => [keyOf(child), child]))
  for (const anchor of anchors) {
    const row = rows.get(anchor.key)
    if (row === undefined) continue
    box.scrollTop += row.getBoundingClientRect().top - box.getBoundingClientRect().top - anchor.top
    return
  }
}

function keyOf(row: Element): string | undefined {
  return row instanceof HTMLElement ? row.dataset['key'] : undefined
}
