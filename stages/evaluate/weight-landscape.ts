/** The loss around a trained model's weights, on the plane of two random directions (Li et al. 2018): flat or sharp, smooth or rugged. */
import { column, Count, dataset, defineStage, doc, Effect, field, Float64, Int32, Int64, model, Positive, sampleSize, Schema, Seed, StageError, table } from "../../src/stage.ts"
import { importModel } from "../../src/tensor/import.ts"
import { openSession } from "../../src/tensor/runtime.ts"
import { float32Of, type Tensor, tensor } from "../../src/tensor/tensor.ts"
import { batchOf, engineFailure, put } from "../attack/lib/victim.ts"
import { sessionOptions } from "../train/lib/engine.ts"
import { lossOfScores } from "../train/lib/loss.ts"
import { agreement, predictions } from "../train/lib/measures.ts"
import { classScoresOf } from "./lib/class-scores.ts"
import { filterAxis, filterNormalised, gridLine } from "./lib/directions.ts"

/** Samples a run at most. */
const largestBatch = 500

export default defineStage({
  name: "evaluate/weight-landscape",
  summary: doc("Loss and accuracy of a model as its weights move along two filter-normalised random directions."),
  engine: true,
  params: Schema.Struct({
    cells: field(Count, doc("Points along each direction; with an odd number the model itself is one of them.", "points"), 21),
    extent: field(Positive, doc("The weights move from -extent to extent times a direction, whose filters are as long as the model's."), 1),
    seed: field(Seed, doc("Seed of the directions."), 0)
  }),
  inputs: {
    model: model(doc("A classifier. Running statistics stay what they are.")),
    data: dataset(doc("Samples that loss and accuracy are means over."))
  },
  outputs: {
    landscape: table({
      row: column(Int32, doc("place along the second direction, from 0")),
      col: column(Int32, doc("place along the first direction, from 0")),
      u: column(Float64, doc("multiple of the first direction")),
      v: column(Float64, doc("multiple of the second direction")),
      loss: column(Float64, doc("mean cross-entropy (of a binary model: logistic loss)", "nats")),
      accuracy: column(Float64, doc("share of samples labelled right"))
    }, doc("One row for each point of the plane.")),
    stat: table({
      n: column(Int64, doc("samples")),
      moved: column(Int64, doc("numbers that move: weights of convolutions and linear maps")),
      fixed: column(Int64, doc("numbers that do not: biases and normalisations"))
    })
  },
  run: Effect.fn("evaluate/weight-landscape")(function*(ctx) {
    const { cells, extent, seed } = ctx.params
    const bytes = yield* ctx.inputs.model.read
    const data = yield* ctx.inputs.data.read
    // Says what is wrong with model or labels, before anything moves.
    const { n } = yield* classScoresOf(bytes, data, ctx)
    const batch = Math.min(largestBatch, n)
    const opened = yield* Effect.try({ try: () => importModel(bytes, { shapes: { batch }, trainable: true }), catch: engineFailure })
    const { x } = opened.inputs
    const { scores } = opened.outputs
    if (x === undefined || scores === undefined) return yield* new StageError({ message: "The model has no input x or no output scores.", hint: "Use the model of a train stage, or model/import." })
    const weights = [...opened.weights.values()].map(({ initial, value }, place) => {
      const own = float32Of(initial)
      const axis = filterAxis(value, [scores])
      const direction = (which: string) => (axis === undefined ? new Float32Array(own.length) : filterNormalised(own, initial.shape, axis, ctx.random(seed, `${which} ${place}`)))
      return { input: value.name, shape: initial.shape, own, moves: axis !== undefined, first: direction("first"), second: direction("second") }
    })
    const size = sampleSize(data)
    const width = scores.shape[1] ?? 1
    const session = yield* openSession({ scores }, yield* sessionOptions(ctx))
    const at = (u: number, v: number): Record<string, Tensor> =>
      Object.fromEntries(weights.map(({ first, input, own, second, shape }) => [input, tensor(own.map((w, i) => w + u * (first[i] ?? 0) + v * (second[i] ?? 0)), shape)]))
    const line = gridLine(cells, extent)
    for (const [row, v] of line.entries()) {
      const found: Array<{ readonly loss: number; readonly accuracy: number }> = []
      for (const u of line) {
        const moved = at(u, v)
        const all = new Float32Array(n * width)
        for (let from = 0; from < n; from += batch) {
          const run = yield* Effect.mapError(session.run({ ...moved, x: batchOf(data.x, from, batch, size, x.shape.slice(1)) }), engineFailure)
          put(all, from * width, run["scores"])
        }
        found.push({ loss: lossOfScores(width === 1 ? "logistic" : "cross-entropy", all, data.y), accuracy: agreement(predictions(all, n), data.y) })
      }
      yield* ctx.outputs.landscape.append(found.map((cell, col) => ({ row, col, u: line[col] ?? 0, v, ...cell })))
      yield* ctx.progress(row + 1, cells, "rows")
    }
    const count = (moves: boolean) => weights.reduce((sum, weight) => sum + (weight.moves === moves ? weight.own.length : 0), 0)
    yield* ctx.outputs.stat.append([{ n, moved: count(true), fixed: count(false) }])
  })
})
