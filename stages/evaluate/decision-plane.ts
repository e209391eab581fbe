/**
 * What any classifier says on a plane through the space of its samples. Several nets on the same plane: the same stage with the same data (and
 * the same `axes`), once for each net.
 */
import { column, Count, dataset, type Dataset, defineStage, doc, Effect, field, Float64, int, Int32, model, NonNegative, nullable, oneOf, optional, sampleSize, Schema, StageError, table } from "../../src/stage.ts"
import { importModel } from "../../src/tensor/import.ts"
import { float32Of } from "../../src/tensor/tensor.ts"
import { engineFailure, labelOf, openVictim, predictedClasses } from "../attack/lib/victim.ts"
import { rowOf } from "../attack/lib/rows.ts"
import { logProbabilities } from "../train/lib/measures.ts"
import { cellCentres, meansPlane, type Plane, planeThrough, projection, rowOfPoints } from "./lib/plane.ts"

export default defineStage({
  name: "evaluate/decision-plane",
  summary: doc("Class, its lead and its probability over a plane: through three samples, two class means, or the weights of a two-layer net."),
  engine: true,
  params: Schema.Struct({
    plane: field(oneOf("samples", "means", "weights"), doc("samples: through three of the data. means: through 0, along the means of two classes. weights: through 0, along the means of the first and of the second half of the hidden units' weights (Kumano et al., ICLR 2024)."), "samples"),
    samples: field(Schema.Tuple([int({ min: 0 }), int({ min: 0 }), int({ min: 0 })]), doc("Numbers of the three samples."), [0, 1, 2]),
    classes: field(Schema.Tuple([Schema.Finite, Schema.Finite]), doc("Labels of the two classes."), [0, 1]),
    cells: field(Count, doc("Cells along each side of the map.", "cells"), 200),
    extent: field(NonNegative, doc("The map reaches from -extent to extent on both axes; 0: as far as the points that it shows.", "distance from the origin"), 0)
  }),
  inputs: {
    model: model(doc("A classifier.")),
    data: dataset(doc("What the plane is made from, and whose samples are drawn on it.")),
    axes: optional(model(doc("The two-layer net whose weights span the plane; the model itself when left out.")))
  },
  outputs: {
    map: table({
      row: column(Int32, doc("row of the cell, from 0, along v")),
      col: column(Int32, doc("column of the cell, from 0, along u")),
      u: column(Float64, doc("coordinate along the first axis")),
      v: column(Float64, doc("coordinate along the second axis")),
      says: column(Int32, doc("label that the model gives")),
      lead: column(Float64, doc("score of that class over the next best one's; of a binary model: the size of its score")),
      probability: column(Float64, doc("probability of that class"))
    }, doc("One row for each cell.")),
    points: table({
      sample: column(Int32, doc("number of the sample")),
      u: column(Float64, doc("inner product with the first axis, from the origin")),
      v: column(Float64, doc("inner product with the second axis, from the origin")),
      label: column(Int32, doc("its label")),
      distance: nullable(column(Float64, doc("from the plane; null where the axes are not orthogonal")))
    }, doc("The data's samples on the plane: all, or the three that it goes through."))
  },
  run: Effect.fn("evaluate/decision-plane")(function*(ctx) {
    const { cells } = ctx.params
    const data = yield* ctx.inputs.data.read
    const bytes = yield* ctx.inputs.model.read
    const size = sampleSize(data)
    const plane = yield* planeOf(ctx.params, data, ctx.inputs.axes === undefined ? bytes : yield* ctx.inputs.axes.read)
    const orthogonal = Math.abs(plane.u.reduce((sum, value, i) => sum + value * (plane.v[i] ?? 0), 0)) < 1e-9
    const shown = ctx.params.plane === "samples" ? ctx.params.samples : Array.from(data.y, (_, sample) => sample)
    const points = shown.map((sample) => {
      const [u, v] = [projection(data.x, sample, plane.u, plane.origin), projection(data.x, sample, plane.v, plane.origin)]
      const squares = rowOf(data.x, sample, size).reduce((sum, value, i) => sum + (value - (plane.origin[i] ?? 0)) ** 2, 0)
      return { sample, u, v, label: data.y[sample] ?? 0, distance: orthogonal ? Math.sqrt(Math.max(squares - u * u - v * v, 0)) : null }
    })
    yield* ctx.outputs.points.append(points)
    const reach = points.reduce((most, { u, v }) => Math.max(most, Math.abs(u), Math.abs(v)), 0)
    const centres = cellCentres(cells, ctx.params.extent === 0 ? reach : ctx.params.extent)
    yield* Effect.scoped(Effect.gen(function*() {
      // A session for a row of cells at a time.
      const victim = yield* openVictim(bytes, { ...data, y: new Float32Array(cells) }, ctx)
      const { classes } = victim
      for (const [row, v] of centres.entries()) {
        const scores = yield* victim.scores(rowOfPoints(plane, centres, v))
        const says = predictedClasses(scores, classes)
        const own = Array.from(says, (said, cell) => {
          const scored = rowOf(scores, cell, classes)
          const next = scored.reduce((most, score, k) => (k === said ? most : Math.max(most, score)), -Infinity)
          return { lead: (scored[said] ?? 0) - next, probability: Math.exp(logProbabilities(scored)[said] ?? 0) }
        })
        yield* ctx.outputs.map.appendColumns({
          row: new Int32Array(cells).fill(row),
          col: Int32Array.from({ length: cells }, (_, col) => col),
          u: centres,
          v: new Float64Array(cells).fill(v),
          says: says.map((said) => labelOf(victim, said)),
          lead: own.map(({ lead }) => lead),
          probability: own.map(({ probability }) => probability)
        })
        yield* ctx.progress(row + 1, cells, "rows")
      }
    }))
  })
})

interface PlaneChoice {
  readonly plane: "samples" | "means" | "weights"
  readonly samples: readonly [number, number, number]
  readonly classes: readonly [number, number]
}

const planeOf = Effect.fn(function*({ classes: [first, second], plane, samples }: PlaneChoice, data: Dataset, axes: Uint8Array) {
  const size = sampleSize(data)
  const beyond = samples.find((sample) => sample >= data.y.length)
  if (plane === "samples" && beyond !== undefined) {
    return yield* new StageError({ message: `There is no sample ${beyond}; the data have ${data.y.length}.`, hint: `Numbers go from 0 to ${data.y.length - 1}.` })
  }
  const found: Plane | undefined = plane === "means"
    ? meansPlane(data.x, size, (row) => (data.y[row] === first ? "u" : data.y[row] === second ? "v" : undefined))
    : plane === "weights"
      ? yield* weightsPlane(axes, size)
      : planeThrough(rowOf(data.x, samples[0], size), rowOf(data.x, samples[1], size), rowOf(data.x, samples[2], size))
  return found ?? (yield* new StageError(plane === "means"
    ? { message: `The mean of class ${first} or ${second} is 0, or it has no samples.`, hint: "Name two labels of the data in `classes`." }
    : plane === "weights"
      ? { message: "The mean of half of the hidden units' weights is 0.", hint: "Use `plane: samples` or `means`." }
      : { message: `The samples ${samples.join(", ")} lie on a line.`, hint: "Choose three others." }))
})

/** From the first weight [units, size] of a net, half of the units for each axis. */
const weightsPlane = Effect.fn(function*(bytes: Uint8Array, size: number) {
  const { weights } = yield* Effect.try({ try: () => importModel(bytes, { shapes: { batch: 1 }, trainable: true }), catch: engineFailure })
  const first = [...weights.values()].find(({ initial: { shape } }) => shape.length === 2 && shape[1] === size)
  if (first === undefined) {
    return yield* new StageError({ message: `The net has no weight of hidden units on ${size} values.`, hint: "Give a model of train/two-layer as `axes`, trained on such data." })
  }
  const [units = 0] = first.initial.shape
  return meansPlane(float32Of(first.initial), size, (unit) => (2 * unit < units ? "u" : "v"))
})
