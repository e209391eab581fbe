/**
 * Models are often exported for one sample at a time, with that 1 written into the shapes that they reshape to. For another number of
 * samples such a shape follows the value that is reshaped. This guesses what the author meant, so whoever asks for it has to compare
 * with the file as it was (model/import does).
 */
import type { Value } from "../graph.ts"
import * as o from "../ops.ts"
import { at, normaliseAxis, sizeOf } from "../shape.ts"
import { tensor } from "../tensor.ts"
import { type Call, numberAttribute, numbersOf } from "./call.ts"

/** The call with its operands for `batch` samples, where they are for one, or what it computes; the same call without a batch. */
export const sharedBatch = (call: Call, batch: number | undefined): Call | ReadonlyArray<Value> => {
  if (batch === undefined || batch === 1) return call
  if (call.op === "Reshape") return reshaped(call, batch)
  return call.op === "Concat" ? concatenated(call, batch) : call
}

const reshaped = (call: Call, batch: number): Call => {
  const [x, target] = call.inputs
  if (x === undefined || target?.constant === undefined || x.shape[0] !== batch) return call
  const shape = numbersOf(target, "shape", call)
  if (shape[0] !== 1 || sizeOf(shape.filter((size) => size > 0)) > sizeOf(x.shape) / batch) return call
  return { ...call, inputs: [x, call.graph.constant(tensor(shape.with(0, batch), [shape.length], "int64"))] }
}

/** A constant beside values for many samples is repeated for each; one number repeated, which exporters write for zeros, is padding. */
const concatenated = (call: Call, batch: number): Call | ReadonlyArray<Value> => {
  const [left, right] = call.inputs
  const axis = normaliseAxis(numberAttribute(call, "axis") ?? 0, left?.shape.length ?? 0)
  if (axis === undefined || axis === 0 || !call.inputs.some((input) => input?.shape[0] === batch)) return call
  if (call.inputs.length === 2 && left !== undefined && right !== undefined) {
    const none = left.shape.map(() => 0)
    const [before, after] = [repeatedNumber(left), repeatedNumber(right)]
    if (after !== undefined && left.shape[0] === batch) return [o.pad(left, none, none.with(axis, at(right.shape, axis)), after)]
    if (before !== undefined && right.shape[0] === batch) return [o.pad(right, none.with(axis, at(left.shape, axis)), none, before)]
  }
  return { ...call, inputs: call.inputs.map((input) => (input?.shape[0] === 1 ? o.expand(input, input.shape.with(0, batch)) : input)) }
}

/** The number that a constant for one sample consists of, if there is only one. */
const repeatedNumber = ({ constant, node, shape }: Value): number | undefined => {
  if (shape[0] !== 1) return undefined
  const source = node?.operator.name === "Expand" ? node.inputs[0]?.constant : constant
  const [number] = source?.data ?? []
  return source !== undefined && number !== undefined && source.data.every((other: number | bigint) => other === number) ? Number(number) : undefined
}
