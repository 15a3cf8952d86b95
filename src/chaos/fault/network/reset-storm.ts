import { z } from 'zod'
import { messageOf } from '../../../core/errors.ts'
import type { LinkToxic } from '../../topology/toxiproxy-api.ts'
import { fraction, milliseconds } from '../../yaml/values.ts'
import { endsAs } from './effect.ts'
import { coverOf, isSame, onLink, orHeal, removal, toxicName } from './link-fault.ts'
import { elapsed } from './probe.ts'

/** In waves: half of each resets whatever speaks, half lets clients come back, so that the same ones are hit again. */
export const resetStorm = onLink(
  {
    name: 'reset_storm',
    describe: {
      en: 'Resets connections over the link in waves: they come back between two and are hit again.',
      zh: '一波接一波地重置链路上的连接：连接在两波之间恢复，随后再次被重置。',
    },
    params: z.strictObject({
      wave: milliseconds(200, 60_000)
        .prefault('1s')
        .meta({ description: 'From one wave to the next; resets come in its first half.' }),
      share: fraction().prefault('100%').meta({ description: 'Of the connections.' }),
    }),
    showsWithinMs: 20_000,
  },
  async (context, { link, control }, { wave, share }) => {
    const { clock } = context
    const toxics = (['upstream', 'downstream'] as const).map(
      (stream): LinkToxic => ({
        name: toxicName('reset_storm', stream),
        type: 'reset_peer',
        stream,
        toxicity: share,
        attributes: { timeout: 0 },
      }),
    )
    const steps = await Promise.all(toxics.map(({ name }) => context.undo(removal(context, link, name))))
    let waves = 0
    const stop = new AbortController()
    const calm = async (): Promise<void> => {
      for (const { name } of toxics) await control.removeToxic(link.proxy, name)
    }
    const rage = async (): Promise<void> => {
      for (const toxic of toxics) await control.addToxic(link.proxy, toxic)
      const { toxics: there } = await control.read(link.proxy)
      if (toxics.every((toxic) => there.some((other) => isSame(toxic, other)))) waves += 1
    }
    const pause = (): Promise<unknown> =>
      Promise.race([
        elapsed(clock, wave / 2),
        new Promise((resolve) => {
          stop.signal.addEventListener('abort', resolve, { once: true })
        }),
      ])
    const heal = async (): Promise<void> => {
      stop.abort()
      await storm
      await calm()
      for (const step of steps.splice(0)) await step.done()
    }
    let storm: Promise<unknown> = Promise.resolve()
    let trouble: Error | undefined
    await orHeal(heal, rage)
    storm = (async () => {
      while (!stop.signal.aborted) {
        await pause()
        if (stop.signal.aborted) return
        await calm()
        await pause()
        if (stop.signal.aborted) return
        await rage()
      }
    })().catch((error: unknown) => {
      trouble = error instanceof Error ? error : new Error(messageOf(error))
    })
    const cut = endsAs('reset', 2 * wave)
    return {
      verify: async () => {
        if (trouble !== undefined) throw trouble
        const cover = coverOf(await control.read(link.proxy), toxics)
        if (cover !== undefined) return waves === 0 ? undefined : cover
        const proof = await cut({ link, clock, beforeMs: undefined })
        return proof === undefined || waves === 0 ? undefined : `${proof}, in wave ${waves}`
      },
      heal,
    }
  },
)
