/**
 * AutoAttack (Croce and Hein 2020): attacks one after the other, each only on the samples that still resist, so that the share that
 * resists never rises along the order. What their authors' tool warns about is warned about here.
 */
import { Effect } from "../../../src/stage.ts"
import { lengthOf } from "./ball.ts"
import { attemptsOf, type Part, type PartSettings } from "./ensemble-parts.ts"
import { pick, pickInts, rowOf, rowsWhere } from "./rows.ts"
import { predictedClasses, type Victim } from "./victim.ts"

export interface EnsembleSettings extends PartSettings {
  readonly parts: ReadonlyArray<Part>
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
  if (whiteBox && last?.part === "square" && last.robustBefore - last.robustAfter > 0.002) {
    yield* host.warn(`Square, which sees no gradients, still broke ${Math.round((last.robustBefore - last.robustAfter) * n)} samples: gradients may be masked. Give Square more \`queries\`, or attack the model as it is made.`)
  }
  if (flat > 0) yield* host.warn(`The gradient was zero at the start of ${flat} APGD runs: gradients are masked, or the loss is saturated. The result may be too good.`)
  const done: EnsembleResult = { ...result, parts: measured }
  return done
})

/** What can be seen of the model before it is attacked. */
const lookFirst = Effect.fn(function*(victim: Victim, x: Float32Array, scores: Float32Array, { averages, parts: chosen }: EnsembleSettings, host: Host) {
  const { classes } = victim
  const few = x.subarray(0, victim.batch * victim.size)
  let varies = false
  for (let time = 0; time < 4 && !varies; time++) varies = (yield* victim.scores(few)).some((value, i) => value !== scores[i])
  if (varies && averages === 1) yield* host.warn("The model gives other scores each time: it draws at random. Use `version: rand`, which averages over gradients.")
  if (!varies && averages > 1) yield* host.warn(`The model gives the same scores each time: ${averages} evaluations of every gradient are the same one. Use \`version: standard\`.`)
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
