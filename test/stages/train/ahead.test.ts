import { describe, expect, it } from "vitest"
import { ahead } from "../../../stages/train/lib/ahead.ts"

describe("what a step needs", () => {
  it("is made once, ahead where there was time", () => {
    const asked: Array<number> = []
    const feeds = ahead((step) => asked.push(step) && step * 10, 3)
    const taken = [0, 1, 2].map((step) => {
      const needed = feeds.take(step)
      feeds.make(step + 1)
      return needed
    })
    expect(taken).toEqual([0, 10, 20])
    expect(asked).toEqual([0, 1, 2]) // nothing after the last step
  })

  it("is made anew for another step than was expected, as after an interruption", () => {
    const feeds = ahead((step) => ({ step }), 10)
    feeds.make(4)
    expect(feeds.take(7)).toEqual({ step: 7 })
    expect(feeds.take(4)).toEqual({ step: 4 })
  })
})
