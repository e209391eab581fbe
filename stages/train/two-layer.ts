/**
 * The wide two-layer net of perturbation learning, trained exactly as Kumano et al. (2024) train it: full batches, SGD with momentum 0.9,
 * the learning rate lowered on plateaus of the training loss (PyTorch's ReduceLROnPlateau with its defaults, stepped after
 * every step), the readout frozen.
 */
import { Count, dataset, defineStage, doc, Effect, field, model, NonNegative, oneOf, Positive, sampleSize, Schema, Seed, StageError } from "../../src/stage.ts"
import { sgd } from "../../src/tensor/training.ts"
import { binaryLosses } from "./lib/loss.ts"
import { trainedTables, trainToModel } from "./lib/outputs.ts"
import { trainingOrigin } from "./lib/provenance.ts"
import { fullBatch } from "./lib/training.ts"
import { twoLayer } from "./lib/two-layer.ts"

export default defineStage({
  name: "train/two-layer",
  summary: doc("Trains f(x) = sum_k a_k phi(w_k x + b_k) on labels -1 and +1 by full-batch SGD with momentum and a plateau schedule; a stays as drawn."),
  engine: true,
  params: Schema.Struct({
    width: field(Count, doc("Hidden units (m).", "units"), 100),
    slope: field(NonNegative, doc("Slope of the leaky ReLU phi for negative values (gamma); 0 is ReLU."), 0),
    bias: field(Schema.Boolean, doc("Hidden units have a learned bias b."), true),
    start: field(oneOf("gauss", "signs"), doc("gauss: W, b and a normal, as below. signs: half of a is 1/sqrt(m), half -1/sqrt(m), and W (and b) uniform within 1/sqrt(d)."), "gauss"),
    loss: field(oneOf(...binaryLosses, "exponential"), doc("identity: s, logistic: log(1 + exp(s)), exponential: exp(s), where s = -y f(x)."), "identity"),
    rate: field(Positive, doc("Learning rate at the start.")),
    momentum: field(NonNegative, doc("Share of the last step that is kept."), 0.9),
    schedule: field(oneOf("plateau", "constant"), doc("plateau: a tenth of the rate after 11 steps without a better loss. constant: the same rate throughout."), "plateau"),
    steps: field(Count, doc("How long to train (T).", "full-batch steps"), 1000),
    seed: field(Seed, doc("Seed of the initial weights: W ~ N(0, 1/d), b ~ N(0, 1), a ~ N(0, 1/m).")),
    stream: field(Schema.NonEmptyString, doc("Name of the random stream: another name gives another net under the same seed."), "net")
  }),
  inputs: { data: dataset(doc("Samples with labels -1 and +1.")) },
  outputs: { model: model(doc("x [batch, d] -> scores [batch], ONNX")), ...trainedTables },
  run: Effect.fn("train/two-layer")(function*(ctx) {
    const { bias, loss, momentum, rate, schedule, seed, slope, start, steps, stream, width } = ctx.params
    const read = yield* ctx.inputs.data.read
    const data = { ...read, shape: [sampleSize(read)] }
    if (data.y.length === 0) return yield* new StageError({ message: "The data set is empty.", hint: "Give it at least one sample." })
    const network = twoLayer({ inputs: sampleSize(data), width, slope, bias, start }, (purpose) => ctx.random(seed, `${stream}/${purpose}`))
    const origin = yield* trainingOrigin("train/two-layer", ctx, { inputs: { data: ctx.inputs.data } })
    yield* trainToModel(ctx, data, {
      network: { ...network, metadata: { ...network.metadata, ...origin } },
      loss,
      optimiser: sgd({ momentum }),
      schedule: { kind: schedule, rate, steps, warmUp: 0, every: 1, factor: 1, least: 0 },
      steps,
      period: 1,
      batchSize: data.y.length,
      batch: fullBatch(data)
    })
  })
})
