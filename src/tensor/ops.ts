/**
 * Builders: one function for each operator, and the usual small compositions. Operands are values or plain numbers, which become
 * scalars of the other operand's type. Shapes broadcast as in ONNX and NumPy; axes may count from the end.
 */
import { binary, call, callMany, only, type Operand, operands, reduce, unary, wholeAxes, wholeAxis } from "./builders/call.ts"
import type { Value } from "./graph.ts"
import { elementTypes } from "./onnx/types.ts"
import { broadcastAxes, sameShape, type Shape, sizeOf } from "./shape.ts"
import type { DataType } from "./tensor.ts"

export { callMany, type Operand } from "./builders/call.ts"
export * from "./builders/contraction.ts"
export * from "./builders/indexing.ts"
export * from "./builders/nonlinearity.ts"
export * from "./builders/normalisation.ts"
export * from "./builders/resampling.ts"

export const add = binary("Add")
export const sub = binary("Sub")
export const mul = binary("Mul")
export const div = binary("Div")
/** a to the power b; for a negative a only whole b have a value. */
export const pow = binary("Pow")
export const max = binary("Max")
export const min = binary("Min")
export const greater = binary("Greater")
export const greaterOrEqual = binary("GreaterOrEqual")
export const less = binary("Less")
export const lessOrEqual = binary("LessOrEqual")
export const equal = binary("Equal")
export const and = binary("And")
export const or = binary("Or")
export const not = unary("Not")

export const neg = unary("Neg")
export const exp = unary("Exp")
export const log = unary("Log")
export const sqrt = unary("Sqrt")
export const reciprocal = unary("Reciprocal")
export const abs = unary("Abs")
/** -1, 0 or 1; its derivative is 0 everywhere. */
export const sign = unary("Sign")
export const floor = unary("Floor")
export const ceil = unary("Ceil")
/** To the nearest whole number, halves to even. */
export const round = unary("Round")
export const sin = unary("Sin")
export const cos = unary("Cos")
/** The derivative at 0 is 0. */
export const relu = unary("Relu")
/** x where positive, slope * x elsewhere; the derivative at 0 is the slope. */
export const leakyRelu = (x: Value, slope = 0.01): Value => call("LeakyRelu", [x], { alpha: slope })
/** slope x + offset, between 0 and 1 */
export const hardSigmoid = (x: Value, slope = 0.2, offset = 0.5): Value => call("HardSigmoid", [x], { alpha: slope, beta: offset })
export const sigmoid = unary("Sigmoid")
export const tanh = unary("Tanh")
export const erf = unary("Erf")
/** log(1 + exp(x)) */
export const softplus = unary("Softplus")
/** x Phi(x), with the normal distribution's Phi. */
export const gelu = (x: Value): Value => mul(mul(x, 0.5), add(erf(mul(x, Math.SQRT1_2)), 1))
export const square = (x: Value): Value => mul(x, x)
export const clip = (x: Value, low: Operand, high: Operand): Value => call("Clip", operands("Clip", [x, low, high]))
/** a where the condition (bool) holds, b elsewhere. */
export const where = (condition: Value, a: Operand, b: Operand): Value => {
  if (typeof a === "number" && typeof b === "number") {
    return call("Where", [condition, condition.graph.constant(a), condition.graph.constant(b)])
  }
  return call("Where", [condition, ...operands("Where", [a, b])])
}
export const cast = (x: Value, type: DataType): Value => call("Cast", [x], { to: elementTypes[type] })
/** The same value, through which no gradient flows. */
export const stopGradient = unary("StopGradient")

/** Matrix product over the last two axes, batched and broadcast over the others. */
export const matMul = binary("MatMul")
export interface GemmOptions {
  readonly alpha?: number
  readonly beta?: number
  readonly transA?: boolean
  readonly transB?: boolean
}
/** alpha A B + beta C for matrices; C broadcasts to the result. */
export const gemm = (a: Value, b: Value, c?: Value, { alpha, beta, transA, transB }: GemmOptions = {}): Value =>
  call("Gemm", c === undefined ? [a, b] : [a, b, c], {
    ...(alpha === undefined || alpha === 1 ? {} : { alpha }),
    ...(beta === undefined || beta === 1 ? {} : { beta }),
    ...(transA === true ? { transA: 1 } : {}),
    ...(transB === true ? { transB: 1 } : {})
  })

/** Sum over the given axes, or over all. */
export const reduceSum = reduce("ReduceSum")
export const reduceMean = reduce("ReduceMean")
export const reduceMax = reduce("ReduceMax")
export const reduceMin = reduce("ReduceMin")
export const reduceProd = reduce("ReduceProd")
export const reduceL1 = reduce("ReduceL1")
/** Euclidean norm; its derivative at 0 is not defined. */
export const reduceL2 = reduce("ReduceL2")
export const reduceSumSquare = reduce("ReduceSumSquare")
export const reduceLogSumExp = reduce("ReduceLogSumExp")
/** Index (int64) of the greatest element, the first one of equals. */
export const argMax = (x: Value, axis = -1, keepDims = false): Value => call("ArgMax", [x], { axis, keepdims: keepDims ? 1 : 0 })
/** Sums a value down to a shape that broadcasts to its own: what broadcasting does to a gradient. */
export const sumTo = (x: Value, shape: Shape): Value => {
  if (sameShape(x.shape, shape)) return x
  return reshape(reduceSum(x, broadcastAxes(shape, x.shape), true), shape)
}

export const softmax = (x: Value, axis = -1): Value => call("Softmax", [x], { axis: wholeAxis("Softmax", x, axis) })
export const logSoftmax = (x: Value, axis = -1): Value => call("LogSoftmax", [x], { axis: wholeAxis("LogSoftmax", x, axis) })

/** Permutes the axes; reverses them when no order is given. */
export const transpose = (x: Value, order: ReadonlyArray<number> = x.shape.map((_, axis) => x.shape.length - 1 - axis)): Value =>
  call("Transpose", [x], { perm: order })
/** One size may be -1: what is left. */
export const reshape = (x: Value, shape: Shape): Value => {
  const rest = sizeOf(shape.filter((size) => size !== -1))
  return call("Reshape", [x], { shape: shape.map((size) => (size === -1 ? sizeOf(x.shape) / rest : size)) })
}
/** From `starts` up to but not with `ends` along `axes` (the first ones when not given). */
export const slice = (
  x: Value, starts: ReadonlyArray<number>, ends: ReadonlyArray<number>, axes?: ReadonlyArray<number>, steps?: ReadonlyArray<number>
): Value =>
  call("Slice", [x], { starts, ends, axes: wholeAxes("Slice", x, axes ?? starts.map((_, axis) => axis)), steps: steps ?? starts.map(() => 1) })
export const concat = (values: ReadonlyArray<Value>, axis: number): Value => {
  const [head] = values
  return values.length === 1 && head !== undefined ? head : call("Concat", values, { axis })
}
/** Adds `before[axis]` and `after[axis]` elements of `value` around x. */
export const pad = (x: Value, before: ReadonlyArray<number>, after: ReadonlyArray<number>, value = 0): Value =>
  call("Pad", [x], { pads: [...before, ...after], constant_value: value })
export const expand = (x: Value, shape: Shape): Value => call("Expand", [x], { shape })
/** Repeats a number over a shape, in the type and graph of `like`. */
export const full = (like: Value, shape: Shape, value: number): Value => expand(like.graph.constant(value, like.type), shape)

/** Elements of x at whole-number indices along an axis; the indices' shape takes the axis's place. */
export const gather = (x: Value, indices: Value, axis = 0): Value => call("Gather", [x, indices], { axis: wholeAxis("Gather", x, axis) })
export const gatherElements = (x: Value, indices: Value, axis = 0): Value =>
  call("GatherElements", [x, indices], { axis: wholeAxis("GatherElements", x, axis) })
/** x with `updates` put at (or added to) the given indices along an axis. */
export const scatterElements = (x: Value, indices: Value, updates: Value, axis = 0, reduction: "none" | "add" = "none"): Value =>
  call("ScatterElements", [x, indices, updates], { axis: wholeAxis("ScatterElements", x, axis), reduction })
export const scatterND = (x: Value, indices: Value, updates: Value, reduction: "none" | "add" = "none"): Value =>
  call("ScatterND", [x, indices, updates], { reduction })

export interface WindowOptions {
  /** One for each spatial axis, or one number for all. */
  readonly strides?: number | ReadonlyArray<number>
  /** Zeros around, the same on both sides when a number; otherwise all begins, then all ends. */
  readonly pads?: number | ReadonlyArray<number>
  readonly dilations?: number | ReadonlyArray<number>
}
const window = (x: Value, { strides = 1, pads = 0, dilations = 1 }: WindowOptions) => {
  const spatial = x.shape.slice(2)
  const each = (of: number | ReadonlyArray<number>): ReadonlyArray<number> => (typeof of === "number" ? spatial.map(() => of) : of)
  return { strides: each(strides), dilations: each(dilations), pads: typeof pads === "number" ? [...spatial, ...spatial].map(() => pads) : pads }
}
/** Convolution of x [N, C, ...] with weights [K, C / groups, ...]; bias [K]. */
export const conv = (x: Value, weights: Value, bias?: Value, { groups = 1, ...options }: WindowOptions & { readonly groups?: number } = {}): Value =>
  call("Conv", bias === undefined ? [x, weights] : [x, weights, bias], { ...window(x, options), group: groups, kernel_shape: weights.shape.slice(2) })
/** The transpose of `conv` in x: x [N, K, ...], weights [K, C / groups, ...] give [N, C, ...]. */
export const convTranspose = (
  x: Value,
  weights: Value,
  { groups = 1, outputPadding = 0, ...options }: WindowOptions & { readonly groups?: number; readonly outputPadding?: number | ReadonlyArray<number> } = {}
): Value => {
  const output_padding = typeof outputPadding === "number" ? x.shape.slice(2).map(() => outputPadding) : outputPadding
  return call("ConvTranspose", [x, weights], { ...window(x, options), group: groups, kernel_shape: weights.shape.slice(2), output_padding })
}
/** Mean over windows; padding does not count. */
export const averagePool = (x: Value, kernel: number | ReadonlyArray<number>, options: WindowOptions = {}): Value => call("AveragePool", [x], pooling(x, kernel, options))
/** Maximum over windows. (Its second output, the positions, is what the derivative needs; written only if used.) */
export const maxPool = (x: Value, kernel: number | ReadonlyArray<number>, options: WindowOptions = {}): Value =>
  only("MaxPool", callMany("MaxPool", [x], pooling(x, kernel, options), 2))
/** By default windows do not overlap. */
const pooling = (x: Value, kernel: number | ReadonlyArray<number>, options: WindowOptions) => ({
  kernel_shape: typeof kernel === "number" ? x.shape.slice(2).map(() => kernel) : kernel,
  ...window(x, { ...options, strides: options.strides ?? kernel })
})
/** Mean over all spatial axes, which stay with size 1. */
export const globalAveragePool = unary("GlobalAveragePool")

/** x [N, I] times weights [O, I] transposed, plus bias [O]. */
export const linear = (x: Value, weights: Value, bias?: Value): Value => gemm(x, weights, bias, { transB: true })
/** Mean over rows of -log softmax(logits)[label]; labels [N] are int64. */
export const crossEntropy = (logits: Value, labels: Value): Value => {
  const rows = reshape(labels, [...labels.shape, 1])
  return neg(reduceMean(gatherElements(logSoftmax(logits), rows, -1)))
}
