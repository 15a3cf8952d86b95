import { z } from 'zod'
import { fraction } from '../../yaml/values.ts'
import { endsAs } from './effect.ts'
import { direction, streamsOf, toxicFault } from './link-fault.ts'

/**
 * NOTE: it fires on the next data of a connection only. Those that were open before are closed in an orderly way where nothing is
 * unread, and only later ones get a TCP reset: Toxiproxy sets that up when it accepts.
 */
export const reset = toxicFault({
  name: 'reset',
  describe: {
    en: 'Ends connections over the link at their next data; while it lasts, new ones are reset (TCP RST) as soon as they speak.',
    zh: '链路上的连接一有数据就被切断；持续期间，新连接一发数据即被重置（TCP RST）。',
  },
  params: z.strictObject({
    share: fraction().prefault('100%').meta({ description: 'Of the connections.' }),
    direction: direction().default('both'),
  }),
  showsWithinMs: 10_000,
  toxics: (params) => resets(params.share, params.direction),
  seen: () => endsAs('reset', 0),
})

function resets(share: number, which: 'both' | 'up' | 'down') {
  return streamsOf(which).map(
    (stream) => ({ type: 'reset_peer', stream, toxicity: share, attributes: { timeout: 0 } }) as const,
  )
}
