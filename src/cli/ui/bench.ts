import { Box, render, Text, useInput, useWindowSize } from 'ink'
import { createElement, useEffect, useState } from 'react'
import type { BenchPlan } from '../../chaos/load/bench.ts'
import type { ReportWords } from '../../chaos/report/words.ts'
import { liveLines } from './bench-lines.ts'
import { type BenchState, reduce, startState } from './bench-state.ts'
import type { BenchView } from './bench-view.ts'
import { type Line, look } from './line.ts'

const redrawMs = 250

/** The live view on a terminal. `onStop` is called for q and Ctrl-C. */
export function inkView(
  plan: BenchPlan,
  words: ReportWords,
  clock: () => number,
  onStop: () => void,
): BenchView {
  let state = startState(plan)
  let phaseSince = clock()
  let notice: string | undefined
  const current = (): Shown => ({ state, elapsedMs: clock() - phaseSince, notice })
  const app = render(createElement(Live, { current, words, onStop }), {
    exitOnCtrlC: false,
    patchConsole: false,
  })
  return {
    event: (event) => {
      if (event.t === 'phase') phaseSince = clock()
      state = reduce(state, event)
    },
    stopping: () => {
      notice = words.stopping
    },
    stop: () => {
      // NOTE: ink prints its last frame for good when it unmounts, so the last frame is an empty one.
      app.rerender(createElement(Box))
      app.unmount()
      app.cleanup()
    },
  }
}

type Shown = {
  readonly state: BenchState
  readonly elapsedMs: number
  readonly notice: string | undefined
}

function Live(props: {
  readonly current: () => Shown
  readonly words: ReportWords
  readonly onStop: () => void
}) {
  const { columns } = useWindowSize()
  const [shown, setShown] = useState(props.current)
  useEffect(() => {
    const timer = setInterval(() => {
      setShown(props.current())
    }, redrawMs)
    return () => {
      clearInterval(timer)
    }
  }, [])
  useInput((input, key) => {
    if (input === 'q' || (key.ctrl && input === 'c')) props.onStop()
  })
  const live = liveLines(shown.state, props.words, shown.elapsedMs, columns)
  const lines: readonly Line[] =
    shown.notice === undefined ? live : [...live, { text: ` ${shown.notice}`, tone: 'strong' }]
  return createElement(
    Box,
    { flexDirection: 'column' },
    ...lines.map((line, i) =>
      createElement(Text, { key: i, wrap: 'truncate-end', ...look(line.tone) }, line.text),
    ),
  )
}
