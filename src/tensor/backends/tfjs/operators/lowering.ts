/** What the lowering of one operator is, and what several of them share. */
import type { Node } from "../../../graph.ts"
import { first, type Attributes } from "../../../operator.ts"
import { at, type Shape } from "../../../shape.ts"
import type { DataType } from "../../../tensor.ts"
import type { Tf, TfTensor } from "../library.ts"

/** Computes a node's outputs. */
export type Step = (inputs: ReadonlyArray<TfTensor>) => ReadonlyArray<TfTensor>

/** Prepares a node once: shapes and attributes are known. @throws NoForm where these have no form in TensorFlow.js. */
export type Lowering = (tf: Tf, node: Node) => Step

export type Lowerings = Readonly<Record<string, Lowering>>

/** The operator has a lowering, but not for what this node asks for. */
export class NoForm extends Error {}

/** Where each element type is kept; undefined for one that TensorFlow.js does not have. */
export const storedAs: Readonly<Record<DataType, "float32" | "int32" | "bool" | undefined>> = {
  float32: "float32", float64: undefined, int32: "int32", int64: "int32", uint8: "int32", bool: "bool"
}

/** A lowering of an operator with one output from its operands and attributes. */
export const simple = (apply: (tf: Tf, inputs: ReadonlyArray<TfTensor>, attributes: Attributes, node: Node) => TfTensor): Lowering =>
  (tf, node) => (inputs) => [apply(tf, inputs, node.attributes, node)]

export const unary = (apply: (tf: Tf, x: TfTensor, attributes: Attributes, node: Node) => TfTensor): Lowering =>
  simple((tf, inputs, attributes, node) => apply(tf, first(inputs), attributes, node))

/** Shapes as TensorFlow.js takes them. */
export const sizes = (shape: Shape): Array<number> => [...shape]

/** `x` with zeros (or `value`) around it; negative sizes take elements away. */
export const padded = (tf: Tf, x: TfTensor, before: ReadonlyArray<number>, after: ReadonlyArray<number>, value = 0): TfTensor => {
  const starts = before.map((size) => Math.max(0, -size))
  const cut = starts.every((size) => size === 0) && after.every((size) => size >= 0)
    ? x
    : tf.slice(x, starts, x.shape.map((size, axis) => size - at(starts, axis) - Math.max(0, -at(after, axis))))
  return before.every((size) => size <= 0) && after.every((size) => size <= 0)
    ? cut
    : tf.pad(cut, before.map((size, axis): [number, number] => [Math.max(0, size), Math.max(0, at(after, axis))]), value)
}

/** Elements of x at known positions along one axis. */
export const picked = (tf: Tf, x: TfTensor, axis: number, positions: ReadonlyArray<number>): TfTensor => {
  const [start = 0] = positions
  if (positions.every((position, i) => position === start + i)) {
    return tf.slice(x, x.shape.map((_, i) => (i === axis ? start : 0)), x.shape.map((size, i) => (i === axis ? positions.length : size)))
  }
  return tf.gather(x, tf.tensor1d([...positions], "int32"), axis)
}

/** Axes in another order; nothing to do when it is the same. */
export const reordered = (tf: Tf, x: TfTensor, order: ReadonlyArray<number>): TfTensor =>
  order.every((axis, i) => axis === i) ? x : tf.transpose(x, [...order])

/** A copy of float numbers with a buffer of its own. */
export const copied = (tf: Tf, x: TfTensor): TfTensor => tf.mul(x, tf.onesLike(x))

/** The WASM kernels of products and convolutions remember the second operand by its buffer alone, so that a reshaped view of it gives nonsense:
 * there it gets a buffer of its own. */
export const unshared = (tf: Tf, x: TfTensor): TfTensor => (tf.getBackend() === "wasm" ? copied(tf, x) : x)
