/**
 * A model under attack: scores of classes, objectives and their gradients for any number of samples at once. Sessions have one batch size and
 * are opened when first needed; samples that do not fill a last batch are followed by copies of the first.
 */
import { Scope } from "effect"
import { type Dataset, Effect, sampleSize, StageError } from "../../../src/stage.ts"
import { grad } from "../../../src/tensor/differentiate.ts"
import { reduceSum, reshape } from "../../../src/tensor/ops.ts"
import type { Value } from "../../../src/tensor/graph.ts"
import { openSession, type Session } from "../../../src/tensor/runtime.ts"
import { float32Of, type Tensor, tensor } from "../../../src/tensor/tensor.ts"
import { type Engine, sessionOptions } from "../../train/lib/engine.ts"
import { openModel } from "../../train/lib/model.ts"
import { classScores, fewestClasses, type Objective, objectiveOf } from "./objective.ts"

/** Samples a run at most: AutoAttack's own default. */
const largestBatch = 250

export interface Evaluated {
  /** [n, classes] */
  readonly scores: Float32Array
  /** [n] */
  readonly objective: Float32Array
  /** [n, size] */
  readonly gradient: Float32Array
}

/** Rows of samples and their classes; `target` only for targeted objectives. */
export interface Asked {
  readonly x: Float32Array
  readonly label: Int32Array
  readonly target?: Int32Array
}

/** Part of a graph that is run batch by batch on samples. */
export interface BatchGraph {
  readonly x: Value
  /** Scores of classes. */
  readonly scores: Value
  readonly label: Value
  readonly target: Value
}

export interface Victim {
  readonly classes: number
  readonly size: number
  readonly shape: ReadonlyArray<number>
  readonly batch: number
  /** Whether the model gave one score, and labels are -1 and +1. */
  readonly binary: boolean
  readonly scores: (x: Float32Array) => Effect.Effect<Float32Array, StageError>
  readonly evaluate: (objective: Objective, asked: Asked) => Effect.Effect<Evaluated, StageError>
  /** A session of outputs built on the model for one batch. */
  readonly open: (build: (graph: BatchGraph) => Readonly<Record<string, Value>>) => Effect.Effect<Session, StageError>
}

/** Opens the model for samples of the data's shape. Its sessions close with the scope. */
export const openVictim = Effect.fn("openVictim")(function*(bytes: Uint8Array, data: Dataset, engine: Engine) {
  const [n, size] = [data.y.length, sampleSize(data)]
  if (n === 0) return yield* new StageError({ message: "The data set is empty.", hint: "Give it at least one sample." })
  const batch = Math.min(largestBatch, n)
  const probe = yield* openModel(bytes, batch, size)
  const binary = probe.scores.shape.length === 1
  const classes = binary ? 2 : probe.scores.shape[1] ?? 0
  const scope = yield* Effect.scope
  const options = yield* sessionOptions(engine)
  const open: Victim["open"] = (build) =>
    Effect.gen(function*() {
      const { graph, scores, x } = yield* openModel(bytes, batch, size)
      const label = graph.input("label", [batch], "int64")
      const target = graph.input("target", [batch], "int64")
      const outputs = yield* Effect.try({ try: () => build({ x, scores: classScores(scores), label, target }), catch: engineFailure })
      return yield* Effect.mapError(openSession(outputs, options), engineFailure)
    }).pipe(Effect.provideService(Scope.Scope, scope))
  const sessions = new Map<string, Session>()
  const session = (name: string, build: (graph: BatchGraph) => Readonly<Record<string, Value>>) => {
    const known = sessions.get(name)
    return known !== undefined ? Effect.succeed(known) : Effect.tap(open(build), (opened) => Effect.sync(() => sessions.set(name, opened)))
  }
  const shape = probe.x.shape.slice(1)
  const victim: Victim = {
    classes, size, shape, batch, binary, open,
    scores: (x) => Effect.gen(function*() {
      const forward = yield* session("scores", ({ scores }) => ({ scores }))
      const all = new Float32Array((x.length / size) * classes)
      for (let from = 0; from < x.length / size; from += batch) {
        const { scores } = yield* Effect.mapError(forward.run({ x: batchOf(x, from, batch, size, shape) }), engineFailure)
        put(all, from * classes, scores)
      }
      return all
    }),
    evaluate: (objective, asked) => Effect.gen(function*() {
      const targeted = asked.target !== undefined
      const need = fewestClasses(objective, targeted)
      if (classes < need) {
        return yield* new StageError({
          message: `The ${targeted ? "targeted " : ""}${objective} objective needs ${need} classes; the model has ${classes}.`,
          hint: "Use cross-entropy or margin."
        })
      }
      const both = yield* session(`${objective} ${targeted}`, ({ label, scores, target, x }) => {
        const value = objectiveOf(objective, scores, targeted ? { label, target } : { label })
        const [gradient = value] = grad(reduceSum(value), [x])
        return { scores, objective: value, gradient: reshape(gradient, [batch, size]) }
      })
      const n = asked.label.length
      const all: Evaluated = { scores: new Float32Array(n * classes), objective: new Float32Array(n), gradient: new Float32Array(n * size) }
      for (let from = 0; from < n; from += batch) {
        const feeds = { x: batchOf(asked.x, from, batch, size, shape), ...labelFeeds(asked, from, batch) }
        const found = yield* Effect.mapError(both.run(feeds), engineFailure)
        put(all.scores, from * classes, found["scores"])
        put(all.objective, from, found["objective"])
        put(all.gradient, from * size, found["gradient"])
      }
      return all
    })
  }
  return victim
})

/** Rows `from` to `from + batch` of samples as a tensor; past the last sample the first one stands in. */
export const batchOf = (rows: Float32Array, from: number, batch: number, size: number, shape: ReadonlyArray<number>): Tensor => {
  const part = rows.subarray(from * size, (from + batch) * size)
  if (part.length === batch * size) return tensor(part, [batch, ...shape])
  const full = new Float32Array(batch * size)
  full.set(part)
  for (let at = part.length; at < full.length; at += size) full.set(rows.subarray(0, size), at)
  return tensor(full, [batch, ...shape])
}

/** Classes as the sessions take them. A target is fed even where no objective asks for one. */
export const labelFeeds = ({ label, target = label }: Pick<Asked, "label" | "target">, from: number, batch: number) => {
  const whole = (classes: Int32Array) => tensor(BigInt64Array.from({ length: batch }, (_, i) => BigInt(classes[from + i] ?? classes[0] ?? 0)), [batch])
  return { label: whole(label), target: whole(target) }
}

/** Copies what fits: a last batch may be longer than what is left. */
export const put = (into: Float32Array, at: number, from: Tensor | undefined): void => {
  if (from !== undefined) into.set(float32Of(from).subarray(0, into.length - at), at)
}

export const engineFailure = (cause: unknown): StageError =>
  cause instanceof StageError ? cause : new StageError({ message: `The attack's graph did not run: ${cause instanceof Error ? cause.message : String(cause)}`, cause })

/** Class of each row: the greatest score, the first of equals. */
export const predictedClasses = (scores: Float32Array, classes: number): Int32Array =>
  Int32Array.from({ length: scores.length / classes }, (_, row) => {
    let best = 0
    for (let k = 1; k < classes; k++) if ((scores[row * classes + k] ?? 0) > (scores[row * classes + best] ?? 0)) best = k
    return best
  })

/** Labels of a data set as classes: those of a binary model are -1 (class 0) and +1 (class 1). */
export const classesOf = (victim: Pick<Victim, "binary" | "classes">, y: Float32Array): Effect.Effect<Int32Array, StageError> => {
  const classes = Int32Array.from(y, (label) => (victim.binary ? (label + 1) / 2 : label))
  const wrong = y.findIndex((label) => (victim.binary ? label !== 1 && label !== -1 : !Number.isInteger(label) || label < 0 || label >= victim.classes))
  return wrong < 0 ? Effect.succeed(classes) : new StageError({
    message: `Sample ${wrong} is labelled ${y[wrong]}, but the model takes ${victim.binary ? "-1 and 1" : `0 to ${victim.classes - 1}`}.`,
    hint: "Use labels that the model was trained on."
  })
}

/** A class as a label of the data set. */
export const labelOf = ({ binary }: Pick<Victim, "binary">, of: number): number => (binary ? 2 * of - 1 : of)
