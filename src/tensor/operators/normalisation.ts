/**
 * Normalisations: mean 0 and variance 1 over some axes, then a scale and a bias. The runtime has kernels for float32 and, except for
 * InstanceNormalization, float64.
 */
import type { Value } from "../graph.ts"
import { type Attributes, axisOf, type Composition, first, floatOf, intOf, item, Misfit, type NdArray, type Operator } from "../operator.ts"
import * as o from "../ops.ts"
import { at, broadcastShapes, broadcastStrides, sameShape, type Shape, showShape, sizeOf, walk } from "../shape.ts"
import { isFloat, type TensorType } from "../tensor.ts"
import { sameTypes } from "./broadcasting.ts"
import { sharedConstant } from "./linear-map.ts"

const EPSILON = Math.fround(1e-5)

/** A value for each channel, shaped to broadcast over [N, C, spatial ...]. */
const perChannel = (value: Value, rank: number): Value => o.reshape(value, [-1, ...Array.from({ length: rank - 2 }, () => 1)])

/** All axes but the channels'. */
const allButChannels = (shape: Shape): ReadonlyArray<number> => shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]))

const checkChannels = (x: TensorType, parameters: ReadonlyArray<TensorType>): void => {
  if (!isFloat(x.type) || x.shape.length < 2) throw new Misfit("takes floating-point [N, C, ...]")
  for (const { shape } of parameters) {
    if (!sameShape(shape, [at(x.shape, 1)])) throw new Misfit(`a parameter of shape ${showShape(shape)} for ${at(x.shape, 1)} channels`)
  }
}

interface Statistics {
  readonly means: Float64Array
  /** 1 / sqrt(variance + epsilon) */
  readonly inverses: Float64Array
}

/** Statistics of consecutive runs of `length` elements. */
const statisticsOf = (data: Float64Array, length: number, epsilon: number): Statistics => {
  const runs = Array.from({ length: data.length / length }, (_, i) => data.subarray(i * length, (i + 1) * length))
  const means = Float64Array.from(runs, (run) => run.reduce((a, b) => a + b, 0) / length)
  const inverses = Float64Array.from(runs, (run, i) => 1 / Math.sqrt(run.reduce((sum, x) => sum + (x - at(means, i)) ** 2, 0) / length + epsilon))
  return { means, inverses }
}

const normalised = (data: Float64Array, { means, inverses }: Statistics): Float64Array => {
  const length = data.length / means.length
  return data.map((x, i) => (x - at(means, Math.floor(i / length))) * at(inverses, Math.floor(i / length)))
}

/**
 * The gradient of normalisation over axes, from that of the normalised values: without its mean and without its part along them.
 * @param means of the gradient, and of its product with the normalised values
 */
const throughNormalisation = (gradient: Value, { unit, inverse }: Normal, means: readonly [Value, Value]): Value =>
  o.mul(o.sub(o.sub(gradient, means[0]), o.mul(unit, means[1])), inverse)

/** The means of x * scale over all axes from one on, as a product with a vector where the scale has all these axes. */
const scaledMean = (x: Value, scale: Value, axis: number): Value => {
  const normal = x.shape.slice(axis)
  const axes = [...x.shape.keys()].slice(axis)
  if (isOnes(scale)) return o.reduceMean(x, axes, true)
  if (!sameShape(scale.shape, normal)) return o.reduceMean(o.mul(x, scale), axes, true)
  const rows = o.reshape(x, [sizeOf(x.shape.slice(0, axis)), sizeOf(normal)])
  const weights = o.mul(o.reshape(scale, [sizeOf(normal), 1]), 1 / sizeOf(normal))
  return o.reshape(o.matMul(rows, weights), x.shape.map((size, i) => (i < axis ? size : 1)))
}

const isOnes = ({ constant }: Value): boolean => constant !== undefined && constant.data.every((x) => Number(x) === 1)

interface Normal {
  /** (x - mean) * inverse */
  readonly unit: Value
  /** 1 / sqrt(variance + epsilon), with the normalised axes of size 1 */
  readonly inverse: Value
}

/** Both over all axes from one on, as the runtime's own operator gives them in one pass. */
const normalOf = (x: Value, axis: number, epsilon: number): Normal => {
  const normal = x.shape.slice(axis)
  const ones = sharedConstant(x.graph, "ones", { type: x.type, shape: normal }, () => new Float64Array(sizeOf(normal)).fill(1))
  const [unit, , inverse] = o.callMany("LayerNormalization", [x, ones], { axis, epsilon }, 3)
  if (unit === undefined || inverse === undefined) throw new Misfit("has no statistics")
  return { unit, inverse: o.cast(inverse, x.type) }
}

const fromAxis = (shape: Shape, attributes: Attributes): number => axisOf(intOf(attributes, "axis", -1), shape)

const epsilonOf = (attributes: Attributes): number => floatOf(attributes, "epsilon", EPSILON)

/** y = unit * scale + bias with parameters that broadcast. */
const scaled = (unit: Float64Array, shape: Shape, scale: NdArray, bias: NdArray | undefined): Float64Array => {
  const result = new Float64Array(unit.length)
  walk(shape, [broadcastStrides(scale.shape, shape), broadcastStrides(bias?.shape ?? [], shape)], (position, offsets) => {
    result[position] = at(unit, position) * at(scale.data, at(offsets, 0)) + (bias === undefined ? 0 : at(bias.data, at(offsets, 1)))
  })
  return result
}

/** Parameters of channels as the interpreter broadcasts them. */
const channelArray = (parameter: NdArray, rank: number): NdArray =>
  ({ ...parameter, shape: [...parameter.shape, ...Array.from({ length: rank - 2 }, () => 1)] })

const layerNormalization: Operator = {
  name: "LayerNormalization",
  inputs: [2, 3],
  attributes: { axis: { kind: "int" }, epsilon: { kind: "float" }, stash_type: { kind: "int" } },
  // The second and third output are mean and reciprocal deviation, in float32 whatever x is.
  infer: (inputs, attributes) => {
    const x = first(inputs)
    if (!isFloat(x.type)) throw new Misfit("takes floating-point numbers; cast first")
    sameTypes(inputs)
    const axis = fromAxis(x.shape, attributes)
    for (const { shape } of inputs.slice(1)) {
      const common = broadcastShapes([shape, x.shape.slice(axis)])
      if (common === undefined || !sameShape(common, x.shape.slice(axis))) throw new Misfit(`a parameter of shape ${showShape(shape)} does not broadcast to the axes from ${axis} on`)
    }
    const kept = x.shape.map((size, i) => (i < axis ? size : 1))
    return [{ type: x.type, shape: x.shape }, { type: "float32", shape: kept }, { type: "float32", shape: kept }]
  },
  evaluate: (inputs, attributes) => {
    const x = first(inputs)
    const statistics = statisticsOf(x.data, sizeOf(x.shape.slice(fromAxis(x.shape, attributes))), epsilonOf(attributes))
    return [scaled(normalised(x.data, statistics), x.shape, item(inputs, 1), inputs[2]), statistics.means, statistics.inverses]
  },
  derivative: ({ inputs, attributes, gradient, gradients }) => {
    const [x, scale, bias] = [first(inputs), item(inputs, 1), inputs[2]]
    const axis = fromAxis(x.shape, attributes)
    const count = sizeOf(x.shape.slice(axis))
    const normal = () => normalOf(x, axis, epsilonOf(attributes))
    return [
      () => {
        const [, ofMean, ofInverse] = gradients.map((one) => (one === undefined ? undefined : o.cast(one, x.type)))
        const { unit, inverse } = normal()
        const means = [scaledMean(gradient, scale, axis), scaledMean(o.mul(gradient, unit), scale, axis)] as const
        const parts = [throughNormalisation(isOnes(scale) ? gradient : o.mul(gradient, scale), normal(), means)]
        if (ofMean !== undefined) parts.push(o.mul(ofMean, 1 / count))
        if (ofInverse !== undefined) parts.push(o.mul(o.mul(o.mul(ofInverse, -1 / count), o.square(inverse)), unit))
        return parts.reduce((sum, part) => o.add(sum, part))
      },
      () => o.sumTo(o.mul(gradient, normal().unit), scale.shape),
      ...(bias === undefined ? [] : [() => o.sumTo(gradient, bias.shape)])
    ]
  }
}

const instanceNormalization: Operator = {
  name: "InstanceNormalization",
  inputs: [3, 3],
  attributes: { epsilon: { kind: "float" } },
  infer: (inputs) => {
    const x = first(inputs)
    if (x.shape.length < 3) throw new Misfit("takes [N, C, spatial ...]")
    sameTypes(inputs)
    checkChannels(x, inputs.slice(1))
    return [{ type: x.type, shape: x.shape }]
  },
  evaluate: (inputs, attributes) => {
    const x = first(inputs)
    const unit = normalised(x.data, statisticsOf(x.data, sizeOf(x.shape.slice(2)), epsilonOf(attributes)))
    return [scaled(unit, x.shape, channelArray(item(inputs, 1), x.shape.length), channelArray(item(inputs, 2), x.shape.length))]
  },
  derivative: ({ inputs, attributes, gradient }) => {
    const [x, scale] = [first(inputs), item(inputs, 1)]
    const normal = () => normalOf(x, 2, epsilonOf(attributes))
    const spatial = [...x.shape.keys()].slice(2)
    const factor = perChannel(scale, x.shape.length)
    const mean = (of: Value) => o.mul(o.reduceMean(of, spatial, true), factor)
    return [
      () => throughNormalisation(o.mul(gradient, factor), normal(), [mean(gradient), mean(o.mul(gradient, normal().unit))]),
      () => o.reduceSum(o.mul(gradient, normal().unit), allButChannels(x.shape)),
      () => o.reduceSum(gradient, allButChannels(x.shape))
    ]
  }
}

/** What a batch's variance belongs to. Where a normalisation is by these, its derivative takes the way through both of them along. */
const batchStatistics = new WeakMap<Value, { readonly x: Value; readonly mean: Value }>()

const batchNormalization: Operator = {
  name: "BatchNormalization",
  inputs: [5, 5],
  attributes: { epsilon: { kind: "float" }, momentum: { kind: "float" }, training_mode: { kind: "int" } },
  infer: (inputs) => {
    const x = first(inputs)
    sameTypes(inputs)
    checkChannels(x, inputs.slice(1))
    return [{ type: x.type, shape: x.shape }]
  },
  evaluate: (inputs, attributes) => {
    const x = first(inputs)
    const [scale, bias, mean, variance] = [item(inputs, 1), item(inputs, 2), item(inputs, 3), item(inputs, 4)]
    const epsilon = epsilonOf(attributes)
    const [channels, inner] = [at(x.shape, 1), sizeOf(x.shape.slice(2))]
    return [x.data.map((value, i) => {
      const c = Math.floor(i / inner) % channels
      return ((value - at(mean.data, c)) / Math.sqrt(at(variance.data, c) + epsilon)) * at(scale.data, c) + at(bias.data, c)
    })]
  },
  derivative: ({ inputs, attributes, gradient }) => {
    const [x, scale, mean, variance] = [first(inputs), item(inputs, 1), item(inputs, 3), item(inputs, 4)]
    const axes = allButChannels(x.shape)
    const rank = x.shape.length
    const epsilon = epsilonOf(attributes)
    const total = () => o.reduceSum(gradient, axes)
    const statistics = batchStatistics.get(variance)
    if (statistics?.x === x && statistics.mean === mean) {
      // The gradient without its mean and without its part along the unit values, these two as one normalisation of x. The unit values are made again rather than kept.
      const normal = (factor: Value, offset: Value) => o.batchNormalization(x, factor, offset, mean, variance, epsilon)
      const alongUnit = () => o.reduceSum(o.mul(gradient, normal(o.full(scale, scale.shape, 1), o.full(scale, scale.shape, 0))), axes)
      const slope = o.div(scale, o.sqrt(o.add(variance, epsilon)))
      const share = o.mul(slope, -at(x.shape, 1) / sizeOf(x.shape))
      const through = () => normal(o.mul(share, alongUnit()), o.mul(share, total()))
      return [() => o.add(o.mul(gradient, perChannel(slope, rank)), through()), alongUnit, total, undefined, undefined]
    }
    const inverse = o.reciprocal(o.sqrt(o.add(variance, epsilon)))
    const slope = o.mul(scale, inverse)
    const totalAlong = () => o.reduceSum(o.mul(gradient, o.sub(x, perChannel(mean, rank))), axes)
    return [
      () => o.mul(gradient, perChannel(slope, rank)),
      () => o.mul(totalAlong(), inverse),
      total,
      () => o.neg(o.mul(total(), slope)),
      () => o.mul(o.mul(totalAlong(), o.mul(slope, o.square(inverse))), -0.5)
    ]
  },
  // While training: the same with the batch's statistics. (The runtime's CPU provider has the form for inference only.)
  compose: (inputs, attributes) => {
    if (intOf(attributes, "training_mode", 0) === 0) return undefined
    const [x, scale, bias, oldMean, oldVariance] = [first(inputs), item(inputs, 1), item(inputs, 2), item(inputs, 3), item(inputs, 4)]
    checkChannels(x, inputs.slice(1))
    const axes = allButChannels(x.shape)
    const mean = o.reduceMean(x, axes)
    const variance = o.reduceMean(o.square(o.sub(x, perChannel(mean, x.shape.length))), axes)
    batchStatistics.set(variance, { x, mean })
    const momentum = floatOf(attributes, "momentum", Math.fround(0.9))
    const moved = (old: Value, now: Value) => o.add(o.mul(old, momentum), o.mul(now, 1 - momentum))
    return [o.batchNormalization(x, scale, bias, mean, variance, epsilonOf(attributes)), moved(oldMean, mean), moved(oldVariance, variance)]
  }
}

/** Groups as rows of a LayerNormalization. Scale and bias are for each channel (since opset 21) or for each group. */
const groupNormalization: Composition = {
  name: "GroupNormalization",
  inputs: [3, 3],
  attributes: { epsilon: { kind: "float" }, num_groups: { kind: "int" }, stash_type: { kind: "int" } },
  compose: (inputs, attributes) => {
    const x = first(inputs)
    if (x.shape.length < 2) throw new Misfit("takes [N, C, ...]")
    const [samples, channels] = [at(x.shape, 0), at(x.shape, 1)]
    const groups = intOf(attributes, "num_groups", 0)
    if (groups < 1 || channels % groups !== 0) throw new Misfit(`${channels} channels do not split into ${groups} groups`)
    const grouped = o.reshape(x, [samples, groups, sizeOf(x.shape.slice(1)) / groups])
    const unit = o.reshape(normalOf(grouped, 2, epsilonOf(attributes)).unit, x.shape)
    const [scale, bias] = [item(inputs, 1), item(inputs, 2)].map((parameter) => {
      if (sameShape(parameter.shape, [channels])) return perChannel(parameter, x.shape.length)
      if (!sameShape(parameter.shape, [groups])) throw new Misfit(`a parameter of shape ${showShape(parameter.shape)} for ${channels} channels in ${groups} groups`)
      return perChannel(o.reshape(o.expand(o.reshape(parameter, [groups, 1]), [groups, channels / groups]), [channels]), x.shape.length)
    })
    return scale === undefined || bias === undefined ? [unit] : [o.add(o.mul(unit, scale), bias)]
  }
}

const lpNormalization: Composition = {
  name: "LpNormalization",
  inputs: [1, 1],
  attributes: { axis: { kind: "int" }, p: { kind: "int" } },
  compose: (inputs, attributes) => {
    const x = first(inputs)
    const axis = fromAxis(x.shape, attributes)
    const p = intOf(attributes, "p", 2)
    if (p !== 1 && p !== 2) throw new Misfit(`p is to be 1 or 2, not ${p}`)
    return [o.div(x, p === 1 ? o.reduceL1(x, [axis], true) : o.reduceL2(x, [axis], true))]
  }
}

export const normalisations: ReadonlyArray<Operator | Composition> = [
  layerNormalization, instanceNormalization, batchNormalization, groupNormalization, lpNormalization
]
