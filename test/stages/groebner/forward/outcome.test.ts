/** Figures of many runs, against numbers worked out by hand. */
import { expect, test } from "vitest"
import { figuresOf, type Run } from "../../../../stages/groebner/lib/forward/outcome.ts"

const solved = (seconds: number, right = true): Run => ({ outcome: "solved", seconds, right, message: null })
const timeout: Run = { outcome: "timeout", seconds: null, right: null, message: null }
const failed: Run = { outcome: "failed", seconds: null, right: null, message: "no" }

test("timeouts count as the limit, failures in no time", () => {
  expect(figuresOf([solved(1), solved(3, false), timeout, failed, solved(2)], 10)).toEqual({
    samples: 5, solved: 3, timeouts: 1, failed: 1, right: 2, mean: 4, median: 2.5, p90: expect.closeTo(7.9), p99: expect.closeTo(9.79), greatest: 10
  })
})

test("quantiles of one run are its time", () => {
  expect(figuresOf([solved(0.5)], 1)).toMatchObject({ mean: 0.5, median: 0.5, p90: 0.5, p99: 0.5, greatest: 0.5 })
})
