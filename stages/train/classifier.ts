/** Trains a classifier whose layers are written down in a YAML file, by mini-batch SGD with momentum. */
import { Count, dataset, defineStage, doc, Effect, field, file, model, NonNegative, oneOf, Positive, Schema, Seed, StageError } from "../../src/stage.ts"
import { architectureNetwork } from "./lib/architecture.ts"
import { readArchitecture } from "./lib/architecture-file.ts"
import { losses } from "./lib/loss.ts"
import { miniBatches } from "./lib/mini-batches.ts"
import { trainedTables, trainToModel } from "./lib/outputs.ts"

export default defineStage({
  name: "train/classifier",
  summary: doc("Trains the network of an architecture file on a labelled data set by mini-batch SGD with momentum."),
  engine: true,
  params: Schema.Struct({
    model: field(file(), doc("YAML file with the layers, for example configs/models/mlp.yaml.")),
    loss: field(oneOf(...losses), doc("cross-entropy: labels are class numbers. identity, logistic: one score, labels -1 and +1."), "cross-entropy"),
    epochs: field(Count, doc("Passes through the data.", "epochs"), 5),
    batch: field(Count, doc("Samples a step; those that do not fill a last batch are left out of the epoch.", "samples"), 128),
    rate: field(Positive, doc("Learning rate at the start."), 0.1),
    momentum: field(NonNegative, doc("Share of the last step that is kept."), 0.9),
    weight_decay: field(NonNegative, doc("Multiple of the weights that is added to their gradient."), 0),
    schedule: field(oneOf("constant", "plateau"), doc("plateau: a tenth of the rate after 11 epochs without a better mean loss."), "constant"),
    seed: field(Seed, doc("Seed of the initial weights and of the order of the samples.")),
    stream: field(Schema.NonEmptyString, doc("Name of the random stream: another name gives another net under the same seed."), "net")
  }),
  inputs: { data: dataset(doc("Samples of the shape that the first layer takes.")) },
  outputs: { model: model(doc("x [batch, ...sample] -> scores [batch, classes], or [batch] with one output; ONNX")), ...trainedTables },
  run: Effect.fn("train/classifier")(function*(ctx) {
    const { batch, epochs, loss, momentum, rate, schedule, seed, stream, weight_decay } = ctx.params
    const architecture = yield* readArchitecture(ctx.file(ctx.params.model), ctx.params.model)
    const data = yield* ctx.inputs.data.read
    if (data.y.length === 0) return yield* new StageError({ message: "The data set is empty.", hint: "Give it at least one sample." })
    const network = yield* architectureNetwork(architecture, data.shape, (purpose) => ctx.random(seed, `${stream}/${purpose}`))
    if (loss !== "cross-entropy" && network.outputs !== 1) {
      return yield* new StageError({
        message: `The ${loss} loss takes one score a sample; ${ctx.params.model} gives ${network.outputs}.`,
        hint: "Use `loss: cross-entropy`, or end the architecture with one unit."
      })
    }
    const batches = miniBatches(data, batch, (epoch) => ctx.random(seed, `${stream}/epoch ${epoch}`))
    yield* trainToModel(ctx, data, {
      network,
      loss,
      rate,
      momentum,
      weightDecay: weight_decay,
      schedule,
      steps: epochs * batches.perEpoch,
      period: batches.perEpoch,
      batchSize: batches.batchSize,
      batch: batches.batch
    })
  })
})
