/**
 * Gradient attacks on whole data sets: one session run is one step of a batch, in which the objective, its gradient, the next point and
 * the best point so far are computed together. FGSM is one step of it, PGD many.
 */
import { Effect, type RandomStream, type StageError } from "../../../src/stage.ts"
import { grad } from "../../../src/tensor/differentiate.ts"
import { argMax, cast, equal, greater, not, reduceSum, where } from "../../../src/tensor/ops.ts"
import { float32Of, type Tensor, tensor, zeros } from "../../../src/tensor/tensor.ts"
import { choose, type Norm, type Range } from "./geometry.ts"
import { nextPoint, type StepRule } from "./gradient-step.ts"
import { type Objective, objectiveOf } from "./objective.ts"
import { pick, pickInts, rowOf, rowsWhere } from "./rows.ts"
import { randomStart } from "./start.ts"
import { type Asked, type BatchGraph, batchOf, engineFailure, labelFeeds, put, type Victim } from "./victim.ts"

export interface GradientAttack {
  readonly rule: StepRule
  readonly objective: Objective
  /** Steps towards `target`, instead of away from the label. */
  readonly targeted: boolean
  readonly steps: number
  readonly range: Range
  /** Gives the point with the best objective, the start included, or the one after the last step. */
  readonly keep: "best" | "last"
  /** Attempts; from the second on only samples that no attempt has moved to where they should be go on. */
  readonly restarts: number
  /** Starts at random in this ball, from the stream of an attempt. */
  readonly start?: { readonly norm: Norm; readonly eps: number; readonly random: (attempt: number) => Pick<RandomStream, "at"> }
}

export interface Attacked {
  readonly x: Float32Array
  /** Objective there. */
  readonly objective: Float32Array
  /** Predictions asked for each sample. */
  readonly queries: Int32Array
  /** Steps taken. */
  readonly steps: Int32Array
}

/** Attacks every sample. `progress` hears how many samples are done, of how many over all attempts. */
export const attackByGradient = Effect.fn("attackByGradient")(function*(
  victim: Victim,
  { label, target, x }: Asked,
  attack: GradientAttack,
  progress: (done: number, total: number) => Effect.Effect<void> = () => Effect.void
) {
  const { size } = victim
  const n = label.length
  const run = yield* openSteps(victim, attack)
  const found: Attacked = { x: x.slice(), objective: new Float32Array(n).fill(-Infinity), queries: new Int32Array(n), steps: new Int32Array(n) }
  const reached = new Uint8Array(n)
  for (let attempt = 0; attempt < attack.restarts; attempt++) {
    const open = rowsWhere(n, (row) => reached[row] === 0)
    // The stream is of the sample's number, so that who else is still open changes nothing.
    const start = attack.start === undefined ? x : randomStart(attack.start.norm, x, size, attack.start.eps, attack.range, attack.start.random(attempt))
    for (let from = 0; from < open.length; from += victim.batch) {
      const rows = open.slice(from, from + victim.batch)
      const part = { x: pick(x, rows, size), label: pickInts(label, rows), ...(target === undefined ? {} : { target: pickInts(target, rows) }) }
      const end = yield* run(part, pick(start, rows, size))
      rows.forEach((row, place) => {
        const success = (end.reached[place] ?? 0) > 0
        const value = end.objective[place] ?? 0
        found.queries[row] = (found.queries[row] ?? 0) + attack.steps + 1
        found.steps[row] = (found.steps[row] ?? 0) + attack.steps
        if (!success && value <= (found.objective[row] ?? 0) && attempt > 0) return
        found.x.set(end.x.subarray(place * size, (place + 1) * size), row * size)
        found.objective[row] = value
        reached[row] = success ? 1 : 0
      })
      yield* progress(attempt * n + from + rows.length, attack.restarts * n)
    }
  }
  return found
})

interface End {
  readonly x: Float32Array
  readonly objective: Float32Array
  /** 1 where the model gives the target, or another class than the label when there is none. */
  readonly reached: Float32Array
}

/** The sessions of a step and of the end, which needs no gradient; run from a start to the end for one batch. */
const openSteps = Effect.fn(function*(victim: Victim, { keep, objective, range, rule, steps, targeted }: GradientAttack) {
  const { batch, shape, size } = victim
  const judged = ({ label, scores, target }: Pick<BatchGraph, "label" | "scores" | "target">) => {
    const predicted = argMax(scores, 1)
    return {
      objective: objectiveOf(objective, scores, targeted ? { label, target } : { label }),
      reached: cast(targeted ? equal(predicted, target) : not(equal(predicted, label)), "float32")
    }
  }
  const stepping = yield* victim.open((given) => {
    const { x } = given
    const { graph } = x
    const origin = graph.input("origin", x.shape)
    const { objective: value, reached } = judged(given)
    const [gradient = x] = grad(reduceSum(value), [x])
    const next = nextPoint(rule, { x, ...(rule.kind === "greedy" ? { marked: graph.input("marked", x.shape) } : {}) }, origin, gradient, range)
    const moved = { nextX: next.x, ...(next.marked === undefined ? {} : { nextMarked: next.marked }) }
    if (keep === "last") return moved
    const best = { x: graph.input("bestX", x.shape), objective: graph.input("bestObjective", [batch]), reached: graph.input("bestReached", [batch]) }
    const better = greater(value, best.objective)
    return {
      ...moved,
      nextBestX: choose(better, x, best.x),
      nextBestObjective: where(better, value, best.objective),
      nextBestReached: where(better, reached, best.reached)
    }
  })
  const judging = yield* victim.open(judged)
  // Steps write to two sets of tensors in turn, of which the one is read while the other is written.
  const room = () => Object.fromEntries(Object.entries(stepping.outputs).map(([name, { shape: of, type }]) => [name, zeros(type, of)]))
  const [even, odd] = [room(), room()]
  const run = (part: Asked, start: Float32Array): Effect.Effect<End, StageError> => Effect.gen(function*() {
    const origin = batchOf(part.x, 0, batch, size, shape)
    const labels = labelFeeds(part, 0, batch)
    let x = batchOf(start, 0, batch, size, shape)
    let marked = zeros("float32", [batch, ...shape])
    let best = { bestX: origin, bestObjective: tensor(new Float32Array(batch).fill(-Infinity), [batch]), bestReached: zeros("float32", [batch]) }
    for (let step = 0; step < steps; step++) {
      const feeds = { x, origin, ...labels, ...(rule.kind === "greedy" ? { marked } : {}), ...(keep === "best" ? best : {}) }
      const found = yield* stepping.run(feeds, step % 2 === 0 ? even : odd)
      x = found["nextX"] ?? x
      marked = found["nextMarked"] ?? marked
      best = { bestX: found["nextBestX"] ?? best.bestX, bestObjective: found["nextBestObjective"] ?? best.bestObjective, bestReached: found["nextBestReached"] ?? best.bestReached }
    }
    const last = yield* judging.run({ x, ...labels })
    const n = part.label.length
    const end = { x: new Float32Array(n * size), objective: new Float32Array(n), reached: new Float32Array(n) }
    put(end.x, 0, x)
    put(end.objective, 0, last["objective"])
    put(end.reached, 0, last["reached"])
    if (keep === "best") takeBetter(end, best, size)
    return end
  }).pipe(Effect.mapError(engineFailure))
  return run
})

/** Puts the points with a greater (or the same) objective in the place of the last ones, which are taken only where they are better than all before. */
const takeBetter = (end: End, { bestObjective, bestReached, bestX }: Readonly<Record<"bestObjective" | "bestReached" | "bestX", Tensor>>, size: number): void => {
  const [x, objective, reached] = [float32Of(bestX), float32Of(bestObjective), float32Of(bestReached)]
  for (let row = 0; row < end.objective.length; row++) {
    if ((end.objective[row] ?? 0) > (objective[row] ?? 0)) continue
    end.x.set(rowOf(x, row, size), row * size)
    end.objective[row] = objective[row] ?? 0
    end.reached[row] = reached[row] ?? 0
  }
}
