import { assert, describe, it } from "@effect/vitest"
import { minimalFiltering, MOST_OUTPUTS } from "../../../src/tensor/lowering/minimal-filtering.ts"
import { Dice } from "../cases.ts"

const dot = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): number => a.reduce((sum, number, i) => sum + number * (b[i] ?? NaN), 0)

describe("minimal filtering", () => {
  for (const [outputs, taps] of [[1, 3], [2, 3], [3, 3], [MOST_OUTPUTS, 3], [4, 2], [2, 1]] as const) {
    it(`gives ${outputs} results of ${taps} taps from ${outputs + taps - 1} products`, () => {
      const { filter, points, result, source } = minimalFiltering(outputs, taps)
      assert.strictEqual(points, outputs + taps - 1)
      const dice = new Dice(outputs)
      const numbers = (count: number) => Array.from({ length: count }, () => dice.whole(-9, 9))
      const [pixels, weights] = [numbers(points), numbers(taps)]
      const products = source.map((row, i) => dot(row, pixels) * dot(filter[i] ?? [], weights))
      for (let k = 0; k < outputs; k++) {
        assert.closeTo(dot(result.map((row) => row[k] ?? NaN), products), dot(weights, pixels.slice(k, k + taps)), 1e-11)
      }
    })
  }

  it("is not for more results than there are points for", () => {
    assert.throws(() => minimalFiltering(MOST_OUTPUTS + 1, 3), "at most 4 results of 3 taps, not 5")
  })
})
