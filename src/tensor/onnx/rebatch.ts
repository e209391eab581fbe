/**
 * Models are often exported for one sample at a time, with that 1 written into the shapes that they reshape to. For another number of
 * samples such a shape follows the value that is reshaped. This guesses what the author meant, so whoever asks for it has to compare
 * with the file as it was (model/import does).
 */
import type { Value } from "../graph.ts"
import * as o from "../ops.ts"
import { sizeOf } from "../shape.ts"
import { tensor } from "../tensor.ts"
import { type Call, numberAttribute, numbersOf } from "./call.ts"

/** The call with its operands for `batch` samples, where they are for one; the same call without a batch. */
export const sharedBatch = (call: Call, batch: number | undefined): Call => {
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

/** A constant beside values for many samples is repeated for each. */
const concatenated = (call: Call, batch: number): Call => {
  const axis = numberAttribute(call, "axis") ?? 0
  const [head] = call.inputs
  const many = call.inputs.some((input) => input?.shape[0] === batch)
  if (!many || axis === 0 || (head !== undefined && axis === -head.shape.length)) return call
  const repeated = (input: Value | undefined) => (input?.shape[0] === 1 ? o.expand(input, input.shape.with(0, batch)) : input)
  return { ...call, inputs: call.inputs.map(repeated) }
}
