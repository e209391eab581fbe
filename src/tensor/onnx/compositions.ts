/**
 * Operators that the importer says in terms of others: constants and shapes, which are known while a model is read, and small
 * compositions that need no operator of their own.
 */
import { GraphError } from "../errors.ts"
import type { Value } from "../graph.ts"
import * as o from "../ops.ts"
import { at, normaliseAxis, sizeOf } from "../shape.ts"
import { fromNumbers, itemOf, type Tensor, tensor } from "../tensor.ts"
import { quantisations } from "./quantised.ts"
import { recurrences } from "./recurrent.ts"
import { samplings } from "./sampling.ts"
import { holdingType } from "./types.ts"
import { type Call, listAttribute, numberAttribute, numbersOf, operand, tensorAttribute, textAttribute } from "./call.ts"

/** More elements than this are not written out as a constant. */
const CONSTANT_LIMIT = 2 ** 24

export type Composition = (call: Call) => ReadonlyArray<Value>

const constantTensor = (call: Call): Tensor => {
  const [value, float, int] = [tensorAttribute(call, "value"), numberAttribute(call, "value_float"), numberAttribute(call, "value_int")]
  const [floats, ints] = [listAttribute(call, "value_floats"), listAttribute(call, "value_ints")]
  if (value !== undefined) return value
  if (float !== undefined) return fromNumbers([float], { type: "float32", shape: [] })
  if (int !== undefined) return fromNumbers([int], { type: "int64", shape: [] })
  if (floats !== undefined) return tensor(floats, [floats.length])
  if (ints !== undefined) return tensor(ints, [ints.length], "int64")
  throw new GraphError({ message: `${call.where}: its value is of a kind that the engine does not have.` })
}

/** int64 numbers as a constant. */
const integers = ({ graph }: Call, values: ReadonlyArray<number>): Value => graph.constant(tensor(values, [values.length], "int64"))

const constantOfShape: Composition = (call) => {
  const shape = numbersOf(operand(call, 0), "shape", call)
  const fill = tensorAttribute(call, "value") ?? fromNumbers([0], { type: "float32", shape: [1] })
  const value = itemOf(fill)
  // Shapes are computed from small integers; large float ones are better repeated by whoever uses them.
  if (sizeOf(shape) <= 64) return [call.graph.constant(fromNumbers(new Float64Array(sizeOf(shape)).fill(value), { type: fill.type, shape }))]
  return [o.expand(call.graph.constant(value, fill.type), shape)]
}

const shapeOf: Composition = (call) => {
  const { shape } = operand(call, 0)
  return [integers(call, shape.slice(numberAttribute(call, "start") ?? 0, numberAttribute(call, "end")))]
}

const range: Composition = (call) => {
  const [start, limit, delta] = [0, 1, 2].map((i) => numbersOf(operand(call, i), "range", call)[0] ?? 0)
  if (start === undefined || limit === undefined || delta === undefined) return []
  const length = Math.max(0, Math.ceil((limit - start) / delta))
  if (!(length <= CONSTANT_LIMIT)) throw new GraphError({ message: `${call.where}: a range of ${length} numbers is not written out.` })
  return [call.graph.constant(fromNumbers(Array.from({ length }, (_, i) => start + i * delta), { type: operand(call, 0).type, shape: [length] }))]
}

const eyeLike: Composition = (call) => {
  const { shape, graph, type } = operand(call, 0)
  const [rows, columns] = [at(shape, 0), at(shape, 1)]
  const shift = numberAttribute(call, "k") ?? 0
  const numbers = Float64Array.from({ length: rows * columns }, (_, i) => (i % columns === Math.floor(i / columns) + shift ? 1 : 0))
  const eye = graph.constant(fromNumbers(numbers, { type, shape }))
  const dtype = numberAttribute(call, "dtype")
  return dtype === undefined ? [eye] : graph.apply("Cast", [eye], { to: dtype })
}

/** In inference nothing is dropped. */
const dropout: Composition = (call) => {
  const x = operand(call, 0)
  const training = call.version >= 12 && call.inputs[2] !== undefined && (numbersOf(call.inputs[2], "training_mode", call)[0] ?? 0) !== 0
  const ratio = call.inputs[1] === undefined ? 0.5 : numbersOf(call.inputs[1], "ratio", call)[0] ?? 0
  if (training && ratio !== 0) throw new GraphError({ message: `${call.where}: it drops at random, as in training; export the model for inference.` })
  return [x, x.graph.constant(fromNumbers(new Float64Array(call.outputs > 1 ? sizeOf(x.shape) : 0).fill(1), { type: "bool", shape: call.outputs > 1 ? x.shape : [0] }))]
}

const sum: Composition = (call) => [call.inputs.map((_, i) => operand(call, i)).reduce((a, b) => o.add(a, b))]
const mean: Composition = (call) => sum(call).map((total) => o.div(total, call.inputs.length))

/** 1 at the first of the greatest, 0 elsewhere. */
const hardmax: Composition = (call) => {
  const x = operand(call, 0)
  const axis = normaliseAxis(numberAttribute(call, "axis") ?? -1, x.shape.length) ?? 0
  const places = fromNumbers(at(x.shape, axis) === 0 ? [] : Array.from({ length: at(x.shape, axis) }, (_, i) => i), {
    type: "int64", shape: x.shape.map((size, i) => (i === axis ? size : 1))
  })
  return [o.cast(o.equal(o.argMax(x, axis, true), x.graph.constant(places)), x.type)]
}

const shrink: Composition = (call) => {
  const x = operand(call, 0)
  const [bias, threshold] = [numberAttribute(call, "bias") ?? 0, numberAttribute(call, "lambd") ?? 0.5]
  return [o.where(o.less(x, -threshold), o.add(x, bias), o.where(o.greater(x, threshold), o.sub(x, bias), o.mul(x, 0)))]
}

/** Division by a power of the neighbouring channels' squares. */
const localResponse: Composition = (call) => {
  const x = operand(call, 0)
  const [size, alpha, beta, bias] = [["size", 1], ["alpha", 1e-4], ["beta", 0.75], ["bias", 1]].map(([name, otherwise]) =>
    numberAttribute(call, String(name)) ?? Number(otherwise))
  if (size === undefined || alpha === undefined || beta === undefined || bias === undefined) return []
  const channels = at(x.shape, 1)
  const around = x.shape.map(() => 0)
  const padded = o.pad(o.mul(x, x), around.with(1, Math.floor((size - 1) / 2)), around.with(1, Math.ceil((size - 1) / 2)))
  const total = Array.from({ length: size }, (_, i) => o.slice(padded, [i], [i + channels], [1])).reduce((a, b) => o.add(a, b))
  return [o.div(x, o.pow(o.add(o.mul(total, alpha / size), bias), beta))]
}

const meanVariance: Composition = (call) => {
  const x = operand(call, 0)
  const axes = listAttribute(call, "axes") ?? [0, 2, 3]
  const centre = o.reduceMean(x, axes, true)
  const variance = o.sub(o.reduceMean(o.mul(x, x), axes, true), o.mul(centre, centre))
  return [o.div(o.sub(x, centre), o.add(o.sqrt(variance), 1e-9))]
}

/** x over its root mean square along the axes from `axis` on, times a scale (Zhang and Sennrich 2019). */
const rootMeanSquare: Composition = (call) => {
  const [x, scale] = [operand(call, 0), operand(call, 1)]
  const axis = normaliseAxis(numberAttribute(call, "axis") ?? -1, x.shape.length) ?? 0
  const mean = o.reduceMean(o.square(x), [...x.shape.keys()].slice(axis), true)
  return [o.mul(o.div(x, o.sqrt(o.add(mean, numberAttribute(call, "epsilon") ?? 1e-5))), scale)]
}

/** x sigmoid(alpha x) */
const swish: Composition = (call) => {
  const x = operand(call, 0)
  return [o.mul(x, o.sigmoid(o.mul(x, numberAttribute(call, "alpha") ?? 1)))]
}

/** Keeps what a known condition marks. */
const compress: Composition = (call) => {
  const x = operand(call, 0)
  const kept = numbersOf(operand(call, 1), "condition", call).flatMap((flag, i) => (flag === 0 ? [] : [i]))
  const axis = numberAttribute(call, "axis")
  return [o.gather(axis === undefined ? o.reshape(x, [-1]) : x, integers(call, kept), axis ?? 0)]
}

/** The first elements of every sequence in reverse order; how many is known. */
const reverseSequence: Composition = (call) => {
  const x = operand(call, 0)
  const lengths = numbersOf(operand(call, 1), "sequence lengths", call)
  const [time, batch] = [numberAttribute(call, "time_axis") ?? 0, numberAttribute(call, "batch_axis") ?? 1]
  const steps = at(x.shape, time)
  const places = lengths.flatMap((length) => Array.from({ length: steps }, (_, t) => (t < length ? length - 1 - t : t)))
  const shape = x.shape.map((size, axis) => (axis === time || axis === batch ? size : 1))
  const constant = call.graph.constant(tensor(places, [lengths.length, steps], "int64"))
  return [o.gatherElements(x, o.expand(o.reshape(batch < time ? constant : o.transpose(constant), shape), x.shape), time)]
}

/** a0 - a1 cos(2 pi n / N) + a2 cos(4 pi n / N), with N the size, or one less for a symmetric window. */
const cosineWindow = (terms: ReadonlyArray<number>): Composition => (call) => {
  const [size = 0] = numbersOf(operand(call, 0), "size", call)
  const period = numberAttribute(call, "periodic") === 0 ? size - 1 : size
  const value = (n: number) => terms.reduce((sum, term, k) => sum + (-1) ** k * term * Math.cos((2 * Math.PI * k * n) / period), 0)
  const type = holdingType(numberAttribute(call, "output_datatype") ?? 1) ?? "float32"
  return [call.graph.constant(fromNumbers(Array.from({ length: size }, (_, n) => value(n)), { type, shape: [size] }))]
}

const castLike: Composition = (call) => [o.cast(operand(call, 0), operand(call, 1).type)]

/** -weight * log-probability of each target, reduced; targets that are to be ignored have no weight. */
const negativeLogLikelihood = (logs: Value, call: Call): Value => {
  const [targets, weights] = [operand(call, 1), call.inputs[2]]
  const ignored = numberAttribute(call, "ignore_index")
  const counted = ignored === undefined ? undefined : o.not(o.equal(targets, ignored))
  const safe = counted === undefined ? targets : o.where(counted, targets, 0)
  const picked = o.neg(o.reshape(o.gatherElements(logs, o.reshape(safe, [at(safe.shape, 0), 1, ...safe.shape.slice(1)]), 1), targets.shape))
  const weight = weights === undefined ? o.full(logs, targets.shape, 1) : o.gather(weights, safe)
  const used = counted === undefined ? weight : o.mul(weight, o.cast(counted, logs.type))
  const losses = counted === undefined && weights === undefined ? picked : o.mul(picked, used)
  const reduction = textAttribute(call, "reduction") ?? "mean"
  if (reduction === "none") return losses
  return reduction === "sum" ? o.reduceSum(losses) : o.div(o.reduceSum(losses), o.reduceSum(used))
}

const softmaxCrossEntropy: Composition = (call) => {
  const logs = o.logSoftmax(operand(call, 0), 1)
  return [negativeLogLikelihood(logs, call), logs]
}

const size: Composition = (call) => [call.graph.constant(sizeOf(operand(call, 0).shape), "int64")]

/** Constants and shapes: always said by the importer. */
export const known: ReadonlyMap<string, Composition> = new Map([
  ["Constant", (call) => [call.graph.constant(constantTensor(call))]],
  ["ConstantOfShape", constantOfShape], ["Shape", shapeOf], ["Size", size], ["Range", range], ["EyeLike", eyeLike],
  ["CastLike", castLike], ["Dropout", dropout]
])

/** Compositions for operators that the engine has none for. */
export const compositions: ReadonlyMap<string, Composition> = new Map([
  ["Sum", sum], ["Mean", mean], ["Hardmax", hardmax], ["Shrink", shrink], ["LRN", localResponse], ["MeanVarianceNormalization", meanVariance],
  ["Compress", compress], ["RMSNormalization", rootMeanSquare], ["Swish", swish],
  ["NegativeLogLikelihoodLoss", (call) => [negativeLogLikelihood(operand(call, 0), call)]], ["SoftmaxCrossEntropyLoss", softmaxCrossEntropy],
  ["ReverseSequence", reverseSequence], ["HannWindow", cosineWindow([0.5, 0.5])], ["HammingWindow", cosineWindow([25 / 46, 21 / 46])],
  ["BlackmanWindow", cosineWindow([0.42, 0.5, 0.08])], ...quantisations, ...samplings, ...recurrences
])
