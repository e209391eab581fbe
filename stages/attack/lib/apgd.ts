/**
 * Auto-PGD (Croce and Hein 2020; l1 form 2021) as AutoAttack runs it: gradient ascent with momentum whose step is halved, and which goes back to
 * its best point, where it swings or no longer gains. Every sample has its own step. Given is, as there, the last misclassified
 * iterate of a sample; without one, the start.
 */
import { Effect, type RandomStream, type StageError } from "../../../src/stage.ts"
import { intoBall, lengthOf } from "./ball.ts"
import { checkpoints } from "./checkpoints.ts"
import type { Norm, Range } from "./geometry.ts"
import { rowOf } from "./rows.ts"
import { clampTo } from "./start.ts"

export interface ApgdSettings {
  readonly norm: Norm
  readonly eps: number
  readonly steps: number
  readonly range: Range
  readonly random: Pick<RandomStream, "at">
}

/** What APGD needs to know of a batch of points. */
export interface Slopes {
  readonly objective: Float32Array
  readonly gradient: Float32Array
  /** 1 where the model says the label. */
  readonly right: Uint8Array
}

export interface ApgdEnd {
  /** The last misclassified iterate, [n, size]; for samples without one, the start. */
  readonly x: Float32Array
  /** The point of the greatest objective. */
  readonly best: Float32Array
  readonly objective: Float32Array
  readonly fooled: Uint8Array
  /** Samples whose gradient at the start was zero. */
  readonly flat: number
}

/** One run from a random start (or from `from`). `numbers` are the samples' own, which key their random streams. */
export const apgd = Effect.fn("apgd")(function*(
  origin: Float32Array,
  numbers: ReadonlyArray<number>,
  slopes: (x: Float32Array) => Effect.Effect<Slopes, StageError>,
  settings: ApgdSettings,
  from?: Float32Array
) {
  const { eps, norm, steps } = settings
  const n = numbers.length
  const size = origin.length / n
  const rows = Array.from({ length: n }, (_, row) => row)
  const x = from?.slice() ?? startOf(origin, numbers, settings)
  const first = yield* slopes(x)
  const gradient = first.gradient.slice()
  const best = { x: x.slice(), gradient: first.gradient.slice(), objective: first.objective.slice() }
  const adversarial = x.slice()
  const fooled = Uint8Array.from(first.right, (right) => 1 - right)
  const longest = (norm === "l1" ? 1 : 2) * eps
  const step = new Float64Array(n).fill(longest)
  const before = x.slice()
  // Per sample: gains since the last checkpoint, the last objective (0 before the first step, as the authors count it), and what the checkpoint saw.
  const gains = new Int32Array(n)
  const last = new Float64Array(n)
  const halved = new Uint8Array(n).fill(1)
  const bestThen = first.objective.slice()
  const share = new Float64Array(n).fill(0.2)
  const changedThen = new Float64Array(n).fill(size)
  const backToBest = (row: number) => {
    x.set(rowOf(best.x, row, size), row * size)
    gradient.set(rowOf(best.gradient, row, size), row * size)
  }
  const places = norm === "l1" ? everySoOften(steps) : checkpoints(steps)
  let lastPlace = 0
  for (let k = 1; k <= steps; k++) {
    for (const row of rows) {
      const current = rowOf(x, row, size)
      const next = ascend(settings, {
        x: current, before: rowOf(before, row, size), origin: rowOf(origin, row, size), gradient: rowOf(gradient, row, size),
        step: step[row] ?? 0, momentum: k > 1, share: share[row] ?? 0.2
      })
      before.set(current, row * size)
      x.set(next, row * size)
    }
    const now = yield* slopes(x)
    gradient.set(now.gradient)
    for (const row of rows) {
      const value = now.objective[row] ?? 0
      if (now.right[row] === 0) {
        adversarial.set(rowOf(x, row, size), row * size)
        fooled[row] = 1
      }
      if (value > (last[row] ?? 0)) gains[row] = (gains[row] ?? 0) + 1
      last[row] = value
      if (value > (best.objective[row] ?? 0)) {
        best.x.set(rowOf(x, row, size), row * size)
        best.gradient.set(rowOf(gradient, row, size), row * size)
        best.objective[row] = value
      }
    }
    if (!places.includes(k)) continue
    for (const row of rows) {
      if (norm === "l1") {
        const changed = changedCoordinates(rowOf(best.x, row, size), rowOf(origin, row, size))
        const sparser = changed < 0.95 * (changedThen[row] ?? size)
        share[row] = changed / size / 1.5
        step[row] = sparser ? longest : Math.max((step[row] ?? 0) / 1.5, longest / 10)
        changedThen[row] = changed
        if (sparser) backToBest(row)
        continue
      }
      const swings = (gains[row] ?? 0) <= 0.75 * (k - lastPlace)
      const stalls = halved[row] === 0 && (bestThen[row] ?? 0) >= (best.objective[row] ?? 0)
      halved[row] = swings || stalls ? 1 : 0
      bestThen[row] = best.objective[row] ?? 0
      gains[row] = 0
      if (swings || stalls) {
        step[row] = (step[row] ?? 0) / 2
        backToBest(row)
      }
    }
    lastPlace = k
  }
  const end: ApgdEnd = {
    x: adversarial, best: best.x, objective: best.objective, fooled,
    flat: rows.filter((row) => lengthOf("linf", rowOf(first.gradient, row, size)) === 0).length
  }
  return end
})

/** The l1 form looks at its sparsity every 4 % of the steps. */
const everySoOften = (steps: number): ReadonlyArray<number> => {
  const interval = Math.max(Math.trunc(0.04 * steps), 1)
  return Array.from({ length: Math.floor(steps / interval) }, (_, i) => (i + 1) * interval)
}

const changedCoordinates = (x: Float32Array, origin: Float32Array): number => x.reduce((count, value, i) => count + (value === origin[i] ? 0 : 1), 0)

/** A random direction of length eps from each sample, within the range. */
const startOf = (origin: Float32Array, numbers: ReadonlyArray<number>, { eps, norm, random, range }: ApgdSettings): Float32Array => {
  const size = origin.length / numbers.length
  const start = origin.slice()
  numbers.forEach((number, row) => {
    const stream = random.at(number)
    const direction = Float64Array.from({ length: size }, () => (norm === "linf" ? 2 * stream.uniform() - 1 : stream.normal()))
    const own = rowOf(origin, row, size)
    if (norm === "l1") return intoBall("l1", direction.map((value, i) => value + (own[i] ?? 0)), own, eps, range, rowOf(start, row, size))
    const scale = eps / Math.max(lengthOf(norm, direction), 1e-12)
    direction.forEach((value, i) => (start[row * size + i] = clampTo((own[i] ?? 0) + scale * value, range)))
  })
  return start
}

interface Ascent {
  readonly x: Float32Array
  readonly before: Float32Array
  readonly origin: Float32Array
  readonly gradient: Float32Array
  readonly step: number
  /** Not at the first step. */
  readonly momentum: boolean
  /** Share of the coordinates that an l1 step moves. */
  readonly share: number
}

/** z = P(x + step d(g)), then x' = P(x + 0.75 (z - x) + 0.25 (x - before)); the l1 form stops at z. */
const ascend = ({ eps, norm, range }: ApgdSettings, { before, gradient, momentum, origin, share, step, x }: Ascent): Float64Array => {
  const size = x.length
  const z = new Float64Array(size)
  if (norm === "l1") {
    const falling = Float32Array.from(gradient, Math.abs).sort().reverse()
    const least = falling[Math.min(Math.max(Math.ceil(share * size) - 1, 0), size - 1)] ?? 0
    const signs = Float64Array.from(gradient, (g) => (Math.abs(g) >= least ? Math.sign(g) : 0))
    const length = lengthOf("l1", signs) + 1e-10
    intoBall("l1", signs.map((sign, i) => (x[i] ?? 0) + (step * sign) / length), origin, eps, range, z)
    return z
  }
  const length = lengthOf("l2", gradient) + 1e-12
  for (let i = 0; i < size; i++) {
    const g = gradient[i] ?? 0
    z[i] = (x[i] ?? 0) + step * (norm === "linf" ? Math.sign(g) : g / length)
  }
  intoBall(norm, z, origin, eps, range, z)
  const own = momentum ? 0.75 : 1
  for (let i = 0; i < size; i++) {
    const at = x[i] ?? 0
    z[i] = at + own * ((z[i] ?? 0) - at) + (1 - own) * (at - (before[i] ?? 0))
  }
  intoBall(norm, z, origin, eps, range, z)
  return z
}
