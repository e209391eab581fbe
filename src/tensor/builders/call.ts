/** What all builders share: applying an operator to values and plain numbers. */
import { GraphError } from "../errors.ts"
import type { Value } from "../graph.ts"
import type { AttributeValue, Attributes } from "../operator.ts"
import { normaliseAxis, showShape } from "../shape.ts"

/** A value, or a number that becomes a scalar of the other operand's type. */
export type Operand = Value | number

/** The first output of an operator; attributes that are undefined are left out. */
export const call = (op: string, inputs: ReadonlyArray<Value>, attributes: Readonly<Record<string, AttributeValue | undefined>> = {}): Value =>
  only(op, callMany(op, inputs, given(attributes), 1))

/** Several outputs of one operator. */
export const callMany = (op: string, inputs: ReadonlyArray<Value>, attributes: Attributes, outputs: number): ReadonlyArray<Value> => {
  const [head] = inputs
  if (head === undefined) throw new GraphError({ message: `${op} needs at least one value.` })
  return head.graph.apply(op, inputs, attributes, outputs)
}

const given = (attributes: Readonly<Record<string, AttributeValue | undefined>>): Attributes => {
  const result: Record<string, AttributeValue> = {}
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) result[name] = value
  return result
}

export const only = (op: string, outputs: ReadonlyArray<Value>): Value => {
  const [output] = outputs
  if (output === undefined) throw new GraphError({ message: `${op} has no output.` })
  return output
}

export const operands = (op: string, of: ReadonlyArray<Operand>): ReadonlyArray<Value> => {
  const like = of.find((operand) => typeof operand !== "number")
  if (like === undefined) throw new GraphError({ message: `${op} needs at least one value among its operands.` })
  return of.map((operand) => (typeof operand === "number" ? like.graph.constant(operand, like.type) : operand))
}

export const unary = (op: string) => (x: Value): Value => call(op, [x])
export const binary = (op: string) => (a: Operand, b: Operand): Value => call(op, operands(op, [a, b]))

/** An axis of x counted from the front. */
export const wholeAxis = (op: string, x: Value, axis: number): number => {
  const normal = normaliseAxis(axis, x.shape.length)
  if (normal === undefined) throw new GraphError({ message: `${op}: axis ${axis} is outside the shape ${showShape(x.shape)}.` })
  return normal
}
export const wholeAxes = (op: string, x: Value, axes: ReadonlyArray<number>): ReadonlyArray<number> => axes.map((axis) => wholeAxis(op, x, axis))

/** A reduction over the given axes, or over all. */
export const reduce = (op: string) => (x: Value, axes?: ReadonlyArray<number>, keepDims = false): Value =>
  call(op, [x], { axes: axes === undefined ? undefined : wholeAxes(op, x, axes), keepdims: keepDims ? 1 : 0 })
