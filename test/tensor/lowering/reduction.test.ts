import { assert, describe, it } from "@effect/vitest"
import { Graph } from "../../../src/tensor/graph.ts"
import { lower } from "../../../src/tensor/lowering/lower.ts"
import { pixelsFirst } from "../../../src/tensor/lowering/reduction.ts"
import * as o from "../../../src/tensor/ops.ts"
import { sizeOf } from "../../../src/tensor/shape.ts"
import { fromNumbers } from "../../../src/tensor/tensor.ts"
import { apart, Dice } from "../cases.ts"
import { checkSame, operators } from "./compare.ts"

describe("sums of channels", () => {
  const graph = new Graph()
  const x = graph.input("x", [3, 2, 4, 5])
  const feeds = { x: fromNumbers(apart(new Dice(5), sizeOf(x.shape), -1, 1), x) }

  it("are taken over pixels first, then over samples", () => {
    for (const keepDims of [true, false]) {
      const outputs = { sum: o.reduceSum(x, [0, 2, 3], keepDims), mean: o.reduceMean(x, [3, 0, 2], keepDims) }
      const lowered = lower(outputs, [pixelsFirst])
      assert.lengthOf(operators(lowered).filter((name) => name.startsWith("Reduce")), 4)
      checkSame(outputs, lowered, feeds)
    }
  })

  it("are all that is meant: other axes and other reductions stay", () => {
    for (const y of [o.reduceSum(x, [0, 2]), o.reduceSum(x, [2, 3]), o.reduceSum(x), o.reduceMax(x, [0, 2, 3])]) {
      assert.lengthOf(operators(lower({ y }, [pixelsFirst])).filter((name) => name.startsWith("Reduce")), 1)
    }
  })
})
