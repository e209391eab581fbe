/** Operators that place ones, zeros or elements by a rule known while the graph is built: choices by constant masks. */
import type { Graph, Value } from "../graph.ts"
import { type Composition, constantNumbers, first, intOf, item, Misfit } from "../operator.ts"
import * as o from "../ops.ts"
import { at, type Shape } from "../shape.ts"
import { type DataType, fromNumbers } from "../tensor.ts"

const constant = (graph: Graph, numbers: ReadonlyArray<number>, type: DataType, shape: Shape = [numbers.length]): Value =>
  graph.constant(fromNumbers(numbers, { type, shape }))

/** Where a test holds over a matrix. */
const mask = (graph: Graph, rows: number, columns: number, test: (row: number, column: number) => boolean): Value =>
  constant(graph, Array.from({ length: rows * columns }, (_, i) => (test(Math.floor(i / columns), i % columns) ? 1 : 0)), "bool", [rows, columns])

/** The last two sizes of a shape. */
const matrixSizes = ({ shape }: Value): readonly [number, number] => {
  if (shape.length < 2) throw new Misfit("takes matrices or stacks of them")
  return [at(shape, shape.length - 2), at(shape, shape.length - 1)]
}

export const masks: ReadonlyArray<Composition> = [
  {
    name: "Trilu",
    inputs: [1, 1],
    attributes: { upper: { kind: "int" }, k: { kind: "int", input: 1 } },
    compose: (inputs, attributes) => {
      const x = first(inputs)
      const [rows, columns] = matrixSizes(x)
      const k = intOf(attributes, "k", 0)
      const upper = intOf(attributes, "upper", 1) !== 0
      return [o.where(mask(x.graph, rows, columns, (row, column) => (upper ? column >= row + k : column <= row + k)), x, 0)]
    }
  },
  {
    // Indices, depth, and the values for off and on; indices outside give no "on".
    name: "OneHot",
    inputs: [3, 3],
    attributes: { axis: { kind: "int" } },
    compose: (inputs, attributes) => {
      const [indices, depths, values] = [first(inputs), item(inputs, 1), item(inputs, 2)]
      const [depth = 0] = constantNumbers(depths, "depth")
      const rank = indices.shape.length + 1
      const given = intOf(attributes, "axis", -1)
      const axis = given < 0 ? given + rank : given
      if (!(axis >= 0 && axis < rank)) throw new Misfit(`axis ${given} is outside the ${rank} axes of the result`)
      const along = Array.from({ length: rank }, (_, i) => (i === axis ? depth : 1))
      const places = constant(indices.graph, [...Array(depth).keys()], indices.type, along)
      const sizes = indices.shape.toSpliced(axis, 0, 1)
      const counted = o.reshape(o.where(o.less(indices, 0), o.add(indices, depth), indices), sizes)
      const [off, on] = [o.reshape(o.slice(values, [0], [1]), []), o.reshape(o.slice(values, [1], [2]), [])]
      return [o.where(o.equal(places, counted), on, off)]
    }
  }
]
