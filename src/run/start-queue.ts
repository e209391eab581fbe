/**
 * Tasks that are to run, waiting for room. The earliest goes first; where it does not fit, later ones that ask for something
 * else may pass it, but not for ever, or a stream of small tasks would keep a large one waiting to the end. Constant time per
 * task, however many wait: tasks that ask for the same wait in one line.
 */
import { fits, type Resources } from "./resources.ts"

export interface StartQueue<A> {
  readonly size: number
  add(item: A, share: Resources): void
  /** The next item for which there is room. */
  next(free: Resources): { readonly item: A; readonly share: Resources } | undefined
  drain(): ReadonlyArray<A>
}

interface Line<A> {
  readonly share: Resources
  readonly waiting: Array<{ readonly item: A; readonly order: number }>
  /** Position of the first that still waits. */
  first: number
  passed: number
}

/** How often the head of a line may be passed. */
const patience = 32

export const makeStartQueue = <A>(): StartQueue<A> => {
  const lines = new Map<string, Line<A>>()
  let order = 0
  let size = 0
  const orderOf = (line: Line<A>) => line.waiting[line.first]?.order ?? Infinity
  return {
    get size() {
      return size
    },
    add: (item, share) => {
      const key = `${share.cpus}/${share.gpus}/${share.memoryMiB}${share.others === undefined ? "" : `/${JSON.stringify(share.others)}`}`
      const line = lines.get(key) ?? { share, waiting: [], first: 0, passed: 0 }
      lines.set(key, line)
      line.waiting.push({ item, order: order++ })
      size++
    },
    next: (free) => {
      const inOrder = [...lines.values()].filter((line) => line.first < line.waiting.length).sort((a, b) => orderOf(a) - orderOf(b))
      const passed: Array<Line<A>> = []
      for (const line of inOrder) {
        const head = line.waiting[line.first]
        if (head === undefined) continue
        if (!fits(line.share, free)) {
          if (line.passed >= patience) return undefined
          passed.push(line)
          continue
        }
        for (const other of passed) other.passed++
        line.passed = 0
        line.first++
        size--
        if (line.first === line.waiting.length) {
          line.waiting.length = 0
          line.first = 0
        }
        return { item: head.item, share: line.share }
      }
      return undefined
    },
    drain: () => {
      const items = [...lines.values()].flatMap((line) => line.waiting.slice(line.first)).sort((a, b) => a.order - b.order)
      lines.clear()
      size = 0
      return items.map(({ item }) => item)
    }
  }
}
