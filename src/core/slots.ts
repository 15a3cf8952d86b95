/** How many slots conversations hash to; ten bits, two base32 characters at the head of each conversation id. */
export const slotCount = 1024

/** FNV-1a over UTF-16 code units, folded to ten bits: the slot of a visitor's conversations. Stable for ever: ids carry it. */
export function slotOf(site: string, visitor: string): number {
  let hash = 0x811c9dc5
  const text = `${site}/${visitor}`
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  }
  return ((hash >>> 22) ^ (hash >>> 11) ^ hash) & (slotCount - 1)
}
