/** Goes on training a model that is there already, from a train stage or from `model/import`: its file says all, no architecture is needed. */
import {
  column, Count, dataset, defineStage, doc, Effect, field, Float64, Int64, model, NonNegative, nullable, oneOf, optional, Positive, Probability, Schema, Seed, StageError, table
} from "../../src/stage.ts"
import { importedNetwork } from "./lib/imported-network.ts"
import { miniBatches } from "./lib/mini-batches.ts"
import { optimiserOf, optimisers } from "./lib/optimiser.ts"
import { trainedTables, trainToModel } from "./lib/outputs.ts"
import { trainingOrigin } from "./lib/provenance.ts"

export default defineStage({
  name: "train/fine-tune",
  summary: doc("Goes on training a model's file on a labelled data set; its normalisations keep their statistics."),
  engine: true,
  params: Schema.Struct({
    weights: field(Schema.Array(Schema.NonEmptyString), doc("Names of the weights that are trained, `*` for any text, as in `head.*`; all when left out. model/describe shows what a file holds."), []),
    label_smoothing: field(Probability, doc("Share of a label that cross-entropy spreads over all classes."), 0),
    epochs: field(Count, doc("Passes through the data.", "epochs"), 3),
    batch: field(Count, doc("Samples a step; those that do not fill a last batch are left out of the epoch.", "samples"), 64),
    optimiser: field(oneOf(...optimisers), doc("sgd with `momentum`; adam; adamw, whose weight decay stands apart from the gradient."), "sgd"),
    rate: field(Positive, doc("Learning rate at the start."), 0.01),
    momentum: field(NonNegative, doc("Share of the last step that is kept (sgd)."), 0.9),
    nesterov: field(Schema.Boolean, doc("Looks ahead along the momentum (sgd)."), false),
    betas: field(Schema.Tuple([Probability, Probability]), doc("Decay of the means of gradients and of their squares (adam, adamw)."), [0.9, 0.999]),
    weight_decay: field(NonNegative, doc("Multiple of the weights that is added to their gradient; adamw shrinks them by it instead."), 0),
    schedule: field(oneOf("constant", "cosine"), doc("cosine: down to 0 at the end."), "constant"),
    keep: field(oneOf("last", "best"), doc("Which weights become `model`: those at the end, or those after the epoch with the least training loss."), "last"),
    seed: field(Seed, doc("Seed of the order of the samples."))
  }),
  inputs: {
    model: model(doc("x -> scores, for class numbers.")),
    data: dataset(doc("Samples of the shape that the model takes, labelled with class numbers.")),
    test: optional(dataset(doc("Measured after every epoch and used for nothing else.")))
  },
  outputs: {
    model: model(doc("The same graph with the weights after training.")),
    ...trainedTables,
    epochs: table({
      epoch: column(Int64, doc("from 1")),
      loss: column(Float64, doc("mean training loss over the epoch, each batch with the weights before its step")),
      accuracy: column(Float64, doc("training accuracy, likewise")),
      test_loss: column(nullable(Float64), doc("mean loss on the test data; null without them")),
      test_accuracy: column(nullable(Float64), doc("accuracy on them"))
    }, doc("One row for each epoch."))
  },
  run: Effect.fn("train/fine-tune")(function*(ctx) {
    const { batch, epochs, keep, label_smoothing, rate, schedule, seed, weights } = ctx.params
    const data = yield* ctx.inputs.data.open
    if (data.y.length === 0) return yield* new StageError({ message: "The data set is empty.", hint: "Give it at least one sample." })
    const source = yield* importedNetwork(yield* ctx.inputs.model.read, data.shape, weights)
    if (source.outputs === 1) return yield* new StageError({ message: "The model gives one score a sample; fine-tuning takes scores of classes." })
    const origin = yield* trainingOrigin("train/fine-tune", ctx, { inputs: { model: ctx.inputs.model, data: ctx.inputs.data } })
    const batches = miniBatches(data, batch, (epoch) => ctx.random(seed, `epoch ${epoch}`))
    const test = ctx.inputs.test === undefined ? undefined : yield* ctx.inputs.test.open
    const steps = epochs * batches.perEpoch
    const done = yield* trainToModel(ctx, data, {
      network: { ...source, metadata: { ...source.metadata, ...origin } },
      loss: "cross-entropy",
      smoothing: label_smoothing,
      optimiser: optimiserOf({ ...ctx.params, average: 0 }),
      schedule: { kind: schedule, rate, steps, warmUp: 0, every: 1, factor: 1, least: 0 },
      steps,
      period: batches.perEpoch,
      batchSize: batches.batchSize,
      batch: batches.batch,
      epochs: test === undefined ? {} : { test }
    }, keep)
    yield* ctx.outputs.epochs.append(done.epochs.map(({ accuracy, epoch, loss, testAccuracy, testLoss }) =>
      ({ epoch, loss, accuracy, test_loss: testLoss, test_accuracy: testAccuracy })))
  })
})
