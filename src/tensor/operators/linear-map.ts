/** Constant matrices along one axis, the form of everything linear that acts on each axis by itself. */
import type { Graph, Value } from "../graph.ts"
import * as o from "../ops.ts"
import { at, type Shape, sizeOf } from "../shape.ts"
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

/** One row of coefficients for each element of the result, as long as the axis it is applied to. */
export type Matrix = ReadonlyArray<Float64Array>

export const transposed = (matrix: Matrix, columns: number): Matrix =>
  Array.from({ length: columns }, (_, column) => Float64Array.from(matrix, (row) => at(row, column)))

/** A product costs as many multiplications as the axis is long; sums of gathered elements move memory, for each coefficient that is not 0. */
const GATHER_COST = 48

/**
 * The matrix times every line of x along the axis, which then has as many elements as there are rows.
 * @param key says which matrix it is, so that equal ones are kept once
 */
export const mapAxis = (x: Value, axis: number, key: string, matrix: Matrix): Value => {
  const size = at(x.shape, axis)
  const most = Math.max(0, ...matrix.map((row) => row.reduce((count, coefficient) => count + (coefficient === 0 ? 0 : 1), 0)))
  return most * GATHER_COST < size ? bySums(x, axis, key, matrix, most) : byProduct(x, axis, key, matrix)
}

const byProduct = (x: Value, axis: number, key: string, matrix: Matrix): Value => {
  const { graph, shape, type } = x
  const [rows, size] = [matrix.length, at(shape, axis)]
  if (axis === shape.length - 1) {
    const weights = sharedConstant(graph, `transposed ${key}`, { type, shape: [size, rows] }, () => transposed(matrix, size).flatMap((row) => [...row]))
    return o.reshape(o.matMul(o.reshape(x, [-1, size]), weights), shape.with(axis, rows))
  }
  const weights = sharedConstant(graph, key, { type, shape: [rows, size] }, () => matrix.flatMap((row) => [...row]))
  const stack = o.reshape(x, [sizeOf(shape.slice(0, axis)), size, sizeOf(shape.slice(axis + 1))])
  return o.reshape(o.matMul(weights, stack), shape.with(axis, rows))
}

/** For every row its first coefficient that is not 0, then its second, and so on. */
const bySums = (x: Value, axis: number, key: string, matrix: Matrix, most: number): Value => {
  const { graph, type } = x
  const taps = matrix.map((row) => [...row.entries()].filter(([, coefficient]) => coefficient !== 0))
  const along = x.shape.map((_, i) => (i === axis ? matrix.length : 1))
  const terms = Array.from({ length: most }, (_, rank) => {
    const places = sharedConstant(graph, `places ${rank} ${key}`, { type: "int64", shape: [matrix.length] }, () => taps.map((row) => row[rank]?.[0] ?? 0))
    const weights = sharedConstant(graph, `weights ${rank} ${key}`, { type, shape: along }, () => taps.map((row) => row[rank]?.[1] ?? 0))
    return o.mul(o.gather(x, places, axis), weights)
  })
  return terms.length === 0 ? o.full(x, x.shape.with(axis, matrix.length), 0) : terms.reduce((sum, term) => o.add(sum, term))
}

/** The same on plain numbers. */
export const mapArray = (data: Float64Array, shape: Shape, axis: number, matrix: Matrix): Float64Array => {
  const [size, inner] = [at(shape, axis), sizeOf(shape.slice(axis + 1))]
  const result = new Float64Array((data.length / Math.max(1, size)) * matrix.length)
  for (let outer = 0; outer < sizeOf(shape.slice(0, axis)); outer++) {
    matrix.forEach((row, i) => {
      for (let offset = 0; offset < inner; offset++) {
        result[(outer * matrix.length + i) * inner + offset] =
          row.reduce((sum, coefficient, j) => (coefficient === 0 ? sum : sum + coefficient * at(data, (outer * size + j) * inner + offset)), 0)
      }
    })
  }
  return result
}
