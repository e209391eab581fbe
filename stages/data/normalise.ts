/** Data with the mean 0 and the standard deviation 1 that another set, or the set itself, has: channel by channel, coordinate by coordinate, or as a whole. */
import { column, dataset, defineStage, doc, Effect, field, Float64, Int64, oneOf, optional, sampleSize, Schema, StageError, table } from "../../src/stage.ts"
import { momentsOf } from "./lib/moments.ts"
import { writePieces } from "./lib/pieces.ts"

export default defineStage({
  name: "data/normalise",
  summary: doc("Subtracts a data set's mean and divides by its standard deviation."),
  params: Schema.Struct({
    by: field(oneOf("channel", "coordinate", "whole"), doc("channel: the first axis of a sample. coordinate: every value of a sample on its own. whole: one mean for all values."), "channel"),
    divide: field(Schema.Boolean, doc("Divides by the standard deviation; without it only the mean goes."), true)
  }),
  inputs: { data: dataset(), statistics: optional(dataset(doc("The set whose statistics are used, for example the training set; `data` itself when left out."))) },
  outputs: {
    data: dataset(doc("The same samples, normalised.")),
    moments: table({
      part: column(Int64, doc("channel or coordinate, from 0")),
      mean: column(Float64, doc("mean that was subtracted")),
      deviation: column(Float64, doc("standard deviation (of the population)"))
    })
  },
  run: Effect.fn("data/normalise")(function*(ctx) {
    const data = yield* ctx.inputs.data.open
    const source = ctx.inputs.statistics === undefined ? data : yield* ctx.inputs.statistics.open
    const size = sampleSize(data)
    if (sampleSize(source) !== size || source.y.length === 0) {
      return yield* new StageError({ message: `The statistics are of ${source.y.length} samples of shape [${source.shape.join(", ")}], the data's have [${data.shape.join(", ")}].`, hint: "Give a set of the same kind." })
    }
    const { by, divide } = ctx.params
    const run = by === "coordinate" ? 1 : by === "whole" || data.shape.length < 2 ? size : size / (data.shape[0] ?? 1)
    const moments = momentsOf(source, run)
    const flat = moments.findIndex(({ deviation }) => divide && by !== "coordinate" && deviation === 0)
    if (flat >= 0) return yield* new StageError({ message: `All values of channel ${flat} are the same.`, hint: "Set `divide: false`." })
    yield* writePieces(ctx.outputs.data, data, (part) => ({
      ...part,
      x: part.x.map((value, i) => {
        const { deviation, mean } = moments[Math.floor((i % size) / run)] ?? { mean: 0, deviation: 1 }
        // A coordinate that never changes carries nothing, and becomes 0.
        return (value - mean) / (divide && deviation > 0 ? deviation : 1)
      }),
      metadata: { ...data.metadata, normalised: by }
    }))
    yield* ctx.outputs.moments.append(moments.map((moment, part) => ({ part, ...moment })))
  })
})
