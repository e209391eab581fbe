import { describe, expect, it } from "vitest"
import { inOrder, showCycle } from "../../src/spec/graph.ts"
import { seeded } from "./fakes.ts"

describe("inOrder", () => {
  it("puts what is needed first", () => expect(inOrder(new Map([["c", ["b", "a"]], ["b", ["a"]], ["a", ["elsewhere"]]]))).toEqual({ order: ["a", "b", "c"], cycles: [] }))
  it("names each circle", () => {
    const { cycles } = inOrder(new Map([["a", ["b"]], ["b", ["c"]], ["c", ["a"]], ["d", ["d"]]]))
    expect(cycles.map(showCycle)).toEqual(["a -> b -> c -> a", "d -> d"])
  })
  it("takes a chain of any length", () => {
    const chain = new Map(Array.from({ length: 30_000 }, (_, i) => [`n${i}`, [`n${i + 1}`]] as const))
    expect(inOrder(chain).order.at(-1)).toBe("n0")
  })
  it("finds a circle exactly when there is one, for random graphs", () => {
    const random = seeded(3)
    for (let round = 0; round < 200; round++) {
      const names = ["a", "b", "c", "d", "e"]
      const needs = new Map(names.map((name) => [name, names.filter(() => random() < 0.25)] as const))
      const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
        (needs.get(from) ?? []).some((next) => next === to || (!seen.has(next) && reaches(next, to, seen.add(next))))
      const { cycles, order } = inOrder(needs)
      expect(cycles.length > 0).toBe(names.some((name) => reaches(name, name)))
      for (const cycle of cycles) cycle.forEach((name, i) => expect(needs.get(name)).toContain(cycle[(i + 1) % cycle.length]))
      expect(order.toSorted()).toEqual(names)
      const late = [...needs].flatMap(([name, needed]) => needed.filter((other) => order.indexOf(other) >= order.indexOf(name)))
      expect(late.length > 0).toBe(cycles.length > 0)
    }
  })
})
