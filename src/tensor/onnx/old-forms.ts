/**
 * How operators were written in earlier operator sets, or may be written in several ways, and the one way that the engine knows: a table
 * by operator. Parameters that moved from attributes to inputs under the same name need no entry; they are read from either.
 * Each operator's history is at https://onnx.ai/onnx/operators.
 */
import { GraphError } from "../errors.ts"
import type { Value } from "../graph.ts"
import * as o from "../ops.ts"
import { at, broadcastShapes, normaliseAxis, sizeOf } from "../shape.ts"
import type { DataType } from "../tensor.ts"
import { type Call, type CallAttribute, listAttribute, numberAttribute, numbersOf, operand, textAttribute, withAttributes } from "./call.ts"
import { elementTypes, holdingType } from "./types.ts"

export interface OldForm {
  readonly operators: ReadonlyArray<string>
  /** The operator set that brought the present form; without one, every set allows this way of writing. */
  readonly before?: number
  /** The call in the present form, or what it computes. */
  readonly rewrite: (call: Call) => Call | ReadonlyArray<Value>
}

/** A second operand aligned at an axis, where later sets align at the end only. */
const alignedAtAxis = (call: Call): Call => {
  const axis = numberAttribute(call, "axis")
  const [a, b] = [operand(call, 0), operand(call, 1)]
  const plain = withAttributes(call, { axis: undefined, broadcast: undefined })
  if (axis === undefined) return plain
  const from = axis < 0 ? axis + a.shape.length : axis
  const after = Array.from({ length: a.shape.length - from - b.shape.length }, () => 1)
  return { ...plain, inputs: [a, o.reshape(b, [...b.shape, ...after])] }
}

/** Softmax over everything from an axis on, as if that were one axis. */
const flattened = (call: Call): Call | ReadonlyArray<Value> => {
  const x = operand(call, 0)
  const axis = normaliseAxis(numberAttribute(call, "axis") ?? 1, x.shape.length) ?? 1
  if (axis === x.shape.length - 1) return withAttributes(call, { axis: -1 })
  const flat = o.reshape(x, [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis))])
  const [y] = x.graph.apply(call.op, [flat], { axis: -1 })
  return y === undefined ? [] : [o.reshape(y, x.shape)]
}

const limits: Readonly<Record<DataType, readonly [number, number]>> = {
  float32: [-Infinity, Infinity], float64: [-Infinity, Infinity], bool: [0, 1], uint8: [0, 255], int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]
}

/** Bounds as inputs, those left out at the ends of the type. */
const bounded = (call: Call): Call => {
  const x = operand(call, 0)
  const [least, most] = limits[x.type]
  const bound = (position: number, name: string, otherwise: number) =>
    call.inputs[position] ?? x.graph.constant(numberAttribute(call, name) ?? otherwise, x.type)
  return { ...withAttributes(call, { min: undefined, max: undefined }), inputs: [x, bound(1, "min", least), bound(2, "max", most)] }
}

/** Upsample and the first Resize scale by corners: output i lies at input i / scale. */
const scaledByCorners = (call: Call): Call => {
  const scales = listAttribute(call, "scales") ?? numbersOf(operand(call, 1), "scales", call)
  const attributes = { scales, coordinate_transformation_mode: "asymmetric", nearest_mode: "floor", mode: textAttribute(call, "mode") ?? "nearest" }
  return { ...withAttributes(call, attributes), op: "Resize", inputs: [operand(call, 0)] }
}

/** What is empty stands for what is left out. */
const withoutEmptyOperands = (call: Call): Call => ({
  ...call, inputs: call.inputs.map((input, position) => (position > 0 && input !== undefined && sizeOf(input.shape) === 0 ? undefined : input))
})

/** Numbers of a type that the engine holds in another one are cast to that one. */
const castToHeld = (call: Call): Call => {
  const to = call.attributes.get("to")
  const number = typeof to === "string" ? typeNames[to] ?? 0 : typeof to === "number" ? to : 0
  const type = holdingType(number)
  if (type === undefined) throw new GraphError({ message: `${call.where}: it casts to a type that the engine does not have (${to}).` })
  return withAttributes(call, { to: elementTypes[type], saturate: undefined, round_mode: undefined })
}
const typeNames: Readonly<Record<string, number>> = { FLOAT: 1, UINT8: 2, INT8: 3, UINT16: 4, INT16: 5, INT32: 6, INT64: 7, BOOL: 9, FLOAT16: 10, DOUBLE: 11 }

/** Padding that makes the output a given size, or the input's size times the strides. */
const explicitTransposedPads = (call: Call): Call => {
  const [x, w] = [operand(call, 0), operand(call, 1)]
  const auto = textAttribute(call, "auto_pad") ?? "NOTSET"
  const wanted = listAttribute(call, "output_shape")
  const plain = withAttributes(call, { auto_pad: undefined, output_shape: undefined })
  if (wanted === undefined && (auto === "NOTSET" || auto === "VALID")) return auto === "VALID" ? withAttributes(plain, { pads: undefined }) : plain
  const spatial = x.shape.slice(2)
  const each = (name: string, otherwise: number) => listAttribute(call, name) ?? spatial.map(() => otherwise)
  const [strides, dilations, extra] = [each("strides", 1), each("dilations", 1), each("output_padding", 0)]
  const kernel = listAttribute(call, "kernel_shape") ?? w.shape.slice(2)
  const totals = spatial.map((size, axis) => {
    const target = wanted?.slice(-spatial.length)[axis] ?? size * at(strides, axis)
    return (size - 1) * at(strides, axis) + at(extra, axis) + (at(kernel, axis) - 1) * at(dilations, axis) + 1 - target
  })
  // A total that is negative makes the output longer than the windows reach, at the end of an axis.
  const padding = totals.map((total) => Math.max(total, 0))
  const [small, large] = [padding.map((total) => Math.floor(total / 2)), padding.map((total) => Math.ceil(total / 2))]
  return withAttributes(plain, {
    pads: auto === "SAME_UPPER" ? [...small, ...large] : [...large, ...small],
    output_padding: extra.map((size, axis) => size + Math.max(0, -at(totals, axis)))
  })
}

/** Scale and bias for each group, repeated for each channel. */
const perChannel = (call: Call): Call => {
  const [x, scale, bias] = [operand(call, 0), operand(call, 1), operand(call, 2)]
  const channels = at(x.shape, 1)
  const repeat = (of: Value): Value => {
    const groups = sizeOf(of.shape)
    return o.reshape(o.expand(o.reshape(of, [groups, 1]), [groups, channels / groups]), [channels])
  }
  return { ...call, inputs: [x, repeat(scale), repeat(bias)] }
}

/** Without sizes a Split makes equal parts, as many as it has outputs. */
const equalParts = (call: Call): Call =>
  call.inputs[1] !== undefined || call.attributes.has("split") || call.attributes.has("num_outputs") ? call : withAttributes(call, { num_outputs: call.outputs })

/** A slope for each channel, aligned there. */
const slopeAtChannels = (call: Call): Call => {
  const [x, slope] = [operand(call, 0), operand(call, 1)]
  const aligned = broadcastShapes([x.shape, slope.shape])?.length === x.shape.length && slope.shape.length === x.shape.length
  if (aligned || sizeOf(slope.shape) === 1) return call
  return { ...call, inputs: [x, o.reshape(slope, [sizeOf(slope.shape), ...x.shape.slice(2).map(() => 1)])] }
}

const renamed = (op: string, changes: (call: Call) => Readonly<Record<string, CallAttribute | undefined>> = () => ({})) => (call: Call): Call =>
  ({ ...withAttributes(call, changes(call)), op })

const binaries = ["Add", "Sub", "Mul", "Div", "Pow", "And", "Or", "Xor", "Greater", "Less", "Equal"]

export const oldForms: ReadonlyArray<OldForm> = [
  { operators: binaries, before: 7, rewrite: alignedAtAxis },
  { operators: ["Gemm"], before: 7, rewrite: (call) => withAttributes(call, { broadcast: undefined }) },
  { operators: ["PRelu"], before: 7, rewrite: slopeAtChannels },
  { operators: ["Softmax", "LogSoftmax", "Hardmax"], before: 13, rewrite: flattened },
  { operators: ["Clip"], rewrite: bounded },
  { operators: ["Pad"], before: 11, rewrite: (call) => withAttributes(call, { constant_value: numberAttribute(call, "value"), value: undefined }) },
  { operators: ["Upsample"], rewrite: scaledByCorners },
  { operators: ["Resize"], before: 11, rewrite: scaledByCorners },
  { operators: ["Resize"], rewrite: withoutEmptyOperands },
  { operators: ["Split"], rewrite: equalParts },
  { operators: ["Scatter"], rewrite: renamed("ScatterElements") },
  { operators: ["Cast"], rewrite: castToHeld },
  { operators: ["ConvTranspose"], rewrite: explicitTransposedPads },
  { operators: ["GroupNormalization"], before: 21, rewrite: perChannel },
  { operators: ["BatchNormalization"], before: 7, rewrite: (call) => withAttributes(call, { is_test: undefined }) },
  {
    operators: ["BatchNormalization"], before: 9,
    rewrite: (call) => {
      if (numberAttribute(call, "spatial") === 0) throw new GraphError({ message: `${call.where}: statistics for each position (spatial = 0) are not supported.` })
      return withAttributes(call, { spatial: undefined })
    }
  }
]
