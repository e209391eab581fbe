import { assert, describe, it } from "vitest"
import { grad } from "../../src/tensor/differentiate.ts"
import { Graph, reachable, type Value } from "../../src/tensor/graph.ts"
import { mapArray, mapAxis, transposed } from "../../src/tensor/operators/linear-map.ts"
import * as o from "../../src/tensor/ops.ts"
import { interpret } from "../../src/tensor/reference.ts"
import { sizeOf } from "../../src/tensor/shape.ts"
import { fromNumbers, tensor, toNumbers } from "../../src/tensor/tensor.ts"

const numbers = (value: Value | undefined, feeds: Parameters<typeof interpret>[1]): ReadonlyArray<number> => {
  const { y } = value === undefined ? {} : interpret({ y: value }, feeds)
  return y === undefined ? [] : [...toNumbers(y)]
}

/** Rows with three coefficients each, on an axis of this length. */
const banded = (rows: number, size: number) => Array.from({ length: rows }, (_, row) =>
  Float64Array.from({ length: size }, (_, column) => (Math.abs(column - row * 2 - 1) <= 1 ? 1 + row + column / 8 : 0)))

describe("a matrix along an axis", () => {
  for (const [size, form] of [[16, "MatMul"], [200, "Gather"]] as const) {
    for (const axis of [0, 1, 2]) {
      it(`as ${form} on axis ${axis}, its gradient by the transpose`, () => {
        const shape = [2, 3, 2].with(axis, size)
        const matrix = banded(5, size)
        const graph = new Graph()
        const x = graph.input("x", shape, "float64")
        const feed = tensor(Float64Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i)), shape)
        const y = mapAxis(x, axis, "banded", matrix)
        assert.include(reachable([y]).map(({ node }) => node?.operator.name), form)
        const expected = mapArray(toNumbers(feed), shape, axis, matrix)
        numbers(y, { x: feed }).forEach((value, i) => assert.closeTo(value, expected[i] ?? NaN, 1e-12))
        const weights = Float64Array.from(expected, (_, i) => Math.cos(i))
        const [gradient] = grad(o.reduceSum(o.mul(y, graph.constant(fromNumbers(weights, y)))), [x])
        const back = mapArray(weights, y.shape, axis, transposed(matrix, size))
        numbers(gradient, { x: feed }).forEach((value, i) => assert.closeTo(value, back[i] ?? NaN, 1e-12))
      })
    }
  }
})
