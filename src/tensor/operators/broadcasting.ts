/** What all operators share that work element by element on operands broadcast to one shape. */
import type { Value } from "../graph.ts"
import { type Attributes, first, Misfit, type NdArray } from "../operator.ts"
import { at, broadcastShapes, broadcastStrides, sameShape, type Shape, showShape, sizeOf, walk } from "../shape.ts"
import type { TensorType } from "../tensor.ts"

/** The shape that all operands broadcast to. */
export const commonShape = (inputs: ReadonlyArray<TensorType>): Shape => {
  const shape = broadcastShapes(inputs.map((input) => input.shape))
  if (shape === undefined) throw new Misfit(`the shapes ${inputs.map((input) => showShape(input.shape)).join(", ")} do not broadcast`)
  return shape
}

export const sameTypes = (inputs: ReadonlyArray<TensorType>): void => {
  if (inputs.some(({ type }) => type !== first(inputs).type)) throw new Misfit("the element types differ")
}

/** Operands of one type give one result of that type. */
export const inferCommon = (inputs: ReadonlyArray<TensorType>): ReadonlyArray<TensorType> => {
  sameTypes(inputs)
  return [{ type: first(inputs).type, shape: commonShape(inputs) }]
}

/** Applies `f` to the operands' elements at every index of `shape`. */
export const mapElements = (inputs: ReadonlyArray<NdArray>, shape: Shape, f: (...operands: Array<number>) => number): Float64Array => {
  const result = new Float64Array(sizeOf(shape))
  walk(shape, inputs.map((input) => broadcastStrides(input.shape, shape)), (position, offsets) => {
    result[position] = f(...inputs.map((input, i) => at(input.data, at(offsets, i))))
  })
  return result
}

/** The number that a constant scalar (or a constant repeated by Expand) holds. */
export const constantNumber = (value: Value): number | undefined => {
  const source = unexpanded(value)
  return source.constant !== undefined && sizeOf(source.shape) === 1 ? Number(source.constant.data[0]) : undefined
}

const unexpanded = (value: Value): Value => (value.node?.operator.name === "Expand" ? first(value.node.inputs) : value)

/** The same operator on operands before their Expand, where broadcasting gives the same shape anyway. */
export const withoutExpand = (op: string) => (inputs: ReadonlyArray<Value>, attributes: Attributes, output: TensorType): Value | undefined => {
  for (const [i, input] of inputs.entries()) {
    const source = unexpanded(input)
    if (source === input) continue
    const replaced = inputs.with(i, source)
    const shape = broadcastShapes(replaced.map((operand) => operand.shape))
    if (shape !== undefined && sameShape(shape, output.shape)) return first(first(inputs).graph.apply(op, replaced, attributes))
  }
  return undefined
}
