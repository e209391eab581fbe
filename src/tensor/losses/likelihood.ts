/**
 * Likelihoods of generative models, as graphs: normal distributions, discretised logistics (Kingma et al. 2016) and mixtures of these for
 * colour images (Salimans et al. 2017, PixelCNN++, section 2; in the order of parameters that VDVAE uses), and the evidence lower bound.
 * All in nats. Numbers that images hold are of -1 to 1, in as many evenly spaced levels as a pixel has.
 */
import { GraphError } from "../errors.ts"
import type { Value } from "../graph.ts"
import * as o from "../ops.ts"
import { at, showShape, sizeOf } from "../shape.ts"

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI)
/** Below this probability mass the density in the middle of a level stands for it: the difference of two sigmoids has no digits left. */
const LEAST_MASS = 1e-5
/** Least logarithm of a scale: a logistic that is narrower than this has no gradient. */
const LEAST_LOG_SCALE = -7
/** Parameters of a mixture's component for a colour pixel: its weight, and for each channel a mean, a scale and a coefficient. */
const PER_COMPONENT = 10

/** Logarithm of the normal density at each element; shapes broadcast. `logDeviation` is the natural logarithm of the deviation. */
export const gaussianLogDensity = (x: Value, mean: Value, logDeviation: Value): Value => {
  const scaled = o.mul(o.sub(x, mean), o.exp(o.neg(logDeviation)))
  return o.sub(o.mul(o.square(scaled), -0.5), o.add(logDeviation, HALF_LOG_TWO_PI))
}

/** KL(q || p) of normal distributions at each element; `s` are logarithms of deviations. */
export const gaussianDivergence = (qMean: Value, qs: Value, pMean: Value, ps: Value): Value => {
  const spread = o.add(o.square(o.exp(qs)), o.square(o.sub(qMean, pMean)))
  return o.add(o.sub(ps, qs), o.sub(o.mul(o.div(spread, o.square(o.exp(ps))), 0.5), 0.5))
}

export interface Levels {
  /** Values that a channel of a pixel can take (256). */
  readonly levels?: number
}

/**
 * Logarithm of the probability of each element's level under a logistic distribution; the first and the last level have the tails. Shapes
 * broadcast. `logScale` counts as at least -7.
 */
export const discretisedLogistic = (x: Value, mean: Value, logScale: Value, { levels = 256 }: Levels = {}): Value => {
  const half = 1 / (levels - 1)
  const scale = o.max(logScale, LEAST_LOG_SCALE)
  const inverse = o.exp(o.neg(scale))
  const centred = o.sub(x, mean)
  const [above, below, middle] = [o.mul(inverse, o.add(centred, half)), o.mul(inverse, o.sub(centred, half)), o.mul(inverse, centred)]
  const mass = o.sub(o.sigmoid(above), o.sigmoid(below))
  const density = o.sub(o.sub(middle, scale), o.add(o.mul(o.softplus(middle), 2), Math.log((levels - 1) / 2)))
  const inside = o.where(o.greater(mass, LEAST_MASS), o.log(o.max(mass, 1e-12)), density)
  const [first, last] = [o.sub(above, o.softplus(above)), o.neg(o.softplus(below))]
  return o.where(o.less(x, -1 + half / 2), first, o.where(o.greater(x, 1 - half / 2), last, inside))
}

/**
 * Log-likelihood [N] of colour images x [N, 3, H, W] under a mixture of discretised logistics at every pixel, whose second and third
 * channels depend linearly on those before. `parameters` [N, 10 K, H, W] hold the K logits of the weights, then for each channel K
 * means, K logarithms of scales and K coefficients before their tanh (red to green, red to blue, green to blue).
 * @throws GraphError when the shapes are others.
 */
export const discretisedLogisticMixture = (x: Value, parameters: Value, levels: Levels = {}): Value => {
  const [n = 0, channels, rows = 0, columns = 0] = x.shape
  const components = at(parameters.shape, 1) / PER_COMPONENT
  if (channels !== 3 || !Number.isInteger(components) || parameters.shape.join() !== [n, PER_COMPONENT * components, rows, columns].join()) {
    throw new GraphError({ message: `Mixtures of logistics take images [N, 3, H, W] and parameters [N, 10 K, H, W], not ${showShape(x.shape)} and ${showShape(parameters.shape)}.` })
  }
  const part = (from: number, count: number): Value => o.slice(parameters, [from * components], [(from + count) * components], [1])
  const weights = o.logSoftmax(part(0, 1), 1)
  const channel = (index: number): Value => o.slice(x, [index], [index + 1], [1])
  const [red, green, blue] = [channel(0), channel(1), channel(2)]
  const of = (index: number) => ({ mean: part(1 + 3 * index, 1), scale: part(2 + 3 * index, 1), coefficient: o.tanh(part(3 + 3 * index, 1)) })
  const [r, g, b] = [of(0), of(1), of(2)]
  const given = [
    discretisedLogistic(red, r.mean, r.scale, levels),
    discretisedLogistic(green, o.add(g.mean, o.mul(r.coefficient, red)), g.scale, levels),
    discretisedLogistic(blue, o.add(b.mean, o.add(o.mul(g.coefficient, red), o.mul(b.coefficient, green))), b.scale, levels)
  ].reduce((sum, each) => o.add(sum, each), weights)
  return o.reduceSum(o.reduceLogSumExp(given, [1]), [1, 2])
}

/**
 * Log-likelihood [N] of x [N, C, ...] under a normal distribution at each element, with `parameters` [N, 2 C, ...]: C means, then C
 * logarithms of deviations.
 * @throws GraphError when the shapes are others.
 */
export const gaussianLogLikelihood = (x: Value, parameters: Value): Value => {
  const channels = at(x.shape, 1)
  if (parameters.shape.join() !== x.shape.with(1, 2 * channels).join()) {
    throw new GraphError({ message: `Normal distributions of ${showShape(x.shape)} take parameters ${showShape(x.shape.with(1, 2 * channels))}, not ${showShape(parameters.shape)}.` })
  }
  const [mean, deviation] = [o.slice(parameters, [0], [channels], [1]), o.slice(parameters, [channels], [2 * channels], [1])]
  return o.reduceSum(gaussianLogDensity(x, mean, deviation), x.shape.flatMap((_, axis) => (axis === 0 ? [] : [axis])))
}

export interface Bound {
  /** What training lowers: mean over the batch of distortion + rate, in nats for each of `x`'s numbers. A scalar. */
  readonly loss: Value
  /** Mean of -log p(x | z) and of KL(q || p), each for each of `x`'s numbers. */
  readonly distortion: Value
  readonly rate: Value
}

/**
 * The negative evidence lower bound of images x [N, ...], from their log-likelihood [N] and the divergences [N, latents] of the latents.
 * `beta` weighs the rate (1; Higgins et al. 2017). Divided by log 2 it is bits per dimension, once the levels' width is counted in.
 */
export const negativeBound = (x: Value, logLikelihood: Value, divergences: Value, beta = 1): Bound => {
  const each = sizeOf(x.shape.slice(1))
  const distortion = o.mul(o.neg(o.reduceMean(logLikelihood)), 1 / each)
  const rate = o.mul(o.reduceMean(o.reduceSum(divergences, [1])), 1 / each)
  return { loss: o.add(distortion, beta === 1 ? rate : o.mul(rate, beta)), distortion, rate }
}
