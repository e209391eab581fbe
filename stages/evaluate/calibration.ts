/** How far a classifier's confidence can be believed, before and after its scores are divided by a temperature fitted to held-out data. */
import { Bool, column, Count, dataset, defineStage, doc, Effect, field, Float64, Int64, model, nullable, oneOf, optional, Schema, table } from "../../src/stage.ts"
import { binnings, calibrationOf, fitTemperature, temperatureRange } from "./lib/calibration.ts"
import { classScoresOf } from "./lib/class-scores.ts"

export default defineStage({
  name: "evaluate/calibration",
  summary: doc("Expected calibration error and its bins, and the same with a temperature fitted to validation data (Guo et al. 2017)."),
  engine: true,
  params: Schema.Struct({
    bins: field(Count, doc("Bins of confidence.", "bins"), 15),
    binning: field(oneOf(...binnings), doc("Bins of the same width, or with the same number of samples."), "equal-width")
  }),
  inputs: {
    model: model(doc("A classifier that gives logits: one score, or one for each class.")),
    data: dataset(doc("What is measured.")),
    validation: optional(dataset(doc("What the temperature is fitted to: samples that were neither trained on nor are measured. No temperature without it.")))
  },
  outputs: {
    stat: table({
      scaled: column(Bool, doc("whether scores were divided by the fitted temperature")),
      temperature: column(Float64, doc("what scores are divided by: 1 as they are")),
      n: column(Int64, doc("samples")),
      accuracy: column(Float64, doc("share labelled right, which a temperature does not change")),
      confidence: column(Float64, doc("mean probability of the class that is said")),
      ece: column(Float64, doc("expected calibration error: mean distance of confidence and accuracy over the bins, by their samples")),
      mce: column(Float64, doc("greatest such distance")),
      loss: column(Float64, doc("mean cross-entropy", "nats")),
      brier: column(Float64, doc("mean squared distance of the probabilities from the label, summed over classes"))
    }, doc("One row for the scores as they are, and one for the scaled ones.")),
    bins: table({
      scaled: column(Bool, doc("whether scores were divided by the fitted temperature")),
      bin: column(Int64, doc("from 0")),
      low: column(Float64, doc("confidences of the bin are above it")),
      high: column(Float64, doc("and up to it")),
      n: column(Int64, doc("samples in it")),
      confidence: nullable(column(Float64, doc("their mean confidence; null in an empty bin"))),
      accuracy: nullable(column(Float64, doc("share of them labelled right; null in an empty bin")))
    }, doc("The reliability diagram: one row for each bin."))
  },
  run: Effect.fn("evaluate/calibration")(function*(ctx) {
    const { binning, bins } = ctx.params
    const bytes = yield* ctx.inputs.model.read
    const scored = yield* classScoresOf(bytes, yield* ctx.inputs.data.read, ctx)
    const temperatures = [1]
    if (ctx.inputs.validation !== undefined) {
      const fitted = fitTemperature(yield* classScoresOf(bytes, yield* ctx.inputs.validation.read, ctx))
      if (temperatureRange.some((end) => end === fitted)) {
        yield* ctx.log(`The best temperature lies beyond ${fitted}: on the validation data the model is ${fitted < 1 ? "always right" : "no better than guessing"}. More data may say more.`, "warn")
      }
      temperatures.push(fitted)
    }
    for (const [i, temperature] of temperatures.entries()) {
      const scaled = i > 0
      const { bins: found, brier, ece, loss, mce } = calibrationOf(scored, temperature, bins, binning)
      const mean = (of: (bin: (typeof found)[number]) => number | null) => found.reduce((sum, bin) => sum + bin.n * (of(bin) ?? 0), 0) / scored.n
      yield* ctx.outputs.stat.append([{ scaled, temperature, n: scored.n, accuracy: mean((bin) => bin.accuracy), confidence: mean((bin) => bin.confidence), ece, mce, loss, brier }])
      yield* ctx.outputs.bins.append(found.map((bin, place) => ({ scaled, bin: place, ...bin })))
    }
  })
})
