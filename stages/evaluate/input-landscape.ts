/** The loss around the samples: along the sign of each one's own gradient, and along random signs. Masked gradients show as a cliff or a maze. */
import { column, Count, dataset, defineStage, doc, Effect, field, Float64, Int32, model, Positive, Schema, Seed, table } from "../../src/stage.ts"
import { lowHigh, rangeOf } from "../attack/lib/outputs.ts"
import { clampTo } from "../attack/lib/start.ts"
import { classesOf, openVictim, predictedClasses } from "../attack/lib/victim.ts"
import { rowOf } from "../attack/lib/rows.ts"
import { surprise } from "../train/lib/measures.ts"
import { gridLine } from "./lib/directions.ts"

export default defineStage({
  name: "evaluate/input-landscape",
  summary: doc("Mean loss and accuracy as every sample moves along the sign of its loss gradient and along random signs."),
  engine: true,
  params: Schema.Struct({
    cells: field(Count, doc("Points along each direction; with an odd number the samples themselves are one of them.", "points"), 21),
    extent: field(Positive, doc("Coordinates move by at most so much along each direction.", "L-infinity norm"), 0.3),
    ...lowHigh,
    seed: field(Seed, doc("Seed of the random signs."), 0)
  }),
  inputs: { model: model(doc("A classifier that gives logits.")), data: dataset(doc("Samples that loss and accuracy are means over.")) },
  outputs: {
    landscape: table({
      row: column(Int32, doc("place along the random signs, from 0")),
      col: column(Int32, doc("place along the gradient's signs, from 0")),
      u: column(Float64, doc("multiple of the gradient's signs")),
      v: column(Float64, doc("multiple of the random signs")),
      loss: column(Float64, doc("mean cross-entropy of the moved samples with their labels", "nats")),
      accuracy: column(Float64, doc("share of them labelled right"))
    }, doc("One row for each point of the plane."))
  },
  run: Effect.fn("evaluate/input-landscape")(function*(ctx) {
    const { cells, extent, seed } = ctx.params
    const range = rangeOf(ctx.params)
    const data = yield* ctx.inputs.data.read
    yield* Effect.scoped(Effect.gen(function*() {
      const victim = yield* openVictim(yield* ctx.inputs.model.read, data, ctx)
      const label = yield* classesOf(victim, data.y)
      const { classes, size } = victim
      const { gradient } = yield* victim.evaluate("cross-entropy", { x: data.x, label })
      const signs = ctx.random(seed, "signs")
      const random = new Float32Array(data.x.length)
      for (let row = 0; row < label.length; row++) {
        const stream = signs.at(row)
        for (let i = 0; i < size; i++) random[row * size + i] = stream.sign()
      }
      const across = gridLine(cells, extent)
      for (const [row, v] of across.entries()) {
        const found: Array<{ readonly loss: number; readonly accuracy: number }> = []
        for (const u of across) {
          const moved = data.x.map((value, i) => (u === 0 && v === 0 ? value : clampTo(value + u * Math.sign(gradient[i] ?? 0) + v * (random[i] ?? 0), range)))
          const scores = yield* victim.scores(moved)
          const says = predictedClasses(scores, classes)
          found.push({
            loss: label.reduce((sum, own, sample) => sum + surprise(rowOf(scores, sample, classes), own), 0) / label.length,
            accuracy: label.reduce((count, own, sample) => count + (says[sample] === own ? 1 : 0), 0) / label.length
          })
        }
        yield* ctx.outputs.landscape.append(found.map((cell, col) => ({ row, col, u: across[col] ?? 0, v, ...cell })))
        yield* ctx.progress(row + 1, cells, "rows")
      }
    }))
  })
})
