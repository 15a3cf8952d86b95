/**
 * Who waits, in order: what was taken from a lost owner first, then by `waitingSince`, then by arrival. A treap with subtree sizes:
 * insert, remove and position take O(log n).
 */
export type Queue<T> = {
  readonly size: () => number
  readonly insert: (item: T, key: QueueKey) => Place<T>
  /** False when the place was taken out before. */
  readonly remove: (place: Place<T>) => boolean
  /** 1 for the head; 0 when the place was taken out. */
  readonly position: (place: Place<T>) => number
  /** At most `count` items behind the first `skip`, in order. */
  readonly range: (skip: number, count: number) => T[]
}

export type QueueKey = { readonly returned: boolean; readonly waitingSince: number }

/** Where an item stands: the handle for taking it out. Its fields are the queue's own. */
export type Place<T> = QueueKey & {
  readonly item: T
  readonly arrival: number
  readonly weight: number
  size: number
  left: Place<T> | undefined
  right: Place<T> | undefined
  standing: boolean
}

export function createQueue<T>(): Queue<T> {
  let root: Place<T> | undefined
  let arrivals = 0
  let seed = 0x9e3779b9
  // Weights only have to be independent of the keys: a fixed xorshift does, and keeps runs repeatable.
  const weight = (): number => {
    seed ^= seed << 13
    seed ^= seed >>> 17
    seed ^= seed << 5
    return seed
  }
  return {
    size: () => sizeOf(root),
    insert: (item, { returned, waitingSince }) => {
      const place: Place<T> = {
        item,
        returned,
        waitingSince,
        arrival: arrivals++,
        weight: weight(),
        size: 1,
        left: undefined,
        right: undefined,
        standing: true,
      }
      root = inserted(root, place)
      return place
    },
    remove: (place) => {
      if (!place.standing) return false
      place.standing = false
      root = removed(root, place)
      return true
    },
    position: (place) => (place.standing ? positionIn(root, place) : 0),
    range: (skip, count) => {
      const out: T[] = []
      collect(root, skip, count, out)
      return out
    },
  }
}

function sizeOf<T>(tree: Place<T> | undefined): number {
  return tree === undefined ? 0 : tree.size
}

function measured<T>(tree: Place<T>): Place<T> {
  tree.size = 1 + sizeOf(tree.left) + sizeOf(tree.right)
  return tree
}

function before<T>(a: Place<T>, b: Place<T>): boolean {
  if (a.returned !== b.returned) return a.returned
  if (a.waitingSince !== b.waitingSince) return a.waitingSince < b.waitingSince
  return a.arrival < b.arrival
}

function inserted<T>(tree: Place<T> | undefined, place: Place<T>): Place<T> {
  if (tree === undefined) return place
  if (place.weight > tree.weight) {
    ;[place.left, place.right] = split(tree, place)
    return measured(place)
  }
  if (before(place, tree)) tree.left = inserted(tree.left, place)
  else tree.right = inserted(tree.right, place)
  return measured(tree)
}

function split<T>(tree: Place<T> | undefined, at: Place<T>): [Place<T> | undefined, Place<T> | undefined] {
  if (tree === undefined) return [undefined, undefined]
  if (before(tree, at)) {
    const [left, right] = split(tree.right, at)
    tree.right = left
    return [measured(tree), right]
  }
  const [left, right] = split(tree.left, at)
  tree.left = right
  return [left, measured(tree)]
}

function removed<T>(tree: Place<T> | undefined, place: Place<T>): Place<T> | undefined {
  if (tree === undefined) return undefined
  if (tree === place) return merged(tree.left, tree.right)
  if (before(place, tree)) tree.left = removed(tree.left, place)
  else tree.right = removed(tree.right, place)
  return measured(tree)
}

function merged<T>(left: Place<T> | undefined, right: Place<T> | undefined): Place<T> | undefined {
  if (left === undefined) return right
  if (right === undefined) return left
  if (left.weight > right.weight) {
    left.right = merged(left.right, right)
    return measured(left)
  }
  right.left = merged(left, right.left)
  return measured(right)
}

function positionIn<T>(root: Place<T> | undefined, place: Place<T>): number {
  let position = 1
  let tree = root
  while (tree !== undefined && tree !== place) {
    if (before(place, tree)) {
      tree = tree.left
    } else {
      position += 1 + sizeOf(tree.left)
      tree = tree.right
    }
  }
  return position + sizeOf(place.left)
}

function collect<T>(tree: Place<T> | undefined, skip: number, count: number, out: T[]): void {
  if (tree === undefined || out.length >= count || skip >= tree.size) return
  const left = sizeOf(tree.left)
  if (skip < left) collect(tree.left, skip, count, out)
  if (skip <= left && out.length < count) out.push(tree.item)
  collect(tree.right, Math.max(0, skip - left - 1), count, out)
}
