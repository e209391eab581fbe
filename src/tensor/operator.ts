/**
 * What an operator is: a shape rule, a reference meaning, a derivative and how ONNX spells it, side by side in one value.
 * Names, attributes and semantics are ONNX's (https://onnx.ai/onnx/operators). Parameters that ONNX passes as small
 * int64 tensors (the shape of Reshape, the axes of ReduceSum) are attributes here; writing a model turns them into constants
 * and reading one turns them back.
 */
import type { Value } from "./graph.ts"
import { normaliseAxis, showShape } from "./shape.ts"
import type { Shape } from "./shape.ts"
import { type DataType, type TensorType, toNumbers } from "./tensor.ts"

export type AttributeValue = number | string | ReadonlyArray<number>
export type Attributes = Readonly<Record<string, AttributeValue>>

export interface AttributeRule {
  readonly kind: "int" | "ints" | "float" | "floats" | "string"
  /** Position of the input that carries it in ONNX; without one it is an ONNX attribute. A `float` carried by an input has the type of
   * the first input unless it says otherwise, ints are int64. */
  readonly input?: number
  /** The type of a `float` or `floats` operand, where it is not the first input's. */
  readonly type?: DataType
}

/** A tensor as the reference meaning sees it: doubles, whatever the declared type. */
export interface NdArray extends TensorType {
  readonly data: Float64Array
}

export interface DerivativeContext {
  readonly inputs: ReadonlyArray<Value>
  readonly outputs: ReadonlyArray<Value>
  readonly attributes: Attributes
  /** Gradient of the loss with respect to the first output. */
  readonly gradient: Value
  /** The same for every output; undefined for one that the loss does not depend on. */
  readonly gradients: ReadonlyArray<Value | undefined>
}

/** Builds the gradient with respect to one input, when it is wanted. */
export type InputGradient = () => Value

/** How an operator is called. */
export interface Signature {
  /** ONNX op_type. */
  readonly name: string
  /** ONNX domain; the standard one when absent. */
  readonly domain?: string
  /** Fewest and most inputs. */
  readonly inputs: readonly [number, number]
  readonly attributes?: Readonly<Record<string, AttributeRule>>
}

/**
 * An operator that stands for others, as ONNX's functions do: applying it builds them, so that its shape rule, meaning and derivative are
 * theirs. Right where the runtime has nothing faster.
 */
export interface Composition extends Signature {
  /** All outputs, built of other operators. @throws Misfit with a sentence on what is wrong. */
  compose(inputs: ReadonlyArray<Value>, attributes: Attributes): ReadonlyArray<Value>
}

export interface Operator extends Signature {
  /** Types and shapes of the outputs. @throws Misfit with a sentence on what is wrong. */
  infer(inputs: ReadonlyArray<TensorType>, attributes: Attributes): ReadonlyArray<TensorType>
  /** The meaning: slow, obvious, in float64. */
  evaluate(inputs: ReadonlyArray<NdArray>, attributes: Attributes, outputs: ReadonlyArray<TensorType>): ReadonlyArray<Float64Array>
  /** One entry for each input; undefined where the output does not depend on it smoothly (indices, comparisons). An operator without a
   * rule cannot be differentiated through. */
  derivative?(context: DerivativeContext): ReadonlyArray<InputGradient | undefined>
  /** A value that is the same for less work (x + 0, a transpose that moves nothing), if there is one. */
  simplify?(inputs: ReadonlyArray<Value>, attributes: Attributes, output: TensorType): Value | undefined
  /** How many outputs a file has to name, used or not (1). */
  readonly required?: number
  /** Only the runtime knows what it computes: the interpreter refuses it, and it is not computed while a graph is built. */
  readonly native?: boolean
  /** What it is built of where its attributes ask for a form that it does not have by itself; all its outputs. */
  compose?(inputs: ReadonlyArray<Value>, attributes: Attributes): ReadonlyArray<Value> | undefined
}

/** Inputs that an operator cannot take; the graph adds the operator's name and the shapes. */
export class Misfit extends Error {}

export const first = <A>(list: ReadonlyArray<A>): A => item(list, 0)

export const item = <A>(list: ReadonlyArray<A>, index: number): A => {
  const value = list[index]
  if (value === undefined) throw new Misfit(`needs at least ${index + 1} operands`)
  return value
}

export const intOf = (attributes: Attributes, name: string, fallback: number): number => {
  const value = attributes[name] ?? fallback
  if (typeof value !== "number") throw new Misfit(`attribute ${name} is to be a number`)
  return value
}
export const floatOf = intOf

export const intsOf = (attributes: Attributes, name: string): ReadonlyArray<number> | undefined => {
  const value = attributes[name]
  if (value === undefined) return undefined
  if (typeof value === "number" || typeof value === "string") throw new Misfit(`attribute ${name} is to be a list of numbers`)
  return value
}

export const stringOf = (attributes: Attributes, name: string, fallback: string): string => {
  const value = attributes[name] ?? fallback
  if (typeof value !== "string") throw new Misfit(`attribute ${name} is to be a string`)
  return value
}

/** The numbers of an operand that has to be known while the graph is built. */
export const constantNumbers = (value: Value, what: string): ReadonlyArray<number> => {
  if (value.constant === undefined) throw new Misfit(`its ${what} are computed by the graph; they are to be constants`)
  return [...toNumbers(value.constant)]
}

/** An axis attribute, counted from the front. */
export const axisOf = (axis: number, shape: Shape): number => {
  const normal = normaliseAxis(axis, shape.length)
  if (normal === undefined) throw new Misfit(`axis ${axis} is outside the shape ${showShape(shape)}`)
  return normal
}
