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
import { Graph, type Value } from "../../../src/tensor/graph.ts"
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

/** What the graphs below are fed with: samples x [n, d] with labels y [n, 1], and the draws v [S, d] and a [S]. */
const sampleInputs = (graph: Graph, n: number, d: number, draws: number) => ({
  x: graph.input("x", [n, d]),
  y: graph.input("y", [n, 1]),
  v: graph.input("v", [draws, d]),
  a: graph.input("a", [draws])
})

/** P^T diag(y) X: row s is what draw s contributes to a class-weighted sum, where its phi' is 1. [S, d] */
const contributions = (p: Value, x: Value, y: Value): Value => gemm(p, mul(x, y), undefined, { transA: true })

/**
 * sum_k y_k Phi(x_n, x_k) x_k for every sample, [n, d], as a graph fed with x, y, v and a: the directions in which the theory expects the
 * perturbations.
 */
export const classWeightedSums = (n: number, d: number, draws: number, slope: number): Value => {
  const { a, v, x, y } = sampleInputs(new Graph(), n, d, draws)
  const p = slopes(x, v, a, slope)
  return mul(gemm(p, contributions(p, x, y)), 1 / draws)
}

/**
 * The theory's f and g are sums over draws, f(z) = (1/S) sum_s phi'(v_s.z + a_s) F_s.z and likewise with G:
 *
 *   f(z) = mean_n y_n Phi(x_n, z) x_n.z                F = P_x^T diag(y) X / N
 *   g(z) = mean_n Phi(r_n, z) u_n.z                    G = P_r^T U / N,   u_n = (1/N) sum_k y_k Phi(x_n, x_k) x_k
 *
 * A graph for F and G, each [S, d], fed with x, y, v, a and r [n, d], what g learned from.
 */
export const theoryWeights = (n: number, d: number, draws: number, slope: number): { readonly F: Value; readonly G: Value } => {
  const graph = new Graph()
  const { a, v, x, y } = sampleInputs(graph, n, d, draws)
  const p = slopes(x, v, a, slope)
  const sums = contributions(p, x, y)
  const u = mul(gemm(p, sums), 1 / (n * draws))
  const r = slopes(graph.input("r", [n, d]), v, a, slope)
  return { F: mul(sums, 1 / n), G: mul(gemm(r, u, undefined, { transA: true }), 1 / n) }
}

/** The theory's f and g at points z [m, d], each [m], as a graph fed with z, v, a, F and G. */
export const theoryScores = (m: number, d: number, draws: number, slope: number): { readonly f: Value; readonly g: Value } => {
  const graph = new Graph()
  const z = graph.input("z", [m, d])
  const p = slopes(z, graph.input("v", [draws, d]), graph.input("a", [draws]), slope)
  const at = (weights: Value): Value => reduceMean(mul(p, gemm(z, weights, undefined, { transB: true })), [1])
  return { f: at(graph.input("F", [draws, d])), g: at(graph.input("G", [draws, d])) }
}
