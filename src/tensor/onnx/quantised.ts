/**
 * Models of small whole numbers, said in the engine's own operators: scales and zero points taken out, the product or convolution, and the
 * result put on its scale again. The engine holds int8 in int32, so that a file's int8 weights are read as what they are.
 */
import { only } from "../builders/call.ts"
import { GraphError } from "../errors.ts"
import type { Value } from "../graph.ts"
import type { AttributeValue } from "../operator.ts"
import * as o from "../ops.ts"
import { normaliseAxis, sizeOf } from "../shape.ts"
import { type Call, numberAttribute, operand, plainAttribute } from "./call.ts"
import type { Composition } from "./compositions.ts"

/** One number for all elements, or one for each index of an axis of x. */
const along = (value: Value, x: Value, axis: number): Value =>
  sizeOf(value.shape) === 1 ? o.reshape(value, []) : o.reshape(value, x.shape.map((size, i) => (i === axis ? size : 1)))

const axisOf = (call: Call, x: Value): number => normaliseAxis(numberAttribute(call, "axis") ?? 1, x.shape.length) ?? 0

/** (x - zero point) * scale */
const real = (x: Value, scale: Value, zero: Value | undefined, axis: number): Value => {
  const shifted = zero === undefined ? o.cast(x, scale.type) : o.sub(o.cast(x, scale.type), along(o.cast(zero, scale.type), x, axis))
  return o.mul(shifted, along(scale, x, axis))
}

/** round(x / scale) + zero point, within uint8: the other whole-number types are not told apart. */
const whole = (x: Value, scale: Value, zero: Value | undefined, axis: number, { where }: Call): Value => {
  if (zero !== undefined && zero.type !== "uint8") throw new GraphError({ message: `${where}: only uint8 is quantized to.` })
  const steps = o.round(o.div(x, along(scale, x, axis)))
  const shifted = zero === undefined ? steps : o.add(steps, along(o.cast(zero, x.type), x, axis))
  return o.cast(o.clip(shifted, 0, 255), "uint8")
}

/** Along an axis or for all. */
const dequantize: Composition = (call) => {
  const x = operand(call, 0)
  if ((numberAttribute(call, "block_size") ?? 0) !== 0) throw new GraphError({ message: `${call.where}: scales in blocks are not supported.` })
  return [real(x, operand(call, 1), call.inputs[2], axisOf(call, x))]
}

const quantize: Composition = (call) => {
  const x = operand(call, 0)
  return [whole(x, operand(call, 1), call.inputs[2], axisOf(call, x), call)]
}

/** The scale and the zero point that take in 0 and all elements. */
const quantizeByRange: Composition = (call) => {
  const x = operand(call, 0)
  const [least, most] = [o.min(o.reduceMin(x), 0), o.max(o.reduceMax(x), 0)]
  const scale = o.div(o.sub(most, least), 255)
  const zero = o.cast(o.clip(o.round(o.div(o.neg(least), scale)), 0, 255), "uint8")
  return [whole(x, scale, zero, 0, call), scale, zero]
}

/** Whole numbers less their zero points, as `type`. */
const centred = (x: Value, zero: Value | undefined, axis: number, type: "int32" | "float32"): Value =>
  zero === undefined ? o.cast(x, type) : o.sub(o.cast(x, type), along(o.cast(zero, type), x, axis))

/** Rows of the first factor and columns of the second may have zero points of their own. */
const matMulOfIntegers: Composition = (call) => {
  const [a, b] = [operand(call, 0), operand(call, 1)]
  return [o.matMul(centred(a, call.inputs[2], a.shape.length - 2, "int32"), centred(b, call.inputs[3], b.shape.length - 1, "int32"))]
}

/** With the attributes of the call, which are those of Conv. */
const convolution = (call: Call, x: Value, w: Value): Value => {
  const attributes: Record<string, AttributeValue> = {}
  for (const [name, attribute] of call.attributes) {
    const value = plainAttribute(attribute)
    if (value !== undefined) attributes[name] = value
  }
  return only("Conv", call.graph.apply("Conv", [x, w], attributes))
}

/** In float32, since no runtime convolves int32: exact up to sums of 2^24, to 24 bits beyond. */
const convolutionOfIntegers: Composition = (call) => {
  const [x, w] = [operand(call, 0), operand(call, 1)]
  return [o.cast(o.round(convolution(call, centred(x, call.inputs[2], 1, "float32"), centred(w, call.inputs[3], 0, "float32"))), "int32")]
}

/** a, its scale and zero point, b with its own, and those of the result. */
const matMulOnScales: Composition = (call) => {
  const [a, b] = [operand(call, 0), operand(call, 3)]
  const product = o.matMul(
    real(a, operand(call, 1), call.inputs[2], a.shape.length - 2), real(b, operand(call, 4), call.inputs[5], b.shape.length - 1)
  )
  return [whole(product, operand(call, 6), call.inputs[7], product.shape.length - 1, call)]
}

/** The bias is on the scale of the products. */
const convolutionOnScales: Composition = (call) => {
  const [x, w, bias] = [operand(call, 0), operand(call, 3), call.inputs[8]]
  const [ofX, ofW] = [operand(call, 1), operand(call, 4)]
  const y = convolution(call, real(x, ofX, call.inputs[2], 1), real(w, ofW, call.inputs[5], 0))
  const biased = bias === undefined ? y : o.add(y, along(o.mul(o.cast(bias, ofX.type), o.mul(ofX, ofW)), y, 1))
  return [whole(biased, operand(call, 6), call.inputs[7], 1, call)]
}

export const quantisations: ReadonlyArray<readonly [string, Composition]> = [
  ["DequantizeLinear", dequantize], ["QuantizeLinear", quantize], ["DynamicQuantizeLinear", quantizeByRange], ["MatMulInteger", matMulOfIntegers],
  ["ConvInteger", convolutionOfIntegers], ["QLinearMatMul", matMulOnScales], ["QLinearConv", convolutionOnScales]
]
