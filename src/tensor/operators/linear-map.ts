/** Constant matrices along one axis, the form of everything linear that acts on each axis by itself. */
import type { Graph, Value } from "../graph.ts"
import * as o from "../ops.ts"
import { at, sizeOf } from "../shape.ts"
import { fromNumbers, type TensorType } from "../tensor.ts"

const known = new WeakMap<Graph, Map<string, Value>>()

/** A constant that is made once for each graph and key. */
export const sharedConstant = (graph: Graph, key: string, { type, shape }: TensorType, numbers: () => ArrayLike<number>): Value => {
  const constants = known.get(graph) ?? new Map<string, Value>()
  known.set(graph, constants)
  const full = `${type} ${shape.join(" ")} ${key}`
  const value = constants.get(full) ?? graph.constant(fromNumbers(numbers(), { type, shape }))
  constants.set(full, value)
  return value
}

/** Rows of coefficients, each as long as the axis it is applied to. */
export type Matrix = ReadonlyArray<ArrayLike<number>>

/** The matrix times every line of x along the axis, which then has as many elements as there are rows. */
export const mapAxis = (x: Value, axis: number, matrix: Matrix): Value => {
  const { graph, shape, type } = x
  const [rows, size] = [matrix.length, at(shape, axis)]
  const key = matrix.map((row) => Array.from(row).join()).join(";")
  if (axis === shape.length - 1) {
    const transposed = () => Array.from({ length: size * rows }, (_, i) => at(matrix[i % rows] ?? [], Math.floor(i / rows)))
    const weights = sharedConstant(graph, `transposed ${key}`, { type, shape: [size, rows] }, transposed)
    return shape.length === 1 ? o.reshape(o.matMul(o.reshape(x, [1, size]), weights), [rows]) : o.matMul(x, weights)
  }
  const weights = sharedConstant(graph, key, { type, shape: [rows, size] }, () => matrix.flatMap((row) => Array.from(row)))
  const stack = o.reshape(x, [sizeOf(shape.slice(0, axis)), size, sizeOf(shape.slice(axis + 1))])
  return o.reshape(o.matMul(weights, stack), shape.with(axis, rows))
}
