/** What is measured after every epoch: loss and accuracy on data that is not trained on, which choose the best weights and the end. */
import { asSamples, type Dataset, Effect, type Samples, Schema } from "../../../src/stage.ts"
import { Graph } from "../../../src/tensor/graph.ts"
import { openSession } from "../../../src/tensor/runtime.ts"
import { float32Of, tensor } from "../../../src/tensor/tensor.ts"
import { type Engine, sessionOptions } from "./engine.ts"
import { type Loss, lossOfScores } from "./loss.ts"
import { agreement, predictions } from "./measures.ts"
import { valueOf } from "./model.ts"
import type { Network } from "./network.ts"

/** One epoch; null where there is no such data. */
export const EpochRecordSchema = Schema.Struct({
  /** From 1. */
  epoch: Schema.Int,
  /** Means over the batches, each with the weights before its step, on the images that were trained on. */
  loss: Schema.Finite,
  accuracy: Schema.Finite,
  /** Learning rate of the epoch's last step. */
  rate: Schema.Finite,
  validationLoss: Schema.NullOr(Schema.Finite),
  validationAccuracy: Schema.NullOr(Schema.Finite),
  /** Of sequences of tokens, whose accuracy is that of tokens: share that is right as a whole. */
  validationSequences: Schema.optionalKey(Schema.NullOr(Schema.Finite)),
  testLoss: Schema.NullOr(Schema.Finite),
  testAccuracy: Schema.NullOr(Schema.Finite)
})
export type EpochRecord = typeof EpochRecordSchema.Type
export type Measured = Pick<EpochRecord, "validationLoss" | "validationAccuracy" | "validationSequences" | "testLoss" | "testAccuracy">

export interface EpochSettings {
  readonly validation?: Dataset | Samples
  /** Seen, but never used to choose anything. */
  readonly test?: Dataset | Samples
  /** Training ends after so many epochs without a better one; never when left out. */
  readonly patience?: number
}

/** Better on the validation data: more are right, or as many with less loss. Without such data, less loss in training. */
export const isBetter = ({ validation }: EpochSettings) => (record: EpochRecord, best: EpochRecord | undefined): boolean => {
  if (best === undefined) return true
  if (validation === undefined) return record.loss < best.loss
  const [now, then] = [record.validationAccuracy ?? 0, best.validationAccuracy ?? 0]
  return now > then || (now === then && (record.validationLoss ?? Infinity) < (best.validationLoss ?? Infinity))
}

/** Samples a run at most. */
const batchSize = 500

/** Opens sessions for the data sets and gives what measures weights on them. */
export const openMeasure = Effect.fn("openMeasure")(function*(network: Network, loss: Loss, { test, validation }: EpochSettings, engine: Engine) {
  const options = yield* sessionOptions(engine)
  const open = Effect.fn(function*(of: Dataset | Samples) {
    const data = asSamples(of)
    const n = data.y.length
    const batch = Math.min(batchSize, n)
    const graph = new Graph()
    const x = graph.input("x", [batch, ...network.input])
    const parameters = new Map(network.parameters.map(({ name, shape }) => [name, graph.input(name, shape)]))
    const session = yield* openSession({ scores: network.scores(x, (name) => valueOf(parameters, name)) }, options)
    return Effect.fn(function*(weights: ReadonlyMap<string, Float32Array>) {
      const fed = Object.fromEntries(network.parameters.map(({ initial, name, shape }) => [name, tensor(weights.get(name) ?? initial, shape)]))
      const scores = new Float32Array(n * network.outputs)
      for (let from = 0; from < n; from += batch) {
        // The last batch reaches back, so that all have one size.
        const start = Math.min(from, n - batch)
        const found = yield* session.run({ ...fed, x: tensor(data.range(start, start + batch), x.shape) })
        if (found["scores"] !== undefined) scores.set(float32Of(found["scores"]), start * network.outputs)
      }
      return { loss: lossOfScores(loss, scores, data.y), accuracy: agreement(predictions(scores, n), data.y) }
    })
  })
  const [onValidation, onTest] = [validation === undefined ? undefined : yield* open(validation), test === undefined ? undefined : yield* open(test)]
  return Effect.fn("measure")(function*(weights: ReadonlyMap<string, Float32Array>) {
    const [seen, unseen] = [yield* onValidation?.(weights) ?? nothing, yield* onTest?.(weights) ?? nothing]
    return { validationLoss: finite(seen.loss), validationAccuracy: seen.accuracy, testLoss: finite(unseen.loss), testAccuracy: unseen.accuracy }
  })
})

const nothing = Effect.succeed({ loss: null, accuracy: null })
/** A loss beyond every number is kept as the greatest one: the table has no infinity. */
export const finite = (loss: number | null): number | null => (loss === null || Number.isFinite(loss) ? loss : Number.MAX_VALUE)
