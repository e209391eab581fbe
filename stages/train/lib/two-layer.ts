/**
 * The wide two-layer net of perturbation learning, f(x) = sum_k a_k phi(w_k x + b_k) with phi a leaky ReLU (slope 0: ReLU). Only W and b
 * are learned; the readout a keeps its initial values.
 */
import { leakyRelu, linear, matMul, relu, reshape } from "../../../src/tensor/ops.ts"
import type { Network, Random } from "./network.ts"

export interface TwoLayerSettings {
  /** Size of a sample (d). */
  readonly inputs: number
  /** Hidden units (m). */
  readonly width: number
  /** Slope of phi for negative values (gamma). */
  readonly slope: number
  /** Whether hidden units have the bias b. */
  readonly bias?: boolean
  /** gauss: as below. signs: the first half of a is 1/sqrt(m), the second -1/sqrt(m), and W is uniform within 1/sqrt(d) (Kumano et al., ICLR 2024). */
  readonly start?: "gauss" | "signs"
}

/** Initial values: W ~ N(0, 1/d), b ~ N(0, 1), a ~ N(0, 1/m), each from a stream of its own. */
export const twoLayer = ({ bias = true, inputs, slope, start = "gauss", width }: TwoLayerSettings, random: Random): Network => ({
  parameters: start === "signs" ? signed({ bias, inputs, width }, random) : [
    { name: "W", shape: [width, inputs], initial: normal(random, "W", width * inputs, 1 / Math.sqrt(inputs)), trainable: true },
    ...(bias ? [{ name: "b", shape: [width], initial: normal(random, "b", width, 1), trainable: true }] : []),
    { name: "a", shape: [width, 1], initial: normal(random, "a", width, 1 / Math.sqrt(width)), trainable: false }
  ],
  input: [inputs],
  outputs: 1,
  scores: (x, parameter) => {
    const [n = 0] = x.shape
    const before = linear(reshape(x, [n, inputs]), parameter("W"), bias ? parameter("b") : undefined)
    return reshape(matMul(slope === 0 ? relu(before) : leakyRelu(before, slope), parameter("a")), [n])
  }
})

const signed = ({ bias, inputs, width }: { readonly bias: boolean; readonly inputs: number; readonly width: number }, random: Random) => {
  const uniform = (purpose: string, size: number) => random(purpose).fillUniform(new Float32Array(size)).map((u) => (2 * u - 1) / Math.sqrt(inputs))
  return [
    { name: "W", shape: [width, inputs], initial: uniform("W", width * inputs), trainable: true },
    ...(bias ? [{ name: "b", shape: [width], initial: uniform("b", width), trainable: true }] : []),
    { name: "a", shape: [width, 1], initial: Float32Array.from({ length: width }, (_, k) => (2 * k < width ? 1 : -1) / Math.sqrt(width)), trainable: false }
  ]
}

const normal = (random: Random, purpose: string, size: number, scale: number): Float32Array =>
  random(purpose).fillNormal(new Float32Array(size)).map((value) => value * scale)
