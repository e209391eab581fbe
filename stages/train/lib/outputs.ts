/** What every training stage gives, and how it gives it: the model, one row of facts, and the training curve. */
import { column, type Dataset, doc, Effect, type FileWriter, Float64, Int64, type Samples, StageError, table, type TableWriter } from "../../../src/stage.ts"
import { scoresOf } from "./batches.ts"
import { labelProblem, lossOfScores } from "./loss.ts"
import { agreement, predictions } from "./measures.ts"
import { encodeNetwork } from "./model.ts"
import { train, type TrainingSettings } from "./training.ts"
import type { TrainingHost } from "./training-loop.ts"

const statColumns = {
  n: column(Int64, doc("training samples")),
  loss: column(Float64, doc("mean loss on the training data after the last step")),
  accuracy: column(Float64, doc("accuracy on the training data after the last step")),
  steps: column(Int64, doc("optimiser steps")),
  rate: column(Float64, doc("learning rate after the last step")),
  reductions: column(Int64, doc("how often the schedule lowered the rate"))
} as const
const curveColumns = {
  step: column(Int64, doc("optimiser step, from 1; the first ten and about 200 others")),
  loss: column(Float64, doc("mean loss of the step's batch, with the weights before the step")),
  rate: column(Float64, doc("learning rate of the step"))
} as const

export const trainedTables = {
  stat: table(statColumns, doc("One row: how training ended.")),
  curve: table(curveColumns, doc("Loss and learning rate over the steps, thinned."))
} as const

interface TrainingStage extends TrainingHost {
  readonly outputs: {
    readonly model: FileWriter
    readonly stat: TableWriter<typeof statColumns>
    readonly curve: TableWriter<typeof curveColumns>
  }
}

/** Trains on the data and writes the outputs. Fails when a label is not one that the loss can take. */
export const trainToModel = Effect.fn("trainToModel")(function*(stage: TrainingStage, data: Dataset | Samples, settings: TrainingSettings, keep: "best" | "last" = "last") {
  const problem = labelProblem(settings.loss, data.y, settings.network.outputs)
  if (problem !== undefined) return yield* new StageError({ message: problem, hint: "Choose another `loss`, or labels that fit it." })
  const { best, curve, epochs, rate, reductions, state, steps, weights: last } = yield* Effect.scoped(train(settings, stage))
  const weights = keep === "best" ? best : last
  const model = encodeNetwork(settings.network, weights, { ...settings.network.metadata, loss: settings.loss })
  const scores = yield* scoresOf(model, data, stage)
  const n = data.y.length
  yield* stage.outputs.model.write(model)
  yield* stage.outputs.curve.append(curve)
  yield* stage.outputs.stat.append([{
    n,
    loss: lossOfScores(settings.loss, scores, data.y),
    accuracy: agreement(predictions(scores, n), data.y),
    steps,
    rate,
    reductions
  }])
  return { epochs, last, state }
})
