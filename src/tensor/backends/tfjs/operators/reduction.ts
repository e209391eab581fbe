/** Along axes: reductions, extremes, running sums, rankings, softmax and normalisations. */
import type { Node } from "../../../graph.ts"
import { axisOf, first, floatOf, intOf, intsOf, item } from "../../../operator.ts"
import { at, type Shape } from "../../../shape.ts"
import type { Tf, TfTensor } from "../library.ts"
import { type Lowering, type Lowerings, reordered, sizes, unary } from "./lowering.ts"

/** The axes that a reduction runs over. */
const axesOf = ({ inputs, attributes }: Node): Array<number> => {
  const { shape } = first(inputs)
  const axes = intsOf(attributes, "axes") ?? []
  if (axes.length > 0) return axes.map((axis) => axisOf(axis, shape))
  return intOf(attributes, "noop_with_empty_axes", 0) === 0 ? [...shape.keys()] : []
}

/** The result gets the node's shape, whether axes are kept or not. */
const reduction = (apply: (tf: Tf, x: TfTensor, axes: Array<number>) => TfTensor): Lowering => (tf, node) => {
  const axes = axesOf(node)
  return ([x]) => (x === undefined ? [] : [tf.reshape(apply(tf, x, axes), sizes(first(node.outputs).shape))])
}

const logSumExp = (tf: Tf, x: TfTensor, axes: Array<number>): TfTensor => {
  const top = tf.max(x, axes, true)
  return tf.add(tf.log(tf.sum(tf.exp(tf.sub(x, top)), axes, true)), top)
}

/** Positions of the greatest or least elements; the first of equal ones, or the last. */
const extreme = (find: (tf: Tf, x: TfTensor, axis: number) => TfTensor): Lowering => unary((tf, x, attributes, node) => {
  const axis = axisOf(intOf(attributes, "axis", 0), x.shape)
  const last = intOf(attributes, "select_last_index", 0) !== 0
  const found = last ? tf.sub(tf.scalar(at(x.shape, axis) - 1, "int32"), find(tf, tf.reverse(x, axis), axis)) : find(tf, x, axis)
  return tf.reshape(found, sizes(first(node.outputs).shape))
})

/** Does `apply` with the axis at the end. */
const atEnd = (tf: Tf, x: TfTensor, axis: number, apply: (x: TfTensor) => ReadonlyArray<TfTensor>): ReadonlyArray<TfTensor> => {
  const order = [...x.shape.keys()].filter((i) => i !== axis).concat(axis)
  return apply(reordered(tf, x, order)).map((y) => reordered(tf, y, order.map((_, i) => order.indexOf(i))))
}

const topK: Lowering = (tf, node) => (inputs) => {
  const x = first(inputs)
  const axis = axisOf(intOf(node.attributes, "axis", -1), x.shape)
  const [k = 0] = intsOf(node.attributes, "k") ?? []
  const largest = intOf(node.attributes, "largest", 1) !== 0
  return atEnd(tf, x, axis, (line) => {
    const { values, indices } = tf.topk(largest ? line : tf.neg(line), k, true)
    return [largest ? values : tf.neg(values), indices]
  })
}

const epsilonOf = ({ attributes }: Node): number => floatOf(attributes, "epsilon", 1e-5)

/** (x - mean) / sqrt(variance + epsilon) over axes, with mean and reciprocal deviation. */
const normalised = (tf: Tf, x: TfTensor, axes: Array<number>, epsilon: number): readonly [TfTensor, TfTensor, TfTensor] => {
  const mean = tf.mean(x, axes, true)
  const centred = tf.sub(x, mean)
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), axes, true), epsilon))
  return [tf.mul(centred, inverse), mean, inverse]
}

/** A value for each channel, shaped to broadcast over [N, C, spatial ...]. */
const perChannel = (tf: Tf, value: TfTensor, shape: Shape): TfTensor => tf.reshape(value, [-1, ...shape.slice(2).map(() => 1)])

const layerNormalization: Lowering = (tf, node) => (inputs) => {
  const [x, scale, bias] = [first(inputs), item(inputs, 1), inputs[2]]
  const axes = [...x.shape.keys()].slice(axisOf(intOf(node.attributes, "axis", -1), x.shape))
  const [unit, mean, inverse] = normalised(tf, x, axes, epsilonOf(node))
  const scaled = tf.mul(unit, scale)
  return [bias === undefined ? scaled : tf.add(scaled, bias), mean, inverse]
}

const instanceNormalization: Lowering = (tf, node) => (inputs) => {
  const [x, scale, bias] = [first(inputs), item(inputs, 1), item(inputs, 2)]
  const [unit] = normalised(tf, x, [...x.shape.keys()].slice(2), epsilonOf(node))
  return [tf.add(tf.mul(unit, perChannel(tf, scale, x.shape)), perChannel(tf, bias, x.shape))]
}

const batchNormalization: Lowering = (tf, node) => (inputs) => {
  const x = first(inputs)
  const [scale, bias, mean, variance] = [1, 2, 3, 4].map((i) => item(inputs, i))
  if (scale === undefined || bias === undefined || mean === undefined || variance === undefined) return []
  const slope = tf.mul(scale, tf.rsqrt(tf.add(variance, epsilonOf(node))))
  return [tf.add(tf.mul(tf.sub(x, perChannel(tf, mean, x.shape)), perChannel(tf, slope, x.shape)), perChannel(tf, bias, x.shape))]
}

export const reductions: Lowerings = {
  ReduceSum: reduction((tf, x, axes) => tf.sum(x, axes)), ReduceMean: reduction((tf, x, axes) => tf.mean(x, axes)),
  ReduceMax: reduction((tf, x, axes) => tf.max(x, axes)), ReduceMin: reduction((tf, x, axes) => tf.min(x, axes)),
  ReduceProd: reduction((tf, x, axes) => tf.prod(x, axes)),
  ReduceL1: reduction((tf, x, axes) => tf.sum(tf.abs(x), axes)), ReduceL2: reduction((tf, x, axes) => tf.sqrt(tf.sum(tf.square(x), axes))),
  ReduceSumSquare: reduction((tf, x, axes) => tf.sum(tf.square(x), axes)), ReduceLogSumExp: reduction(logSumExp),
  ArgMax: extreme((tf, x, axis) => tf.argMax(x, axis)), ArgMin: extreme((tf, x, axis) => tf.argMin(x, axis)),
  CumSum: unary((tf, x, attributes) =>
    tf.cumsum(x, axisOf(intOf(attributes, "axis", 0), x.shape), intOf(attributes, "exclusive", 0) !== 0, intOf(attributes, "reverse", 0) !== 0)),
  TopK: topK,
  Softmax: (tf, node) => (inputs) => atEnd(tf, first(inputs), axisOf(intOf(node.attributes, "axis", -1), first(inputs).shape), (x) => [tf.softmax(x)]),
  LogSoftmax: unary((tf, x, attributes) => tf.sub(x, logSumExp(tf, x, [axisOf(intOf(attributes, "axis", -1), x.shape)]))),
  LayerNormalization: layerNormalization, InstanceNormalization: instanceNormalization, BatchNormalization: batchNormalization,
  GlobalAveragePool: unary((tf, x) => tf.mean(x, [...x.shape.keys()].slice(2), true))
}
