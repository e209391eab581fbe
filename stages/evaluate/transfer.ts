/**
 * What perturbation learning measures: f learned the data, g learned only f's perturbations; how good are both on the data, and
 * do they agree on samples that neither has seen?
 */
import { column, dataset, type Dataset, defineStage, doc, Effect, Float64, Int64, model, Schema, table } from "../../src/stage.ts"
import { scoresOf } from "../train/lib/batches.ts"
import { agreement, mean, predictions } from "../train/lib/measures.ts"

export default defineStage({
  name: "evaluate/transfer",
  summary: doc("Accuracy of f and of g on f's training data, their agreement on fresh data, and g's accuracy on its own training set."),
  engine: true,
  params: Schema.Struct({}),
  inputs: {
    f: model(doc("Learned `data`.")),
    g: model(doc("Learned `perturbed`.")),
    data: dataset(doc("The clean training data.")),
    fresh: dataset(doc("Samples of the same kind that neither model has seen.")),
    perturbed: dataset(doc("What g learned from: perturbations and the labels they aim at."))
  },
  outputs: {
    transfer: table({
      f_accuracy: column(Float64, doc("accuracy of f on its training data")),
      g_accuracy: column(Float64, doc("accuracy of g on that same clean data")),
      agreement: column(Float64, doc("share of fresh samples on which f and g say the same")),
      g_train_accuracy: column(Float64, doc("accuracy of g on the perturbations that it learned from")),
      target_mean: column(Float64, doc("mean of the perturbations' labels: 0 when balanced")),
      n: column(Int64, doc("clean samples")),
      n_fresh: column(Int64, doc("fresh samples"))
    })
  },
  run: Effect.fn("evaluate/transfer")(function*(ctx) {
    const f = yield* ctx.inputs.f.read
    const g = yield* ctx.inputs.g.read
    const data = yield* ctx.inputs.data.read
    const fresh = yield* ctx.inputs.fresh.read
    const perturbed = yield* ctx.inputs.perturbed.read
    const says = (model: Uint8Array, of: Dataset) => Effect.map(scoresOf(model, of, ctx), (scores) => predictions(scores, of.y.length))
    yield* ctx.outputs.transfer.append([{
      f_accuracy: agreement(yield* says(f, data), data.y),
      g_accuracy: agreement(yield* says(g, data), data.y),
      agreement: agreement(yield* says(f, fresh), yield* says(g, fresh)),
      g_train_accuracy: agreement(yield* says(g, perturbed), perturbed.y),
      target_mean: mean(perturbed.y),
      n: data.y.length,
      n_fresh: fresh.y.length
    }])
  })
})
