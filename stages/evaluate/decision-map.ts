/**
 * A picture of two nets and of the theory, on the plane through the two class means: where f and g say +1, where they agree, and the
 * scores that the theory predicts for both (Kumano et al. 2024).
 */
import { Bool, column, Count, dataset, defineStage, doc, Effect, field, Float64, Int32, model, NonNegative, sampleSize, Schema, Seed, StageError, table } from "../../src/stage.ts"
import type { Value } from "../../src/tensor/graph.ts"
import { openSession } from "../../src/tensor/runtime.ts"
import { type Tensor, tensor, toNumbers } from "../../src/tensor/tensor.ts"
import { sessionOptions } from "../train/lib/engine.ts"
import { openModel } from "../train/lib/model.ts"
import { drawKernel, theoryScores, theoryWeights } from "./lib/kernel.ts"
import { cellCentres, classPlane, projection, rowOfPoints } from "./lib/plane.ts"

export default defineStage({
  name: "evaluate/decision-map",
  summary: doc("Decisions of f and g, their agreement and the theory's scores over the plane of the two class means, cell by cell."),
  engine: true,
  params: Schema.Struct({
    cells: field(Count, doc("Cells along each side of the map.", "cells"), 400),
    extent: field(NonNegative, doc("The map reaches from -extent to extent on both axes; 0: as far as the data's projections reach.", "distance from 0"), 0),
    slope: field(NonNegative, doc("Slope of the networks' leaky ReLU (gamma)."), 0),
    draws: field(Count, doc("Monte-Carlo draws of the theory's kernel.", "draws"), 100),
    seed: field(Seed, doc("Seed of the draws."), 0)
  }),
  inputs: {
    f: model(doc("Learned `data`; binary.")),
    g: model(doc("Learned `perturbed`; binary.")),
    data: dataset(doc("Samples labelled +1 or -1.")),
    perturbed: dataset(doc("What g learned from, as many samples as `data`."))
  },
  outputs: {
    map: table({
      row: column(Int32, doc("row of the cell, from 0, along v")),
      col: column(Int32, doc("column of the cell, from 0, along u")),
      u: column(Float64, doc("coordinate along the positive class's normalised mean")),
      v: column(Float64, doc("coordinate along the negative class's")),
      sign_f: column(Int32, doc("what f says: +1 or -1")),
      sign_g: column(Int32, doc("what g says: +1 or -1")),
      agree: column(Bool, doc("f and g say the same")),
      f_hat: column(Float64, doc("the theory's score of f")),
      g_hat: column(Float64, doc("the theory's score of g, up to a positive factor"))
    }),
    points: table({
      u: column(Float64, doc("inner product of the sample with the positive axis")),
      v: column(Float64, doc("inner product of the sample with the negative axis")),
      y: column(Int32, doc("label"))
    })
  },
  run: Effect.fn("evaluate/decision-map")(function*(ctx) {
    const { cells, draws, seed, slope } = ctx.params
    const data = yield* ctx.inputs.data.read
    const perturbed = yield* ctx.inputs.perturbed.read
    const [n, d] = [data.y.length, sampleSize(data)]
    if (perturbed.x.length !== n * d) {
      return yield* new StageError({ message: "g's training data are not of the data's number and size.", hint: "Give the data that the perturbations were made from." })
    }
    const plane = classPlane(data)
    if (plane === undefined) {
      return yield* new StageError({ message: "The plane of the map needs samples labelled +1 and samples labelled -1.", hint: "Use binary data with signed labels." })
    }
    const along = (axis: Float64Array) => Float64Array.from(data.y, (_, sample) => projection(data.x, sample, axis))
    const projected = { u: along(plane.u), v: along(plane.v) }
    yield* ctx.outputs.points.appendColumns({ ...projected, y: Int32Array.from(data.y) })

    const reach = [...projected.u, ...projected.v].reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    const centres = cellCentres(cells, ctx.params.extent === 0 ? reach : ctx.params.extent)
    const options = yield* sessionOptions(ctx)
    const open = (outputs: Readonly<Record<string, Value>>) => openSession(outputs, options)
    const kernel = drawKernel(draws, d, (purpose) => ctx.random(seed, purpose))
    const weights = yield* (yield* open(theoryWeights(n, d, draws, slope))).run({
      x: tensor(data.x, [n, d]),
      y: tensor(data.y, [n, 1]),
      r: tensor(perturbed.x, [n, d]),
      ...kernel
    })
    const theory = yield* open(theoryScores(cells, d, draws, slope))
    const modelF = yield* openModel(yield* ctx.inputs.f.read, cells, d)
    const modelG = yield* openModel(yield* ctx.inputs.g.read, cells, d)
    const [netF, netG] = [yield* open({ scores: modelF.scores }), yield* open({ scores: modelG.scores })]
    for (const [row, v] of centres.entries()) {
      const points = rowOfPoints(plane, centres, v)
      const predicted = yield* theory.run({ z: tensor(points, [cells, d]), ...kernel, ...weights })
      const signF = signsOf(yield* netF.run({ x: tensor(points, modelF.x.shape) }))
      const signG = signsOf(yield* netG.run({ x: tensor(points, modelG.x.shape) }))
      yield* ctx.outputs.map.appendColumns({
        row: new Int32Array(cells).fill(row),
        col: Int32Array.from({ length: cells }, (_, col) => col),
        u: centres,
        v: new Float64Array(cells).fill(v),
        sign_f: signF,
        sign_g: signG,
        agree: Array.from(signF, (sign, cell) => sign === signG[cell]),
        f_hat: numbersOf(predicted["f"]),
        g_hat: numbersOf(predicted["g"])
      })
      yield* ctx.progress(row + 1, cells)
    }
  })
})

const numbersOf = (values: Tensor | undefined): Float64Array => (values === undefined ? new Float64Array() : toNumbers(values))
const signsOf = ({ scores }: Readonly<Record<string, Tensor>>): Int32Array => Int32Array.from(numbersOf(scores), (score) => (score > 0 ? 1 : -1))
