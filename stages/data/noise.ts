/** Images of noise: uniform or Gaussian values, every pixel on its own, with labels that mean nothing. */
import { Count, dataset, defineStage, doc, Effect, field, number, oneOf, Positive, Schema, Seed } from "../../src/stage.ts"

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
  run: Effect.fn("data/noise")(function*({ outputs, params, random }) {
    const { classes, high, kind, labels, low, n, scale, seed, shape, stream } = params
    const size = shape.reduce((a, b) => a * b, 1)
    const x = new Float32Array(n * size)
    const y = new Float32Array(n)
    const [values, drawn] = [random(seed, `${stream}/x`), random(seed, `${stream}/y`)]
    for (let sample = 0; sample < n; sample++) {
      // Each sample has streams of its own: a larger set begins with the smaller one.
      const own = x.subarray(sample * size, (sample + 1) * size)
      if (kind === "uniform") values.at(sample).fillUniform(own).forEach((u, i) => (own[i] = low + (high - low) * u))
      else values.at(sample).fillNormal(own).forEach((z, i) => (own[i] = low + scale * z))
      y[sample] = labels === "signed" ? drawn.at(sample).sign() : drawn.at(sample).integer(classes)
    }
    yield* outputs.data.write({ x, y, shape, metadata: { source: `${kind} noise` } })
  })
})
