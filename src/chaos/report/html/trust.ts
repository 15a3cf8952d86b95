import { type Trust, trustBounds } from '../judge.ts'
import { cores, milliseconds, whole } from '../numbers.ts'
import type { StoredRow } from '../stored.ts'
import { type Markup, markup } from './markup.ts'
import { table } from './texts.ts'
import type { PageWords } from './words.ts'

type Reading = {
  readonly name: string
  /** How it is bounded, and `judged` whether that decides about the row in its mode. */
  readonly bound: string
  readonly value: string
  readonly good: boolean | null
}

/** What the instrument did in each row, beside the bound past which the row is invalid. */
export function trustTable(rows: readonly StoredRow[], page: PageWords): Markup {
  const known = rows.flatMap(({ concurrency, target }) =>
    target.trust === null ? [] : [{ concurrency, readings: readingsOf(target.trust, page) }],
  )
  const [first] = known
  if (first === undefined) return markup`<p class="note">${page.none}</p>`
  const titles = [
    markup`<th scope="col" class="text">${page.reading}</th>`,
    markup`<th scope="col">${page.bound}</th>`,
    ...known.map(({ concurrency }) => markup`<th scope="col">${page.visitors(whole(concurrency))}</th>`),
  ]
  const body = first.readings.map(
    (reading, i) =>
      markup`<tr><th scope="row">${reading.name}</th><td>${reading.bound}</td>${known.map(({ readings }) => cell(readings[i], page))}</tr>`,
  )
  return table(page.trust, titles, body)
}

function cell(reading: Reading | undefined, page: PageWords): Markup {
  if (reading === undefined) return markup`<td>-</td>`
  if (reading.good === null) return markup`<td>${reading.value}</td>`
  const [tone, mark, state] = reading.good
    ? (['good', '✓', page.state.holds] as const)
    : (['bad', '✗', page.state.violated] as const)
  return markup`<td>${reading.value} <span class="${tone}" role="img" aria-label="${state}">${mark}</span></td>`
}

function readingsOf(trust: Trust, page: PageWords): readonly Reading[] {
  const names = page.trustReadings
  const open = trust.mode === 'open'
  const most = (
    name: string,
    value: number | null,
    bound: number | null,
    write: (value: number) => string,
  ): Reading => ({
    name,
    bound: bound === null ? '-' : `≤ ${write(bound)}`,
    value: value === null ? '-' : write(value),
    good: bound === null || value === null ? null : value <= bound,
  })
  const shareOf = (cpu: number | null, of: number | null): number | null =>
    cpu === null || of === null ? null : cpu / of
  const serverShare = shareOf(trust.serverCores, trust.serverPinnedCores)
  return [
    most(names.lag, trust.loopLagP99Ms, open ? trustBounds.lagMs : null, milliseconds),
    most(names.receiveLag, trust.receiveLagP99Ms, open ? trustBounds.lagMs : null, milliseconds),
    most(names.slip, trust.slipP99Ms, open ? trustBounds.slipMs : null, milliseconds),
    most(names.busiest, trust.busiestGeneratorCores, open ? trustBounds.generatorCores : null, cores),
    ...(open
      ? []
      : [
          most(
            names.generatorShare,
            shareOf(trust.generatorCores, trust.generatorPinnedCores),
            trustBounds.generatorCores,
            percent,
          ),
          {
            name: names.serverShare,
            bound: `≥ ${percent(trustBounds.serverBusy)}`,
            value: serverShare === null ? '-' : percent(serverShare),
            good: serverShare === null ? null : serverShare >= trustBounds.serverBusy,
          },
        ]),
    most(names.other, trust.otherCores, trustBounds.otherCores, cores),
    most(names.steal, trust.stealShare, trustBounds.stealShare, percent),
    most(names.memory, trust.memoryPressure, trustBounds.memoryPressure, percent),
    most(names.cpuPressure, trust.cpuPressure, null, percent),
    most(names.ioPressure, trust.ioPressure, null, percent),
    {
      name: names.fileSystem,
      bound: names.onDisk,
      value: trust.memoryBackedStore ?? names.onDisk,
      good: trust.memoryBackedStore === null,
    },
  ]
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}
