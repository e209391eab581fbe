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
}

/** Initial values: W ~ N(0, 1/d), b ~ N(0, 1), a ~ N(0, 1/m), each from a stream of its own. */
export const twoLayer = ({ inputs, slope, width }: TwoLayerSettings, random: Random): Network => ({
  parameters: [
    { name: "W", shape: [width, inputs], initial: normal(random, "W", width * inputs, 1 / Math.sqrt(inputs)), trainable: true },
    { name: "b", shape: [width], initial: normal(random, "b", width, 1), trainable: true },
    { name: "a", shape: [width, 1], initial: normal(random, "a", width, 1 / Math.sqrt(width)), trainable: false }
  ],
  input: [inputs],
  outputs: 1,
  scores: (x, parameter) => {
    const [n = 0] = x.shape
    const before = linear(reshape(x, [n, inputs]), parameter("W"), parameter("b"))
    return reshape(matMul(slope === 0 ? relu(before) : leakyRelu(before, slope), parameter("a")), [n])
  }
})

const normal = (random: Random, purpose: string, size: number, scale: number): Float32Array =>
  random(purpose).fillNormal(new Float32Array(size)).map((value) => value * scale)
