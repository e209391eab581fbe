/** Two Gaussian clouds around +shift and -shift: synthetic data with a class structure (Kumano et al. 2024, "mean-shifted Gaussian"). */
import { dataset, defineStage, doc, Effect, field, number, Schema } from "../../src/stage.ts"
import { gaussianParams, gaussianSamples } from "./lib/gaussian.ts"

export default defineStage({
  name: "data/shifted-gauss",
  summary: doc("Gaussian samples with mean y * shift in every coordinate and unit variance; the first half has y = +1, the rest -1."),
  params: Schema.Struct({
    ...gaussianParams,
    shift: field(number(), doc("Distance of each class mean from 0, in every coordinate.", "standard deviations"), 0.3)
  }),
  inputs: {},
  outputs: { data: dataset(doc("x: [n, d]; y: +1 or -1; generated")) },
  run: Effect.fn("data/shifted-gauss")(function*({ outputs, params: { d, n, seed, shift, stream }, random }) {
    const y = Float32Array.from({ length: n }, (_, sample) => (sample < Math.floor(n / 2) ? 1 : -1))
    const x = gaussianSamples(y, d, shift, random(seed, `${stream}/noise`))
    yield* outputs.data.write({ x, y, shape: [d], metadata: { source: "generated: shifted Gauss" } })
  })
})
