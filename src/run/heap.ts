/** A binary heap: the least item first, in logarithmic time. Pure. */

export interface Heap<A> {
  readonly size: number
  push(item: A): void
  /** The least item, left where it is. */
  peek(): A | undefined
  pop(): A | undefined
  /** All items, in no particular order. */
  items(): ReadonlyArray<A>
}

/** `rank` says where an item stands; it must not change while the item is in the heap. */
export const makeHeap = <A>(rank: (item: A) => number): Heap<A> => {
  const items: Array<A> = []
  const rankAt = (at: number): number => {
    const item = items[at]
    return item === undefined ? Infinity : rank(item)
  }
  const swap = (a: number, b: number) => {
    const [x, y] = [items[a], items[b]]
    if (x === undefined || y === undefined) return
    items[a] = y
    items[b] = x
  }
  return {
    get size() {
      return items.length
    },
    peek: () => items[0],
    items: () => items,
    push: (item) => {
      items.push(item)
      for (let at = items.length - 1; at > 0;) {
        const parent = (at - 1) >> 1
        if (rankAt(at) >= rankAt(parent)) return
        swap(at, parent)
        at = parent
      }
    },
    pop: () => {
      const top = items[0]
      const last = items.pop()
      if (last === undefined || items.length === 0) return top
      items[0] = last
      for (let at = 0;;) {
        const left = 2 * at + 1
        const least = rankAt(left + 1) < rankAt(left) ? left + 1 : left
        if (rankAt(least) >= rankAt(at)) return top
        swap(at, least)
        at = least
      }
    }
  }
}
