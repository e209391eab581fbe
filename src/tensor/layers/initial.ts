/** The words for starting values in an architecture, each as PyTorch defines it. */
import { Schema } from "effect"
import * as start from "../initialise.ts"
import { fans, type Filler } from "../initialise.ts"
import { type Shape, sizeOf } from "../shape.ts"
import { float32Of, type Tensor, tensor } from "../tensor.ts"
import type { Initial } from "./scope.ts"

const Deviation = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))

/** How weights or biases start. `default` is PyTorch's for the layer. */
export const StartingValues = Schema.Union([
  Schema.Literals(["default", "zeros", "ones", "kaiming-uniform", "kaiming-normal", "kaiming-normal-out", "xavier-uniform", "xavier-normal"]),
  Schema.Struct({ normal: Deviation, mean: Schema.optionalKey(Schema.Finite) }),
  Schema.Struct({ "truncated-normal": Deviation }),
  Schema.Struct({ uniform: Deviation }),
  Schema.Struct({ constant: Schema.Finite })
]).annotate({
  expected: "default, zeros, ones, kaiming-uniform, kaiming-normal, kaiming-normal-out, xavier-uniform, xavier-normal, or one of { normal: 0.02 }, { truncated-normal: 0.02 }, { uniform: 0.1 }, { constant: 1 }"
})
export type StartingValues = typeof StartingValues.Type

/** What the words mean where `fallback` is the layer's default. */
export const startingAt = (words: StartingValues | undefined, fallback: Initial): Initial => {
  if (typeof words === "object") {
    if ("normal" in words) return normal(words.normal, words.mean)
    if ("truncated-normal" in words) return truncatedNormal(words["truncated-normal"])
    if ("uniform" in words) return uniform(words.uniform)
    return constant(words.constant)
  }
  switch (words) {
    case "zeros": return zeros
    case "ones": return ones
    case "kaiming-uniform": return (random, shape) => start.kaimingUniform(random, shape)
    case "kaiming-normal": return (random, shape) => start.kaimingNormal(random, shape)
    case "kaiming-normal-out": return (random, shape) => start.kaimingNormal(random, shape, 0, "out")
    case "xavier-uniform": return (random, shape) => start.xavierUniform(random, shape)
    case "xavier-normal": return (random, shape) => start.xavierNormal(random, shape)
    default: return fallback
  }
}

export const constant = (value: number): Initial => (_, shape) => tensor(new Float32Array(sizeOf(shape)).fill(value), shape)
export const zeros = constant(0)
export const ones = constant(1)
export const normal = (deviation: number, mean = 0): Initial => (random, shape) => start.normal(random, shape, deviation, mean)
/** Uniform within a bound on both sides of 0. */
export const uniform = (bound: number): Initial => (random, shape) => start.uniform(random, shape, -bound, bound)
/** The same numbers whatever the stream; made when they are wanted. */
export const given = (values: () => Float32Array): Initial => (_, shape) => tensor(values(), shape)

/** PyTorch's default for the weights of linear and convolutional layers: `kaiming_uniform_(a=sqrt(5))`, uniform within 1/sqrt(fan-in). */
export const torchWeights: Initial = (random, shape) => start.kaimingUniform(random, shape, Math.sqrt(5))
/** PyTorch's default for their biases: uniform within 1/sqrt(fan-in) of the weights. */
export const torchBias = (weights: Shape): Initial => uniform(1 / Math.sqrt(fans(weights).fanIn))

/** Draws from a normal distribution that are redrawn beyond `limit`, as `trunc_normal_` with its bounds of -2 and 2. */
export const truncatedNormal = (deviation: number, limit = 2): Initial => (random, shape) => {
  const data = new Float32Array(sizeOf(shape))
  random.fillNormal(data)
  for (let i = 0; i < data.length; i++) data[i] = within(limit, deviation * (data[i] ?? 0), random, deviation)
  return tensor(data, shape)
}

const within = (limit: number, first: number, random: Filler, deviation: number): number => {
  const one = new Float32Array(1)
  let value = first
  while (Math.abs(value) > limit) {
    random.fillNormal(one)
    value = deviation * (one[0] ?? 0)
  }
  return value
}

/** The same starting values, multiplied. */
export const scaled = (initial: Initial, factor: number): Initial => (random, shape): Tensor => {
  const drawn = float32Of(initial(random, shape))
  return tensor(drawn.map((value) => value * factor), shape)
}
