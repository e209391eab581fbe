/**
 * Balls, boxes and hyperplanes on rows of arrays, for attacks whose steps differ from sample to sample. All work in double precision and
 * round at the end. The room of a coordinate is how far it may go before it leaves the range of the data.
 */
import type { Norm, Range } from "./geometry.ts"
import { clampTo } from "./start.ts"

/** Length of v in a norm. */
export const lengthOf = (norm: Norm, v: ArrayLike<number>): number => {
  let length = 0
  for (let i = 0; i < v.length; i++) {
    const size = Math.abs(v[i] ?? 0)
    length = norm === "linf" ? Math.max(length, size) : length + (norm === "l2" ? size * size : size)
  }
  return norm === "l2" ? Math.sqrt(length) : length
}

/** Writes to `out` the point of the eps-ball around `origin` within the range that `x` is projected to (l2: radially, then clamped). */
export const intoBall = (norm: Norm, x: ArrayLike<number>, origin: ArrayLike<number>, eps: number, range: Range, out: Float64Array | Float32Array): void => {
  if (norm === "l1") return intoL1(x, origin, eps, range, out)
  const [scale, bound] = norm === "l2" ? [Math.min(1, eps / Math.max(distance(x, origin), 1e-300)), Infinity] : [1, eps]
  for (let i = 0; i < out.length; i++) {
    const from = origin[i] ?? 0
    out[i] = clampTo(from + Math.min(Math.max(((x[i] ?? 0) - from) * scale, -bound), bound), range)
  }
}

const distance = (x: ArrayLike<number>, origin: ArrayLike<number>): number => {
  let squares = 0
  for (let i = 0; i < x.length; i++) squares += ((x[i] ?? 0) - (origin[i] ?? 0)) ** 2
  return Math.sqrt(squares)
}

/**
 * The nearest point of the l1 ball within the range: every difference loses the same amount theta and then stays in its room. Its
 * length falls with theta, which is found by halving.
 */
const intoL1 = (x: ArrayLike<number>, origin: ArrayLike<number>, eps: number, range: Range, out: Float64Array | Float32Array): void => {
  const step = (i: number, theta: number): number => {
    const from = origin[i] ?? 0
    const difference = (x[i] ?? 0) - from
    return clampTo(from + Math.sign(difference) * Math.max(Math.abs(difference) - theta, 0), range) - from
  }
  const length = (theta: number): number => {
    let sum = 0
    for (let i = 0; i < out.length; i++) sum += Math.abs(step(i, theta))
    return sum
  }
  let [low, high] = [0, 0]
  if (length(0) > eps) {
    for (let i = 0; i < out.length; i++) high = Math.max(high, Math.abs((x[i] ?? 0) - (origin[i] ?? 0)))
    for (let round = 0; round < 60; round++) {
      const middle = (low + high) / 2
      if (length(middle) > eps) low = middle
      else high = middle
    }
  }
  for (let i = 0; i < out.length; i++) out[i] = (origin[i] ?? 0) + step(i, high)
}

/**
 * The shortest step d, in a norm, with w (x + d) = b that keeps x + d within the range; where none reaches the plane, the one that comes
 * nearest. Coordinates move towards the plane by t (linf) or t |w_i| (l2), each within its room; what they gain together is concave and
 * piecewise linear in t, so that Newton's steps from 0 end at the solution. For l1 the coordinates of greatest |w_i| go first.
 */
export const toPlane = (norm: Norm, x: ArrayLike<number>, w: ArrayLike<number>, b: number, range: Range, out: Float64Array): void => {
  const low = range.low ?? -Infinity
  const high = range.high ?? Infinity
  let product = 0
  for (let i = 0; i < out.length; i++) product += (x[i] ?? 0) * (w[i] ?? 0)
  const side = b >= product ? 1 : -1
  const missing = Math.abs(b - product)
  const { gain, limit } = scratch(out.length)
  // What a coordinate gains per unit of t, and the t at which its room is used up; one without slope stays.
  for (let i = 0; i < out.length; i++) {
    const slope = w[i] ?? 0
    const speed = norm === "l2" ? Math.abs(slope) : 1
    const room = Math.max(side * slope > 0 ? high - (x[i] ?? 0) : (x[i] ?? 0) - low, 0)
    gain[i] = Math.abs(slope) * speed
    limit[i] = slope === 0 ? 0 : room / speed
  }
  if (norm === "l1") {
    const order = Array.from(out, (_, i) => i).sort((i, j) => (gain[j] ?? 0) - (gain[i] ?? 0))
    let left = missing
    for (const i of order) {
      const slope = gain[i] ?? 0
      const move = slope === 0 ? 0 : Math.min(limit[i] ?? 0, left / slope)
      out[i] = side * Math.sign(w[i] ?? 0) * move
      left = Math.max(left - move * slope, 0)
    }
    return
  }
  let t = 0
  for (let round = 0; round <= out.length; round++) {
    let gained = 0
    let slope = 0
    for (let i = 0; i < out.length; i++) {
      const own = gain[i] ?? 0
      const most = limit[i] ?? 0
      if (t < most) {
        gained += own * t
        slope += own
      } else gained += own * most
    }
    if (slope === 0 || missing - gained <= 1e-12 * missing) break
    t += (missing - gained) / slope
  }
  for (let i = 0; i < out.length; i++) {
    const slope = w[i] ?? 0
    const far = Math.min(t, limit[i] ?? 0)
    out[i] = side * (norm === "l2" ? far * slope : far * Math.sign(slope))
  }
}

/** Two arrays for `toPlane`, which is called for every sample at every step: made once for each size. */
const scratch = (size: number): { readonly gain: Float64Array; readonly limit: Float64Array } => {
  if (buffers.gain.length !== size) buffers = { gain: new Float64Array(size), limit: new Float64Array(size) }
  return buffers
}
let buffers = { gain: new Float64Array(0), limit: new Float64Array(0) }
