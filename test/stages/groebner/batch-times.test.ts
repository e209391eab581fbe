import { expect, test } from "vitest"
import { BatchTimes } from "../../../stages/groebner/lib/batch-times.ts"

/** Long enough for the clock of processor time. */
const letters = (some: ReadonlyArray<string>): ReadonlyArray<string> => {
  let sum = 0
  for (let i = 0; i < 2_000_000; i++) sum += Math.sqrt(i)
  return sum > 0 ? some : []
}

test("the first batch counts only where it is the only one", () => {
  const times = new BatchTimes()
  const made = times.timed(() => letters(["a", "b", "c"]), ({ length }) => length)
  expect(made).toEqual(["a", "b", "c"])
  expect(times.total().samples).toBe(3)
  times.timed(() => letters(["d", "e"]), ({ length }) => length)
  times.timed(() => letters(["f"]), ({ length }) => length)
  expect(times.total().samples).toBe(3)
  expect(times.total().seconds).toBeGreaterThan(0)
  expect(times.total().processor).toBeGreaterThan(0)
})
