/**
 * Targeted FAB (Croce and Hein 2020, "fast adaptive boundary"): walks to the linearised boundary between the label's class and the target's,
 * a little beyond it, drawn back towards the sample, and so looks for the nearest misclassified point rather than for one in a given ball.
 */
import { Effect, type RandomStream, type StageError } from "../../../src/stage.ts"
import { lengthOf, toPlane } from "./ball.ts"
import type { Norm, Range } from "./geometry.ts"
import { rowOf } from "./rows.ts"
import { clampTo } from "./start.ts"

export interface FabSettings {
  readonly norm: Norm
  /** Length of a random start; the search itself knows no ball. */
  readonly eps: number
  readonly steps: number
  readonly range: Range
  /** Starts at random; the sample itself when left out. */
  readonly random?: Pick<RandomStream, "at">
}

/** z_t - z_y at points, and its gradient. */
export interface Differences {
  readonly objective: Float32Array
  readonly gradient: Float32Array
}

export interface FabEnd {
  /** The nearest misclassified point; the sample where none was found. */
  readonly x: Float32Array
  /** Its distance; Infinity where none was found. */
  readonly distance: Float64Array
}

/** Share of the way back to the sample at most, overshoot over the boundary, and how much is kept after a success. */
const [mostBack, overshoot, keptAfter] = [0.1, 1.05, 0.9]

/** One run for correctly labelled samples. `wrong` says for which points the model does not give the label. */
export const fab = Effect.fn("fab")(function*(
  origin: Float32Array,
  numbers: ReadonlyArray<number>,
  differences: (x: Float32Array) => Effect.Effect<Differences, StageError>,
  wrong: (x: Float32Array) => Effect.Effect<Uint8Array, StageError>,
  { eps, norm, random, range, steps }: FabSettings
) {
  const n = numbers.length
  const size = origin.length / n
  const x = origin.slice()
  const found: FabEnd = { x: origin.slice(), distance: new Float64Array(n).fill(Infinity) }
  const scratch = { here: new Float64Array(size), back: new Float64Array(size), draw: new Float64Array(size) }
  if (random !== undefined) {
    for (let row = 0; row < n; row++) {
      const stream = random.at(numbers[row] ?? 0)
      for (let i = 0; i < size; i++) scratch.draw[i] = norm === "linf" ? 2 * stream.uniform() - 1 : stream.normal()
      const scale = eps / (2 * Math.max(lengthOf(norm, scratch.draw), 1e-12))
      for (let i = 0; i < size; i++) x[row * size + i] = clampTo((origin[row * size + i] ?? 0) + scale * (scratch.draw[i] ?? 0), range)
    }
  }
  for (let k = 0; k < steps; k++) {
    const { gradient, objective } = yield* differences(x)
    for (let row = 0; row < n; row++) {
      const [at, own, w] = [rowOf(x, row, size), rowOf(origin, row, size), rowOf(gradient, row, size)]
      let b = -(objective[row] ?? 0)
      for (let i = 0; i < size; i++) b += (w[i] ?? 0) * (at[i] ?? 0)
      toPlane(norm, at, w, b, range, scratch.here)
      toPlane(norm, own, w, b, range, scratch.back)
      const here = Math.max(lengthOf(norm, scratch.here), 1e-8)
      const back = Math.max(lengthOf(norm, scratch.back), 1e-8)
      const alpha = Math.min(here / (here + back), mostBack)
      for (let i = 0; i < size; i++) {
        const ahead = (at[i] ?? 0) + overshoot * (scratch.here[i] ?? 0)
        const near = (own[i] ?? 0) + overshoot * (scratch.back[i] ?? 0)
        at[i] = clampTo((1 - alpha) * ahead + alpha * near, range)
      }
    }
    const fooled = yield* wrong(x)
    for (let row = 0; row < n; row++) {
      if (fooled[row] === 0) continue
      const [at, own] = [rowOf(x, row, size), rowOf(origin, row, size)]
      const distance = lengthOf(norm, at.map((value, i) => value - (own[i] ?? 0)))
      if (distance < (found.distance[row] ?? 0)) {
        found.distance[row] = distance
        found.x.set(at, row * size)
      }
      for (let i = 0; i < size; i++) at[i] = (own[i] ?? 0) + keptAfter * ((at[i] ?? 0) - (own[i] ?? 0))
    }
  }
  return found
})
