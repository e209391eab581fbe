/**
 * Do perturbations point where the theory of wide two-layer nets says (Kumano et al. 2024)? Predicted for sample x_n is the direction of
 * u_n = sum_k y_k Phi(x_n, x_k) x_k; measured is the mean of |cos(u_n, r_n)|, the sign of r_n depending on the label aimed at.
 */
import { column, Count, dataset, defineStage, doc, Effect, field, Float64, Int64, NonNegative, sampleSize, Schema, Seed, StageError, table } from "../../src/stage.ts"
import { openSession } from "../../src/tensor/runtime.ts"
import { float32Of, tensor } from "../../src/tensor/tensor.ts"
import { sessionOptions } from "../train/lib/engine.ts"
import { classWeightedSums, drawKernel } from "./lib/kernel.ts"

export default defineStage({
  name: "evaluate/theory-cosine",
  summary: doc("Mean absolute cosine between perturbations and the directions that the theory predicts for them, by Monte Carlo."),
  engine: true,
  params: Schema.Struct({
    slope: field(NonNegative, doc("Slope of the network's leaky ReLU (gamma)."), 0),
    draws: field(Count, doc("Monte-Carlo draws of the kernel.", "draws"), 1000),
    seed: field(Seed, doc("Seed of the draws."), 0)
  }),
  inputs: {
    data: dataset(doc("The samples, labelled +1 or -1.")),
    perturbed: dataset(doc("Their perturbations alone (attack/perturb with mode perturbation), in the same order."))
  },
  outputs: {
    cosine: table({
      cosine: column(Float64, doc("mean over samples of |cos| between predicted and actual perturbation")),
      least: column(Float64, doc("least |cos| of a sample")),
      n: column(Int64, doc("samples with a perturbation and a prediction"))
    })
  },
  run: Effect.fn("evaluate/theory-cosine")(function*(ctx) {
    const { draws, seed, slope } = ctx.params
    const data = yield* ctx.inputs.data.read
    const perturbed = yield* ctx.inputs.perturbed.read
    const [n, d] = [data.y.length, sampleSize(data)]
    if (perturbed.x.length !== n * d) {
      return yield* new StageError({ message: "The perturbations are not those of the data: their number or size differs.", hint: "Give both inputs from one attack/perturb." })
    }
    if (perturbed.metadata["perturbed"] === "added") {
      return yield* new StageError({ message: "The perturbed data are samples plus perturbations.", hint: "Use attack/perturb with mode: perturbation." })
    }
    const kernel = drawKernel(draws, d, (purpose) => ctx.random(seed, purpose))
    const session = yield* openSession({ sums: classWeightedSums(n, d, draws, slope) }, yield* sessionOptions(ctx))
    const { sums } = yield* session.run({ x: tensor(data.x, [n, d]), y: tensor(data.y, [n, 1]), ...kernel })
    if (sums === undefined) return yield* Effect.die("the session gave no sums")
    const cosines = absoluteCosines(float32Of(sums), perturbed.x, d)
    if (cosines.length === 0) {
      return yield* new StageError({ message: "No sample has both a perturbation and a predicted direction.", hint: "Perturb with an eps above 0." })
    }
    yield* ctx.outputs.cosine.append([{
      cosine: cosines.reduce((sum, cosine) => sum + cosine, 0) / cosines.length,
      least: cosines.reduce((least, cosine) => Math.min(least, cosine), 1),
      n: cosines.length
    }])
  })
})

/** |cos| of corresponding rows; rows of zeros have no direction and are left out. */
const absoluteCosines = (a: Float32Array, b: Float32Array, size: number): ReadonlyArray<number> =>
  Array.from({ length: a.length / size }, (_, row) => {
    let [ab, aa, bb] = [0, 0, 0]
    for (let i = row * size; i < (row + 1) * size; i++) {
      const [p, q] = [a[i] ?? 0, b[i] ?? 0]
      ab += p * q
      aa += p * p
      bb += q * q
    }
    return Math.abs(ab) / Math.sqrt(aa * bb)
  }).filter((cosine) => !Number.isNaN(cosine))
