/** Small graphs of names: their cycles and an order in which what is needed comes first. Nothing recurses, so a chain of any length is fine. */

/** For each name, the names that it needs. Names that are no key are ignored. */
export type Needs = ReadonlyMap<string, ReadonlyArray<string>>

export interface Ordered {
  /** Every name after what it needs; as given where that leaves a choice. Members of a cycle stand somewhere. */
  readonly order: ReadonlyArray<string>
  /** One for each edge that closes a cycle, the first few; `[a, b]` is a needs b needs a. */
  readonly cycles: ReadonlyArray<ReadonlyArray<string>>
}

/** A dense tangle closes a cycle at every edge; a handful shows what is wrong. */
const mostCycles = 10

export const inOrder = (needs: Needs): Ordered => {
  const order: Array<string> = []
  const cycles: Array<ReadonlyArray<string>> = []
  const state = new Map<string, "open" | "done">()
  const stack: Array<{ readonly name: string; next: number }> = []
  const enter = (name: string) => {
    state.set(name, "open")
    stack.push({ name, next: 0 })
  }
  for (const root of needs.keys()) {
    if (state.has(root)) continue
    enter(root)
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const needed = needs.get(top.name)?.[top.next++]
      if (needed === undefined) {
        state.set(top.name, "done")
        order.push(top.name)
        stack.pop()
      } else if (state.get(needed) === "open") {
        if (cycles.length < mostCycles) cycles.push(stack.slice(stack.findIndex(({ name }) => name === needed)).map(({ name }) => name))
      } else if (!state.has(needed) && needs.has(needed)) {
        enter(needed)
      }
    }
  }
  return { order, cycles }
}

/** `a -> b -> a` */
export const showCycle = (cycle: ReadonlyArray<string>): string => [...cycle, ...cycle.slice(0, 1)].join(" -> ")
