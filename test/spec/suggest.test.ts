import { describe, expect, it } from "vitest"
import { editDistance } from "../../src/text/edit-distance.ts"
import { suggest, suggestion } from "../../src/spec/suggest.ts"
import { seeded } from "./fakes.ts"

describe("suggest", () => {
  it.each([
    ["stagse", ["stages", "sweeps"], "stages"],
    ["Stages", ["stages"], "stages"],
    ["learning_rate", ["learning-rate", "rate"], "learning-rate"],
    ["gauss", ["data/gauss", "data/mnist"], "data/gauss"],
    ["data/gaus", ["data/gauss"], "data/gauss"],
    ["xyz", ["abc"], undefined],
    ["a", ["b", "c"], undefined],
    ["lf", ["lr", "rate"], "lr"],
    ["", ["a"], undefined]
  ])("%s", (written, known, expected) => expect(suggest(written, known)).toBe(expected))

  it("lists what there is when nothing is near", () => {
    expect(suggestion("zzzzzz", ["a-name", "b-name"])).toBe("known: a-name, b-name")
    expect(suggestion("zzzzzz", ["grid"])).toBe("the only one is \"grid\"")
    expect(suggestion("zzzzzz", [])).toBeUndefined()
  })
})

describe("editDistance", () => {
  /** The recursion that defines optimal string alignment. */
  const byDefinition = (a: string, b: string): number =>
    a === "" || b === "" ? Math.max(a.length, b.length)
      : Math.min(
        byDefinition(a.slice(1), b) + 1,
        byDefinition(a, b.slice(1)) + 1,
        byDefinition(a.slice(1), b.slice(1)) + (a[0] === b[0] ? 0 : 1),
        a.length > 1 && b.length > 1 && a[0] === b[1] && a[1] === b[0] ? byDefinition(a.slice(2), b.slice(2)) + 1 : Number.POSITIVE_INFINITY
      )
  const random = seeded(7)
  const word = () => Array.from({ length: Math.floor(random() * 6) }, () => "abc".charAt(Math.floor(random() * 3))).join("")

  it("is what its definition says, up to the limit", () => {
    for (let round = 0; round < 200; round++) {
      const [a, b] = [word(), word()]
      const distance = byDefinition(a, b)
      expect([a, b, editDistance(a, b)]).toEqual([a, b, distance])
      for (const limit of [1, 2, 3]) expect(Math.min(limit, editDistance(a, b, limit))).toBe(Math.min(limit, distance))
    }
  })
})
