import { z } from 'zod'
import { endsAs } from './effect.ts'
import { onLink, orHeal } from './link-fault.ts'

/** Not a partition: both ends learn of it at once. */
export const down = onLink(
  {
    name: 'down',
    describe: {
      en: 'Closes every connection over the link and refuses new ones.',
      zh: '断开链路上的所有连接，并拒绝新连接。',
    },
    params: z.strictObject({}),
    showsWithinMs: 10_000,
  },
  async (context, { link, control }) => {
    const undo = await context.undo({
      do: 'enable-proxy',
      api: context.topology.toxiproxy,
      proxy: link.proxy,
    })
    let healed = false
    const heal = async (): Promise<void> => {
      if (healed) return
      await control.enable(link.proxy)
      await undo.done()
      healed = true
    }
    await orHeal(heal, async () => await control.disable(link.proxy))
    const refused = endsAs('refused', 0)
    return {
      verify: async () =>
        (await control.read(link.proxy)).enabled
          ? undefined
          : await refused({ link, clock: context.clock, beforeMs: undefined }),
      heal,
    }
  },
)
