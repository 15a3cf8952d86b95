import { Box, render, Text, useInput, useWindowSize } from 'ink'
import { createElement, useEffect, useState } from 'react'
import type { Experiment, Timeline } from '../../chaos/experiment/experiment.ts'
import type { ExperimentWords } from '../../chaos/report/experiment/words.ts'
import { liveLines } from './chaos-lines.ts'
import { type ChaosState, reduce, startState } from './chaos-state.ts'
import { type ChaosView, eventsTo } from './chaos-view.ts'
import { type Line, look } from './line.ts'

const redrawMs = 250

/** The live view on a terminal. `onStop` is called for each Ctrl-C. */
export function inkView(
  experiment: Experiment,
  timeline: Timeline,
  named: string,
  words: ExperimentWords,
  clock: () => number,
  onStop: () => void,
): ChaosView {
  let state = startState(experiment, timeline, named)
  let since = clock()
  let notice: string | undefined
  const current = (): Shown => ({ state, sinceMs: clock() - since, notice })
  const app = render(createElement(Live, { current, words, onStop }), {
    exitOnCtrlC: false,
    patchConsole: false,
  })
  return {
    ...eventsTo((event) => {
      if (event.t === 'second') since = clock()
      state = reduce(state, event)
    }),
    stopping: (again) => {
      notice = again ? words.live.stillHealing : words.live.healing
    },
    stop: () => {
      // NOTE: ink prints its last frame for good when it unmounts, so the last frame is an empty one.
      app.rerender(createElement(Box))
      app.unmount()
      app.cleanup()
    },
  }
}

type Shown = { readonly state: ChaosState; readonly sinceMs: number; readonly notice: string | undefined }

function Live(props: {
  readonly current: () => Shown
  readonly words: ExperimentWords
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
    if (key.ctrl && input === 'c') props.onStop()
  })
  const live = liveLines(shown.state, props.words, shown.sinceMs, columns > 0 ? columns : 80)
  const lines: readonly Line[] =
    shown.notice === undefined ? live : [...live, { text: ` ${shown.notice}`, tone: 'strong' }]
  return createElement(
    Box,
    { flexDirection: 'column' },
    ...lines.map((line, i) =>
      createElement(
        Text,
        { key: i, wrap: 'truncate-end', ...look(line.tone) },
        line.text === '' ? ' ' : line.text,
      ),
    ),
  )
}
