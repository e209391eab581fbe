/**
 * Starting weights as the frameworks define them (He et al. 2015, Glorot and Bengio 2010), drawn from a stream of random numbers.
 * `fanIn` and `fanOut` of weights [O, I, ...] are I and O times the size of the rest, as in PyTorch.
 */
import { type Shape, sizeOf } from "./shape.ts"
import { type Tensor, tensor } from "./tensor.ts"

/** What is needed of a stream of random numbers. */
export interface Filler {
  /** Independent draws of mean 0 and variance 1 from a normal distribution. */
  fillNormal(into: Float32Array): unknown
  /** Independent draws, uniform in [0, 1). */
  fillUniform(into: Float32Array): unknown
}

export const normal = (random: Filler, shape: Shape, deviation = 1, mean = 0): Tensor => {
  const data = new Float32Array(sizeOf(shape))
  random.fillNormal(data)
  return tensor(data.map((x) => mean + deviation * x), shape)
}

export const uniform = (random: Filler, shape: Shape, low: number, high: number): Tensor => {
  const data = new Float32Array(sizeOf(shape))
  random.fillUniform(data)
  return tensor(data.map((x) => low + (high - low) * x), shape)
}

export const fans = (shape: Shape): { readonly fanIn: number; readonly fanOut: number } => {
  const [outputs = 1, inputs = 1, ...rest] = shape
  return { fanIn: inputs * sizeOf(rest), fanOut: outputs * sizeOf(rest) }
}

/** He's normal initialisation: variance gain^2 / fan, with gain sqrt(2 / (1 + slope^2)) for a leaky ReLU of that slope. */
export const kaimingNormal = (random: Filler, shape: Shape, slope = 0, fan: "in" | "out" = "in"): Tensor =>
  normal(random, shape, gain(slope) / Math.sqrt(fanOf(shape, fan)))

/** The same variance, uniform. With slope sqrt(5) this is PyTorch's default for Linear and Conv: bound 1 / sqrt(fanIn). */
export const kaimingUniform = (random: Filler, shape: Shape, slope = 0, fan: "in" | "out" = "in"): Tensor => {
  const bound = gain(slope) * Math.sqrt(3 / fanOf(shape, fan))
  return uniform(random, shape, -bound, bound)
}

/** Glorot's initialisation: variance gain^2 2 / (fanIn + fanOut). */
export const xavierNormal = (random: Filler, shape: Shape, gainFactor = 1): Tensor => {
  const { fanIn, fanOut } = fans(shape)
  return normal(random, shape, gainFactor * Math.sqrt(2 / (fanIn + fanOut)))
}

export const xavierUniform = (random: Filler, shape: Shape, gainFactor = 1): Tensor => {
  const { fanIn, fanOut } = fans(shape)
  const bound = gainFactor * Math.sqrt(6 / (fanIn + fanOut))
  return uniform(random, shape, -bound, bound)
}

const gain = (slope: number): number => Math.sqrt(2 / (1 + slope * slope))
const fanOf = (shape: Shape, fan: "in" | "out"): number => (fan === "in" ? fans(shape).fanIn : fans(shape).fanOut)
