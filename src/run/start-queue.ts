/**
 * Tasks that are to run, waiting for room. The earliest in the plan goes first, whenever it came: what is begun is brought to its end before more is
 * begun. Where it does not fit, later ones that ask for something else may pass it, but not for ever, or a stream of small tasks would keep a large one waiting to
 * the end. However many wait, a task costs little: those that ask for the same wait in one line.
 */
import { type Heap, makeHeap } from "./heap.ts"
import { fits, type Resources } from "./resources.ts"

export interface StartQueue<A> {
  readonly size: number
  /** `order` is the item's place in the plan. */
  add(item: A, share: Resources, order: number): void
  /** The next item for which there is room. */
  next(free: Resources): { readonly item: A; readonly share: Resources } | undefined
  drain(): ReadonlyArray<A>
}

interface Waiting<A> {
  readonly item: A
  readonly order: number
}

interface Line<A> {
  readonly share: Resources
  readonly waiting: Heap<Waiting<A>>
  passed: number
}

/** How often the head of a line may be passed. */
const patience = 32

export const makeStartQueue = <A>(): StartQueue<A> => {
  const lines = new Map<string, Line<A>>()
  let size = 0
  const orderOf = (line: Line<A>) => line.waiting.peek()?.order ?? Infinity
  return {
    get size() {
      return size
    },
    add: (item, share, order) => {
      const key = `${share.cpus}/${share.gpus}/${share.memoryMiB}${share.others === undefined ? "" : `/${JSON.stringify(share.others)}`}`
      const line = lines.get(key) ?? { share, waiting: makeHeap<Waiting<A>>(({ order }) => order), passed: 0 }
      lines.set(key, line)
      line.waiting.push({ item, order })
      size++
    },
    next: (free) => {
      const inOrder = [...lines.values()].filter((line) => line.waiting.size > 0).sort((a, b) => orderOf(a) - orderOf(b))
      const passed: Array<Line<A>> = []
      for (const line of inOrder) {
        if (!fits(line.share, free)) {
          if (line.passed >= patience) return undefined
          passed.push(line)
          continue
        }
        for (const other of passed) other.passed++
        line.passed = 0
        const head = line.waiting.pop()
        if (head === undefined) continue
        size--
        return { item: head.item, share: line.share }
      }
      return undefined
    },
    drain: () => {
      const items = [...lines.values()].flatMap((line) => line.waiting.items()).sort((a, b) => a.order - b.order)
      lines.clear()
      size = 0
      return items.map(({ item }) => item)
    }
  }
}
