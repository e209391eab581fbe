/**
 * AutoAttack (Croce and Hein 2020): attacks one after the other, each only on the samples that still resist, so that the share that
 * resists never rises along the order. What their authors' tool warns about is warned about here.
 */
import { Effect, type RandomStream, type StageError } from "../../../src/stage.ts"
import { apgd, type ApgdEnd, type Slopes } from "./apgd.ts"
import { intoBall, lengthOf } from "./ball.ts"
import { fab } from "./fab.ts"
import type { Norm, Range } from "./geometry.ts"
import type { Objective } from "./objective.ts"
import { pick, pickInts, rowOf, rowsWhere } from "./rows.ts"
import { square } from "./square.ts"
import { predictedClasses, type Victim } from "./victim.ts"

export const parts = ["apgd-ce", "apgd-dlr", "apgd-t", "fab-t", "square"] as const
export type Part = (typeof parts)[number]

export interface EnsembleSettings {
  readonly norm: Norm
  readonly eps: number
  readonly range: Range
  readonly parts: ReadonlyArray<Part>
  /** Steps of APGD and FAB. */
  readonly steps: number
  readonly queries: number
  /** Attempts of APGD-CE and APGD-DLR. */
  readonly restarts: number
  /** Classes that targeted attacks aim at, from the second greatest score of the sample on. */
  readonly targets: number
  readonly random: (purpose: string) => Pick<RandomStream, "at">
}

export interface PartResult {
  readonly part: Part
  readonly robustBefore: number
  readonly robustAfter: number
  readonly queries: number
}

export interface EnsembleResult {
  readonly x: Float32Array
  /** The part that fooled the model; undefined for samples that resisted all, and for those that it labels wrong as they are. */
  readonly by: ReadonlyArray<Part | undefined>
  readonly queries: Int32Array
  readonly steps: Int32Array
  readonly parts: ReadonlyArray<PartResult>
}

interface Host {
  progress(done: number, total: number, message?: string): Effect.Effect<void>
  warn(message: string): Effect.Effect<void>
}

/** Samples in work: numbers in the data, points and classes. */
interface Group {
  readonly numbers: ReadonlyArray<number>
  readonly x: Float32Array
  readonly label: Int32Array
}
/** A point for each sample of a group that the attack thinks fools the model. */
type Try = (group: Group) => Effect.Effect<{ readonly x: Float32Array; readonly queries: ReadonlyArray<number>; readonly flat?: number }, StageError>

export const autoAttack = Effect.fn("autoAttack")(function*(victim: Victim, x: Float32Array, label: Int32Array, settings: EnsembleSettings, host: Host) {
  const { classes, size } = victim
  const n = label.length
  const clean = yield* victim.scores(x)
  yield* lookFirst(victim, x, clean, settings, host)
  const predicted = predictedClasses(clean, classes)
  const robust = Uint8Array.from(label, (own, row) => (predicted[row] === own ? 1 : 0))
  const share = () => robust.reduce((sum, one) => sum + one, 0) / n
  const result = { x: x.slice(), by: new Array<Part | undefined>(n).fill(undefined), queries: new Int32Array(n), steps: new Int32Array(n) }
  const measured: Array<PartResult> = []
  let flat = 0
  for (const [place, part] of settings.parts.entries()) {
    const robustBefore = share()
    let queries = 0
    const tries = attemptsOf(part, victim, clean, settings)
    for (const [attempt, attack] of tries.entries()) {
      const open = rowsWhere(n, (row) => robust[row] === 1)
      for (let from = 0; from < open.length; from += victim.batch) {
        const numbers = open.slice(from, from + victim.batch)
        const group = { numbers, x: pick(x, numbers, size), label: pickInts(label, numbers) }
        const end = yield* attack(group)
        flat += end.flat ?? 0
        const says = predictedClasses(yield* victim.scores(end.x), classes)
        numbers.forEach((row, at) => {
          const asked = end.queries[at] ?? 0
          queries += asked
          result.queries[row] = (result.queries[row] ?? 0) + asked
          result.steps[row] = (result.steps[row] ?? 0) + asked - 1
          const moved = rowOf(end.x, at, size)
          const length = lengthOf(settings.norm, moved.map((value, i) => value - (x[row * size + i] ?? 0)))
          if (says[at] === label[row] || length > settings.eps * (1 + 1e-5) + 1e-6) return
          robust[row] = 0
          result.by[row] = part
          result.x.set(moved, row * size)
        })
        yield* host.progress(place * tries.length + attempt, settings.parts.length * tries.length, `${part}, robust accuracy ${share().toFixed(4)}`)
      }
    }
    measured.push({ part, robustBefore, robustAfter: share(), queries })
  }
  const whiteBox = settings.parts.some((part) => part !== "square")
  const last = measured.at(-1)
  if (whiteBox && last?.part === "square" && last.robustAfter < last.robustBefore) {
    yield* host.warn(`Square, which sees no gradients, still broke ${Math.round((last.robustBefore - last.robustAfter) * n)} samples: gradients may be masked.`)
  }
  if (flat > 0) yield* host.warn(`The gradient was zero at the start of ${flat} APGD runs: gradients are masked, or the loss is saturated. The result may be too good.`)
  const done: EnsembleResult = { ...result, parts: measured }
  return done
})

/** What can be seen of the model before it is attacked. */
const lookFirst = Effect.fn(function*(victim: Victim, x: Float32Array, scores: Float32Array, { parts: chosen }: EnsembleSettings, host: Host) {
  const { classes } = victim
  const again = yield* victim.scores(x)
  if (again.some((value, i) => value !== scores[i])) yield* host.warn("The model gives other scores the second time: it draws at random, which this attack does not average over.")
  const sums = rowsWhere(scores.length / classes, (row) => {
    const own = scores.subarray(row * classes, (row + 1) * classes)
    return own.every((score) => score >= 0 && score <= 1) && Math.abs(own.reduce((sum, score) => sum + score, 0) - 1) < 1e-3
  })
  if (sums.length === scores.length / classes) yield* host.warn("The scores look like probabilities: attack the logits, or gradients vanish.")
  for (const part of chosen) {
    const need = part === "apgd-dlr" ? 3 : part === "apgd-t" ? 4 : 2
    if (classes < need) yield* host.warn(`${part} needs ${need} classes and the model has ${classes}: it is left out.`)
  }
})

/** The runs that a part is made of; none when the model has too few classes for it. */
const attemptsOf = (part: Part, victim: Victim, clean: Float32Array, settings: EnsembleSettings): ReadonlyArray<Try> => {
  const { classes } = victim
  const runs = <A>(count: number, make: (i: number) => A): ReadonlyArray<A> => Array.from({ length: count }, (_, i) => make(i))
  const targets = Math.min(settings.targets, classes - 1)
  switch (part) {
    case "apgd-ce": return runs(settings.restarts, (i) => ascent(victim, settings, "cross-entropy", `apgd-ce ${i}`))
    case "apgd-dlr": return classes < 3 ? [] : runs(settings.restarts, (i) => ascent(victim, settings, "dlr", `apgd-dlr ${i}`))
    case "apgd-t": return classes < 4 ? [] : runs(targets, (i) => ascent(victim, settings, "dlr", `apgd-t ${i}`, (group) => runnerUp(group, clean, classes, i + 1)))
    case "fab-t": return runs(targets, (i) => boundary(victim, settings, (group) => runnerUp(group, clean, classes, i + 1)))
    case "square": return settings.norm === "l1" ? [] : [squares(victim, { ...settings, norm: settings.norm })]
  }
}

/** The class with the `rank`-th greatest score of each sample (0: the greatest). */
const runnerUp = ({ numbers }: Group, scores: Float32Array, classes: number, rank: number): Int32Array =>
  Int32Array.from(numbers, (row) => {
    const own = scores.subarray(row * classes, (row + 1) * classes)
    return Array.from(own, (_, k) => k).sort((a, b) => (own[b] ?? 0) - (own[a] ?? 0))[rank] ?? 0
  })

/** APGD; in l1 first in balls of three and two times the size, for 30 % of the steps each. */
const ascent = (victim: Victim, settings: EnsembleSettings, objective: Objective, purpose: string, aim?: (group: Group) => Int32Array): Try =>
  Effect.fn(function*(group) {
    const target = aim?.(group)
    const slopes = (x: Float32Array): Effect.Effect<Slopes, StageError> =>
      Effect.map(victim.evaluate(objective, { x, label: group.label, ...(target === undefined ? {} : { target }) }), (found) => ({
        objective: found.objective,
        gradient: found.gradient,
        right: Uint8Array.from(predictedClasses(found.scores, victim.classes), (says, row) => (says === group.label[row] ? 1 : 0))
      }))
    const { eps, norm, range, steps } = settings
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
      queries += length + 1
    }
    return { x: end?.x ?? group.x, queries: group.numbers.map(() => queries), flat: end?.flat ?? 0 }
  })

const boundary = (victim: Victim, settings: EnsembleSettings, aim: (group: Group) => Int32Array): Try =>
  Effect.fn(function*(group) {
    const target = aim(group)
    const end = yield* fab(
      group.x,
      group.numbers,
      (x) => victim.evaluate("margin", { x, label: group.label, target }),
      (x) => Effect.map(victim.scores(x), (scores) => Uint8Array.from(predictedClasses(scores, victim.classes), (says, row) => (says === group.label[row] ? 0 : 1))),
      { norm: settings.norm, eps: settings.eps, steps: settings.steps, range: settings.range }
    )
    return { x: end.x, queries: group.numbers.map(() => 2 * settings.steps) }
  })

const squares = (victim: Victim, settings: EnsembleSettings & { readonly norm: "linf" | "l2" }): Try =>
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
