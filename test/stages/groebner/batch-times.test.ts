import { expect, test } from "vitest"
import { BatchTimes } from "../../../stages/groebner/lib/batch-times.ts"

test("the first batch counts only where it is the only one", () => {
  const times = new BatchTimes()
  const made = times.timed(() => ["a", "b", "c"], ({ length }) => length)
  expect(made).toEqual(["a", "b", "c"])
  expect(times.total().samples).toBe(3)
  times.timed(() => ["d", "e"], ({ length }) => length)
  times.timed(() => ["f"], ({ length }) => length)
  expect(times.total().samples).toBe(3)
  expect(times.total().seconds).toBeGreaterThan(0)
})
