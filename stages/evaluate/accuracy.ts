/** How often a model is right on a data set. */
import { column, dataset, defineStage, doc, Effect, Float64, Int64, model, Schema, table } from "../../src/stage.ts"
import { scoresOf } from "../train/lib/batches.ts"
import { lossOfScores } from "../train/lib/loss.ts"
import { agreement, predictions } from "../train/lib/measures.ts"

export default defineStage({
  name: "evaluate/accuracy",
  summary: doc("Accuracy and mean logarithmic loss of a model on a data set."),
  engine: true,
  params: Schema.Struct({}),
  inputs: { model: model(doc("Binary (one score a sample, labels -1 and +1) or not (one for each class).")), data: dataset() },
  outputs: {
    accuracy: table({
      n: column(Int64, doc("samples")),
      accuracy: column(Float64, doc("share of samples that the model labels right")),
      loss: column(Float64, doc("mean logistic loss of a binary model, otherwise mean cross-entropy", "nats"))
    })
  },
  run: Effect.fn("evaluate/accuracy")(function*(ctx) {
    const data = yield* ctx.inputs.data.open
    const scores = yield* scoresOf(yield* ctx.inputs.model.read, data, ctx)
    const n = data.y.length
    yield* ctx.outputs.accuracy.append([{ n, accuracy: agreement(predictions(scores, n), data.y), loss: lossOfScores(scores.length === n ? "logistic" : "cross-entropy", scores, data.y) }])
  })
})
