/** Pure noise with random labels: nothing to learn but the samples themselves (Kumano et al. 2024, "Gaussian"). */
import { dataset, defineStage, doc, Effect, Schema } from "../../src/stage.ts"
import { gaussianParams, gaussianSamples } from "./lib/gaussian.ts"

export default defineStage({
  name: "data/gauss",
  summary: doc("Standard Gaussian samples with labels +1 or -1 drawn independently of them: no class structure, to be memorised."),
  params: Schema.Struct(gaussianParams),
  inputs: {},
  outputs: { data: dataset(doc("x: [n, d]; y: +1 or -1; generated")) },
  run: Effect.fn("data/gauss")(function*({ outputs, params: { d, n, seed, stream }, random }) {
    const labels = random(seed, `${stream}/labels`)
    const y = Float32Array.from({ length: n }, () => labels.sign())
    const x = gaussianSamples(y, d, 0, random(seed, `${stream}/noise`))
    yield* outputs.data.write({ x, y, shape: [d], metadata: { source: "generated: Gauss, random labels" } })
  })
})
