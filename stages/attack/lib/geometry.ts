/**
 * Balls and directions as graphs, on batches of any sample shape [n, ...]: the step that raises a linear objective most for its length, the
 * nearest point of a ball around the origin, and the range of the data. What adversarial training unrolls into its step, and what the
 * gradient attacks run.
 */
import type { Value } from "../../../src/tensor/graph.ts"
import { abs, add, cast, clip, cumSum, div, greaterOrEqual, max, min, mul, neg, type Operand, reduceL2, reduceMax, reduceMin, reduceSum, reshape, sign, sub, topK, where } from "../../../src/tensor/ops.ts"
import { fromNumbers } from "../../../src/tensor/tensor.ts"

export const norms = ["linf", "l2", "l1"] as const
export type Norm = (typeof norms)[number]

/** What samples can be: outside it there is no data. A side that is left out is open. */
export interface Range {
  readonly low?: number
  readonly high?: number
}

export const within = (x: Value, { high = Infinity, low = -Infinity }: Range): Value => {
  const above = low === -Infinity ? x : max(x, low)
  return high === Infinity ? above : min(above, high)
}

/**
 * The nearest point in both the linf ball around an origin and the range of the data, which together are a box. Its corners are the same in every step of an
 * attack, so that a step takes two passes over the data for it, where one set after the other would take five.
 */
export const intoBox = (x: Value, origin: Value, eps: Operand, { high, low }: Range): Value => {
  const [bottom, top] = [sub(origin, eps), add(origin, eps)]
  return min(max(x, low === undefined ? bottom : max(bottom, low)), high === undefined ? top : min(top, high))
}

/** Samples as rows [n, size]. */
export const asRows = (x: Value): Value => {
  const [n = 0, ...rest] = x.shape
  return reshape(x, [n, rest.reduce((a, b) => a * b, 1)])
}
const shaped = (rows: Value, like: Value): Value => reshape(rows, like.shape)

/** So small that only a zero gradient gives a step that is not of unit length. */
const tiny = 1e-30

/**
 * The step of unit length along a gradient: its sign (linf), the gradient itself (l2), or the signs of its greatest entries (l1), a share
 * `sparsity` of all, as sparse l1 descent takes them.
 */
export const steepest = (norm: Norm, gradient: Value, sparsity = 0.01): Value => {
  if (norm === "linf") return sign(gradient)
  // Scaled by its greatest entry first, so that the squares of a small gradient do not vanish.
  const rows = asRows(gradient)
  const scaled = div(rows, max(reduceMax(abs(rows), [1], true), tiny))
  if (norm === "l2") return shaped(div(scaled, max(reduceL2(scaled, [1], true), tiny)), gradient)
  const [, size = 1] = rows.shape
  const least = reduceMin(topK(abs(scaled), Math.max(1, Math.round(sparsity * size))).values, [1], true)
  const signs = mul(sign(scaled), cast(greaterOrEqual(abs(scaled), least), "float32"))
  return shaped(div(signs, max(reduceSum(abs(signs), [1], true), tiny)), gradient)
}

/** The nearest point to `delta` in the ball of radius eps around 0. */
export const project = (norm: Norm, delta: Value, eps: Operand): Value => {
  if (norm === "linf") return clip(delta, typeof eps === "number" ? -eps : neg(eps), eps)
  const rows = asRows(delta)
  if (norm === "l2") return shaped(mul(rows, min(div(eps, max(reduceL2(rows, [1], true), tiny)), 1)), delta)
  return shaped(projectL1(rows, eps), delta)
}

/**
 * Onto the l1 ball: every entry loses the same amount theta, but none changes sign (Duchi et al. 2008). With the magnitudes in falling
 * order, theta_j = (sum of the first j - eps) / j, and theta is the greatest of these and 0.
 */
const projectL1 = (rows: Value, eps: Operand): Value => {
  const [, size = 1] = rows.shape
  const falling = topK(abs(rows), size).values
  const counts = rows.graph.constant(fromNumbers(Array.from({ length: size }, (_, j) => j + 1), { type: rows.type, shape: [1, size] }))
  const theta = max(reduceMax(div(sub(cumSum(falling, 1), eps), counts), [1], true), 0)
  return mul(sign(rows), max(sub(abs(rows), theta), 0))
}

/** The whole vector, made shorter where its greatest entry is above eps: no projection in the sense of the nearest point. */
export const shrinkToMax = (delta: Value, eps: number): Value => {
  const rows = asRows(delta)
  return shaped(mul(rows, min(div(eps, max(reduceMax(abs(rows), [1], true), tiny)), 1)), delta)
}

/** A gradient by its greatest entry. */
export const overGreatest = (gradient: Value): Value => {
  const rows = asRows(gradient)
  return shaped(div(rows, max(reduceMax(abs(rows), [1], true), tiny)), gradient)
}

/** Where of two points of each sample: `first` where `choose` [n] (bool) holds. */
export const choose = (which: Value, first: Value, second: Value): Value => {
  const [n = 0, ...rest] = first.shape
  return where(reshape(which, [n, ...rest.map(() => 1)]), first, second)
}
