/** Images of noise: uniform or Gaussian values, every pixel on its own, with labels that mean nothing. */
import { Count, dataset, defineStage, doc, Effect, field, number, oneOf, Positive, sampleSize, Schema, Seed } from "../../src/stage.ts"

export default defineStage({
  name: "data/noise",
  summary: doc("Samples of independent uniform or Gaussian values, with labels drawn at random."),
  params: Schema.Struct({
    n: field(Count, doc("How many samples.", "samples")),
    shape: field(Schema.NonEmptyArray(Count), doc("Shape of a sample, for example [1, 28, 28].")),
    kind: field(oneOf("uniform", "gauss"), doc("uniform: from `low` to `high`. gauss: mean `low`, standard deviation `scale`."), "uniform"),
    low: field(number(), doc("Least uniform value, or the Gaussian's mean."), 0),
    high: field(number(), doc("Greatest uniform value."), 1),
    scale: field(Positive, doc("Standard deviation of Gaussian values."), 1),
    labels: field(oneOf("index", "signed"), doc("index: one of `classes`, each equally likely. signed: -1 or +1."), "index"),
    classes: field(Count, doc("Classes to draw labels from.", "classes"), 10),
    seed: field(Seed, doc("Seed of values and labels.")),
    stream: field(Schema.NonEmptyString, doc("Name of the random stream: another name gives other samples under the same seed."), "noise")
  }),
  inputs: {},
  outputs: { data: dataset(doc("x: [n, ...shape]; y: a random label")) },
  run: Effect.fn("data/noise")(function*({ outputs, params, progress, random }) {
    const { classes, high, kind, labels, low, n, scale, seed, shape, stream } = params
    const size = sampleSize({ shape })
    const [values, drawn] = [random(seed, `${stream}/x`), random(seed, `${stream}/y`)]
    for (let from = 0; from < n; from += pieceSamples) {
      const count = Math.min(pieceSamples, n - from)
      const [x, y] = [new Float32Array(count * size), new Float32Array(count)]
      for (let i = 0; i < count; i++) {
        // Each sample has streams of its own: a larger set begins with the smaller one.
        const own = x.subarray(i * size, (i + 1) * size)
        if (kind === "uniform") values.at(from + i).fillUniform(own).forEach((u, at) => (own[at] = low + (high - low) * u))
        else values.at(from + i).fillNormal(own).forEach((z, at) => (own[at] = low + scale * z))
        y[i] = labels === "signed" ? drawn.at(from + i).sign() : drawn.at(from + i).integer(classes)
      }
      yield* outputs.data.append({ x, y, shape, metadata: { source: `${kind} noise` } })
      yield* progress(from + count, n)
    }
  })
})

/** Samples that are made before they are written. */
const pieceSamples = 512
