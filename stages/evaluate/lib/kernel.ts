/**
 * The kernel of the theory of wide two-layer nets (Kumano et al. 2024) and what it predicts:
 *
 *   Phi(x, z) = E [ phi'(v.x + a) phi'(v.z + a) ],  v ~ N(0, I/d), a ~ N(0, 1),  phi' = 1 above 0 and the slope elsewhere,
 *
 * as a mean over S draws. With P[i, s] = phi'(v_s.x_i + a_s) it is Phi = P P^T / S, so that sums over the kernel are products of thin
 * matrices and no kernel matrix is ever made:
 *
 *   sum_k y_k Phi(z, x_k) x_k = P_z (P_x^T diag(y) X) / S.
 */
import type { RandomStream } from "../../../src/stage.ts"
import type { Value } from "../../../src/tensor/graph.ts"
import { Graph } from "../../../src/tensor/graph.ts"
import { add, gemm, greater, mul, reduceMean, where } from "../../../src/tensor/ops.ts"
import { type Tensor, tensor } from "../../../src/tensor/tensor.ts"

/** Draws of the kernel's expectation. */
export interface Draws {
  /** [S, d] */
  readonly v: Tensor
  /** [S] */
  readonly a: Tensor
}

export const drawKernel = (count: number, d: number, random: (purpose: string) => RandomStream): Draws => ({
  v: tensor(random("v").fillNormal(new Float32Array(count * d)).map((value) => value / Math.sqrt(d)), [count, d]),
  a: tensor(random("a").fillNormal(new Float32Array(count)), [count])
})

/** P: phi' of every draw (columns) at every row of x, [n, S]. */
const slopes = (x: Value, v: Value, a: Value, slope: number): Value => {
  const active = greater(add(gemm(x, v, undefined, { transB: true }), a), 0)
  return where(active, 1, slope)
}

/**
 * sum_k y_k Phi(x_n, x_k) x_k for every sample x_n, a value of shape [n, d], as a graph with the inputs x [n, d], y [n, 1], v and a. Its
 * rows are the directions in which the theory expects perturbations.
 */
export const classWeightedSums = (n: number, d: number, draws: number, slope: number): { readonly graph: Graph; readonly sums: Value } => {
  const graph = new Graph()
  const { a, v, x, y } = sampleInputs(graph, n, d, draws)
  const p = slopes(x, v, a, slope)
  return { graph, sums: mul(gemm(p, gemm(p, mul(x, y), undefined, { transA: true })), 1 / draws) }
}

/**
 * The f and g of the theory at points z of shape [m, d], each [m], as a graph with the further inputs r [n, d]
 * (what g learned from) and z:
 *
 *   f(z) = mean_n y_n Phi(x_n, z) x_n.z
 *   g(z) = mean_n Phi(r_n, z) u_n.z,  u_n = (1/N) sum_k y_k Phi(x_n, x_k) x_k
 */
export const predictedScores = (n: number, m: number, d: number, draws: number, slope: number) => {
  const { graph, sums } = classWeightedSums(n, d, draws, slope)
  const input = (name: string): Value => {
    const value = graph.inputs.get(name)
    if (value === undefined) throw new Error(`The kernel's graph has no input ${name}.`)
    return value
  }
  const [x, y, v, a] = [input("x"), input("y"), input("v"), input("a")]
  const r = graph.input("r", [n, d])
  const z = graph.input("z", [m, d])
  const pz = slopes(z, v, a, slope)
  // Row s of these: what draw s contributes, to be weighted by phi' at z.
  const f = mul(gemm(slopes(x, v, a, slope), mul(x, y), undefined, { transA: true }), 1 / n)
  const g = mul(gemm(slopes(r, v, a, slope), sums, undefined, { transA: true }), 1 / (n * n))
  const at = (contributions: Value) => reduceMean(mul(pz, gemm(z, contributions, undefined, { transB: true })), [1])
  return { f: at(f), g: at(g) }
}

const sampleInputs = (graph: Graph, n: number, d: number, draws: number) => ({
  x: graph.input("x", [n, d]),
  y: graph.input("y", [n, 1]),
  v: graph.input("v", [draws, d]),
  a: graph.input("a", [draws])
})
