/**
 * ScatterND with a reduction, one core at a time. onnxruntime's CPU provider divides the index tuples between threads and lets them add to one place at
 * the same moment: with two threads and repeated indices, additions are lost, other ones at every run. Its ScatterElements goes
 * through its updates in order, so the tuples become row numbers of a matrix.
 */
import type { Rule } from "./lower.ts"
import { first, item, stringOf } from "../operator.ts"
import * as o from "../ops.ts"
import { at, sizeOf } from "../shape.ts"
import { fromNumbers } from "../tensor.ts"

export const scatterInOrder: Rule = ({ operator, attributes }, inputs) => {
  if (operator.name !== "ScatterND" || stringOf(attributes, "reduction", "none") === "none") return undefined
  const [x, indices, updates] = [first(inputs), item(inputs, 1), item(inputs, 2)]
  const depth = indices.shape.at(-1) ?? 0
  if (depth === 0 || sizeOf(updates.shape) === 0) return undefined
  const [rows, width] = [sizeOf(x.shape.slice(0, depth)), sizeOf(x.shape.slice(depth))]
  const tuples = o.reshape(indices, [sizeOf(indices.shape.slice(0, -1)), depth])
  const constant = (numbers: ReadonlyArray<number>) => x.graph.constant(fromNumbers(numbers, { type: indices.type, shape: [depth] }))
  const sizes = constant(x.shape.slice(0, depth))
  const strides = constant(Array.from({ length: depth }, (_, axis) => sizeOf(x.shape.slice(axis + 1, depth))))
  const positive = depth === 1 ? tuples : o.where(o.less(tuples, 0), o.add(tuples, sizes), tuples)
  const numbers = depth === 1 ? tuples : o.reduceSum(o.mul(positive, strides), [1], true)
  const places = o.expand(numbers, [at(tuples.shape, 0), width])
  const operands = [o.reshape(x, [rows, width]), places, o.reshape(updates, [at(tuples.shape, 0), width])]
  return o.reshape(first(x.graph.apply("ScatterElements", operands, { axis: 0, reduction: stringOf(attributes, "reduction", "none") })), x.shape)
}
