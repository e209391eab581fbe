/**
 * The attacks that AutoAttack is made of, each as a list of runs; every run takes the samples that still resist and gives a point for each of
 * them. Settings that the authors fix are fixed here.
 */
import { Effect, type RandomStream, type StageError } from "../../../src/stage.ts"
import { apgd, type ApgdEnd, type Slopes } from "./apgd.ts"
import { intoBall } from "./ball.ts"
import { fab, type Differences } from "./fab.ts"
import { type Norm, type Range } from "./geometry.ts"
import { nearestBoundary } from "./nearest-boundary.ts"
import type { Objective } from "./objective.ts"
import { rowOf } from "./rows.ts"
import { square } from "./square.ts"
import { predictedClasses, type Victim } from "./victim.ts"

export const parts = ["apgd-ce", "apgd-dlr", "apgd-t", "fab", "fab-t", "square"] as const
export type Part = (typeof parts)[number]

export interface PartSettings {
  readonly norm: Norm
  readonly eps: number
  readonly range: Range
  /** Steps of APGD and FAB. */
  readonly steps: number
  readonly queries: number
  /** Attempts of APGD-CE and APGD-DLR. */
  readonly restarts: number
  /** Attempts of the untargeted FAB: the first from the sample, the others from random points. */
  readonly fabRestarts: number
  /** Classes that APGD-T and FAB-T aim at, from the second greatest score of the sample on. */
  readonly targets: { readonly apgd: number; readonly fab: number }
  /** Evaluations that every gradient of APGD is the mean of: more than one for models that draw at random (EoT). */
  readonly averages: number
  readonly random: (purpose: string) => Pick<RandomStream, "at">
}

/** Samples in work: numbers in the data, points and classes. */
export interface Group {
  readonly numbers: ReadonlyArray<number>
  readonly x: Float32Array
  readonly label: Int32Array
}
/** A point for each sample of a group that the attack thinks fools the model. */
export type Try = (group: Group) => Effect.Effect<{ readonly x: Float32Array; readonly queries: ReadonlyArray<number>; readonly flat?: number }, StageError>

/** The runs that a part is made of; none when the model has too few classes for it. */
export const attemptsOf = (part: Part, victim: Victim, clean: Float32Array, settings: PartSettings): ReadonlyArray<Try> => {
  const { classes } = victim
  const runs = <A>(count: number, make: (i: number) => A): ReadonlyArray<A> => Array.from({ length: count }, (_, i) => make(i))
  const others = (wanted: number) => Math.min(wanted, classes - 1)
  switch (part) {
    case "apgd-ce": return runs(settings.restarts, (i) => ascent(victim, settings, "cross-entropy", `apgd-ce ${i}`))
    case "apgd-dlr": return classes < 3 ? [] : runs(settings.restarts, (i) => ascent(victim, settings, "dlr", `apgd-dlr ${i}`))
    case "apgd-t": return classes < 4 ? [] : runs(others(settings.targets.apgd), (i) => ascent(victim, settings, "dlr", `apgd-t ${i}`, (group) => runnerUp(group, clean, classes, i + 1)))
    case "fab": return runs(settings.fabRestarts, (i) =>
      boundary(victim, settings, classes, (group) => (x) => nearestBoundary(victim, settings.norm, { x, label: group.label }), i === 0 ? undefined : settings.random(`fab ${i}`)))
    case "fab-t": return runs(others(settings.targets.fab), (i) => boundary(victim, settings, 2, (group) => {
      const target = runnerUp(group, clean, classes, i + 1)
      return (x) => victim.evaluate("margin", { x, label: group.label, target })
    }))
    case "square": return [squares(victim, settings)]
  }
}

/** The class with the `rank`-th greatest score of each sample (0: the greatest). */
const runnerUp = ({ numbers }: Group, scores: Float32Array, classes: number, rank: number): Int32Array =>
  Int32Array.from(numbers, (row) => {
    const own = scores.subarray(row * classes, (row + 1) * classes)
    return Array.from(own, (_, k) => k).sort((a, b) => (own[b] ?? 0) - (own[a] ?? 0))[rank] ?? 0
  })

/** APGD; in l1 first in balls of three and two times the size, for 30 % of the steps each. */
const ascent = (victim: Victim, settings: PartSettings, objective: Objective, purpose: string, aim?: (group: Group) => Int32Array): Try =>
  Effect.fn(function*(group) {
    const target = aim?.(group)
    const { averages, eps, norm, range, steps } = settings
    // Of several evaluations the gradients are averaged; objective and prediction are those of the last, as in the authors' tool.
    const slopes = Effect.fn(function*(x: Float32Array) {
      const gradient = new Float32Array(x.length)
      let last: Pick<Slopes, "objective" | "right"> = { objective: new Float32Array(group.label.length), right: new Uint8Array(group.label.length) }
      for (let time = 0; time < averages; time++) {
        const found = yield* victim.evaluate(objective, { x, label: group.label, ...(target === undefined ? {} : { target }) })
        found.gradient.forEach((value, i) => (gradient[i] = (gradient[i] ?? 0) + value / averages))
        last = { objective: found.objective, right: Uint8Array.from(predictedClasses(found.scores, victim.classes), (says, row) => (says === group.label[row] ? 1 : 0)) }
      }
      return { ...last, gradient }
    })
    const phases = norm === "l1" ? [[3, 0.3], [2, 0.3], [1, 0.4]] as const : [[1, 1]] as const
    let end: ApgdEnd | undefined
    let queries = 0
    for (const [times, share] of phases) {
      const from = end?.best.slice()
      if (from !== undefined) {
        for (let row = 0; row < group.numbers.length; row++) {
          const own = rowOf(from, row, victim.size)
          intoBall(norm, own.slice(), rowOf(group.x, row, victim.size), times * eps, range, own)
        }
      }
      const length = Math.max(1, Math.trunc(share * steps))
      end = yield* apgd(group.x, group.numbers, slopes, { norm, eps: times * eps, steps: length, range, random: settings.random(purpose) }, from)
      queries += averages * (length + 1)
    }
    return { x: end?.x ?? group.x, queries: group.numbers.map(() => queries), flat: end?.flat ?? 0 }
  })

/** FAB towards the boundaries that `differences` gives, each of whose evaluations asks the model for `passes - 1` gradients. */
const boundary = (
  victim: Victim,
  { eps, norm, range, steps }: PartSettings,
  passes: number,
  differences: (group: Group) => (x: Float32Array) => Effect.Effect<Differences, StageError>,
  random?: Pick<RandomStream, "at">
): Try =>
  Effect.fn(function*(group) {
    const end = yield* fab(
      group.x,
      group.numbers,
      differences(group),
      (x) => Effect.map(victim.scores(x), (scores) => Uint8Array.from(predictedClasses(scores, victim.classes), (says, row) => (says === group.label[row] ? 0 : 1))),
      { norm, eps, steps, range, ...(random === undefined ? {} : { random }) }
    )
    return { x: end.x, queries: group.numbers.map(() => passes * steps) }
  })

const squares = (victim: Victim, settings: PartSettings): Try =>
  Effect.fn(function*(group) {
    const margins = (x: Float32Array, samples: ReadonlyArray<number>) => Effect.map(victim.scores(x), (scores) => Float32Array.from(samples, (sample, row) => {
      const own = scores.subarray(row * victim.classes, (row + 1) * victim.classes)
      const label = group.label[sample] ?? 0
      return (own[label] ?? 0) - own.reduce((most, score, k) => (k === label ? most : Math.max(most, score)), -Infinity)
    }))
    const end = yield* square(group.x, group.numbers, margins, {
      norm: settings.norm, eps: settings.eps, queries: settings.queries, share: 0.8, range: settings.range, shape: victim.shape, random: settings.random("square")
    })
    return { x: end.x, queries: [...end.queries] }
  })
