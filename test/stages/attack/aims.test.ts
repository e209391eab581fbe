import { describe, expect, it } from "vitest"
import { randomStream } from "../../../src/stage/random.ts"
import { aimedAt } from "../../../stages/attack/lib/aims.ts"

const label = Int32Array.from({ length: 4000 }, (_, i) => i % 5)
const random = randomStream(0, "aims", "targets")

describe("targets", () => {
  it("are none, the label itself or the next class", () => {
    expect(aimedAt("none", label, 5, random)).toBeUndefined()
    expect([...aimedAt("own", label, 5, random) ?? []]).toEqual([...label])
    expect([...aimedAt("next", label, 5, random) ?? []].slice(0, 6)).toEqual([1, 2, 3, 4, 0, 1])
  })

  it("are spread evenly over the other classes, or over all", () => {
    const offsets = (aim: "random-other" | "random-any") => {
      const counts = [0, 0, 0, 0, 0]
      aimedAt(aim, label, 5, random)?.forEach((target, row) => {
        const offset = (target - (label[row] ?? 0) + 5) % 5
        counts[offset] = (counts[offset] ?? 0) + 1
      })
      return counts
    }
    const [own, ...others] = offsets("random-other")
    expect(own).toBe(0)
    for (const count of others) expect(Math.abs(count - 1000)).toBeLessThan(140) // five standard errors
    for (const count of offsets("random-any")) expect(Math.abs(count - 800)).toBeLessThan(130)
  })
})
