/** A classifier's scores of classes with the samples' own classes: what all measures of one model on one data set start from. */
import { type Dataset, Effect, StageError } from "../../../src/stage.ts"
import { classesOf, labelOf, predictedClasses } from "../../attack/lib/victim.ts"
import { scoresOf } from "../../train/lib/batches.ts"
import type { Engine } from "../../train/lib/engine.ts"

export interface ClassScores {
  readonly n: number
  readonly classes: number
  /** [n, classes]; a binary score s counts as (-s/2, s/2), whose softmax is the logistic function of s. */
  readonly scores: Float32Array
  /** Class of each sample, from 0. */
  readonly label: Int32Array
  /** Class with the greatest score. */
  readonly says: Int32Array
  /** A class as the data set's labels have it: -1 and +1 for a binary model. */
  readonly named: (of: number) => number
}

/** Applies a model to a data set. Fails when there are no samples, or with the first label that the model cannot have. */
export const classScoresOf = Effect.fn("classScoresOf")(function*(model: Uint8Array, data: Dataset, engine: Engine) {
  const n = data.y.length
  if (n === 0) return yield* new StageError({ message: "The data set is empty.", hint: "Give it at least one sample." })
  const given = yield* scoresOf(model, data, engine)
  const binary = given.length === n
  const classes = binary ? 2 : given.length / n
  const scores = binary ? Float32Array.from({ length: 2 * n }, (_, i) => ((i % 2 === 0 ? -1 : 1) * (given[Math.floor(i / 2)] ?? 0)) / 2) : given
  const label = yield* classesOf({ binary, classes }, data.y)
  const found: ClassScores = { n, classes, scores, label, says: predictedClasses(scores, classes), named: (of) => labelOf({ binary }, of) }
  return found
})
