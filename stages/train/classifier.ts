/** Trains a classifier whose layers are written down in a YAML file: mini-batches, any of the usual optimisers and schedules, adversarially if asked. */
import {
  artefact, column, Count, dataset, defineStage, doc, Effect, field, file, Float64, int, Int64, model, NonNegative, nullable, number, oneOf, optional, Positive, Probability,
  Schema, Seed, StageError, table
} from "../../src/stage.ts"
import { norms } from "../attack/lib/geometry.ts"
import { rangeOf } from "../attack/lib/outputs.ts"
import { adversarial, defences } from "./lib/adversarial.ts"
import { architectureNetwork } from "./lib/architecture.ts"
import { readArchitecture } from "./lib/architecture-file.ts"
import { changesNothing } from "./lib/augmentation.ts"
import { losses } from "./lib/loss.ts"
import { miniBatches } from "./lib/mini-batches.ts"
import { encodeNetwork } from "./lib/model.ts"
import { plain } from "./lib/objective.ts"
import { optimiserOf, optimisers } from "./lib/optimiser.ts"
import { trainedTables, trainToModel } from "./lib/outputs.ts"
import { trainingOrigin } from "./lib/provenance.ts"
import { scheduleKinds } from "./lib/schedule.ts"
import { setAside } from "./lib/split.ts"

/** Of the stage's own making (lib/checkpoint.ts). */
const stateFile = { mediaType: "application/octet-stream", extension: "state" } as const
const whole = int({ min: 0 })
const share = nullable(Float64)

const Adversarial = Schema.Struct({
  method: field(oneOf(...defences), doc("fgsm: one step from a random start. pgd: several. free: every batch several times, its perturbation going on. trades: clean loss plus the divergence that an attack reaches."), "none"),
  norm: field(oneOf(...norms), doc("Norm of the ball."), "linf"),
  eps: field(NonNegative, doc("Radius of the ball.", "norm"), 0.3),
  step: Schema.optionalKey(field(Positive, doc("Length of a step: 1.25 eps (fgsm), eps / 4 (pgd, trades) or eps (free) when left out."))),
  steps: field(Count, doc("Steps of the attack; for free how often each batch is trained on.", "steps"), 7),
  growth: field(NonNegative, doc("The ball grows from nothing over so many epochs, without which some trainings never begin.", "epochs"), 0),
  low: Schema.optionalKey(field(number(), doc("Least value of the data; no bound when left out."))),
  high: Schema.optionalKey(field(number(), doc("Greatest value of the data; no bound when left out."))),
  beta: field(NonNegative, doc("Weight of the divergence in trades."), 6)
})

export default defineStage({
  name: "train/classifier",
  summary: doc("Trains the network of an architecture file on a labelled data set, on clean images or adversarially."),
  engine: true,
  params: Schema.Struct({
    model: field(file(), doc("YAML file with the layers, for example configs/models/mlp.yaml.")),
    loss: field(oneOf(...losses), doc("cross-entropy: labels are class numbers. The others: one score, labels -1 and +1."), "cross-entropy"),
    label_smoothing: field(Probability, doc("Share of a label that cross-entropy spreads over all classes."), 0),
    epochs: field(Count, doc("Passes through the data.", "epochs"), 5),
    batch: field(Count, doc("Samples a step; those that do not fill a last batch are left out of the epoch.", "samples"), 128),
    optimiser: field(oneOf(...optimisers), doc("sgd with `momentum`; adam; adamw, whose weight decay stands apart from the gradient."), "sgd"),
    rate: field(Positive, doc("Learning rate at the start; the greatest of one-cycle and cyclic."), 0.1),
    momentum: field(NonNegative, doc("Share of the last step that is kept (sgd)."), 0.9),
    nesterov: field(Schema.Boolean, doc("Looks ahead along the momentum (sgd)."), false),
    betas: field(Schema.Tuple([Probability, Probability]), doc("Decay of the means of gradients and of their squares (adam, adamw)."), [0.9, 0.999]),
    weight_decay: field(NonNegative, doc("Multiple of the weights that is added to their gradient; adamw shrinks them by it instead."), 0),
    schedule: field(oneOf(...scheduleKinds), doc("plateau: a tenth of the rate after 11 epochs without a better mean loss. step: `schedule_factor` every `schedule_every` epochs. cosine, linear: down to `rate_min`. one-cycle: up over 30 %, then down. cyclic: up and down."), "constant"),
    warm_up: field(NonNegative, doc("The rate rises over so many epochs at the start.", "epochs"), 0),
    schedule_every: field(Positive, doc("step: epochs between reductions. cyclic: epochs up, and as many down.", "epochs"), 30),
    schedule_factor: field(Positive, doc("What `step` multiplies the rate by."), 0.1),
    rate_min: Schema.optionalKey(field(NonNegative, doc("Least rate of cosine, linear and cyclic (0), and of one-cycle (rate / 250,000)."))),
    average: field(Probability, doc("Decay of a moving average of the weights, which becomes the model; 0 for none."), 0),
    crop: field(whole, doc("Crops images at random after so many pixels of zeros were put around them.", "pixels"), 0),
    flip: field(Schema.Boolean, doc("Mirrors half of the images."), false),
    cutout: field(whole, doc("Blanks a square of this side in every image.", "pixels"), 0),
    mixup: field(NonNegative, doc("Mixes pairs of images with shares from Beta(mixup, mixup); 0 for none."), 0),
    validation: field(Probability, doc("Share of the data that is set aside to choose the best epoch."), 0),
    patience: Schema.optionalKey(field(Count, doc("Stops after so many epochs without a better one.", "epochs"))),
    keep: field(oneOf("last", "best"), doc("Which weights become `model`: those at the end, or those after the best epoch (by validation, or else by training loss)."), "last"),
    keep_state: field(Schema.Boolean, doc("Gives the state after the last step as `state`, from which a longer training can go on."), false),
    adversarial: field(Adversarial, doc("Training on adversarial images."), {}),
    seed: field(Seed, doc("Seed of the initial weights, of the order of the samples and of everything random.")),
    stream: field(Schema.NonEmptyString, doc("Name of the random stream: another name gives another net under the same seed."), "net")
  }),
  inputs: {
    data: dataset(doc("Samples of the shape that the first layer takes.")),
    test: optional(dataset(doc("Measured after every epoch and used for nothing else."))),
    from: optional(artefact(stateFile, doc("`state` of a training with fewer epochs that differs in nothing else: this one takes the steps that are missing.")))
  },
  outputs: {
    model: model(doc("x [batch, ...sample] -> scores [batch, classes], or [batch] with one output; ONNX")),
    last: model(doc("The same with the weights after the last epoch.")),
    state: artefact(stateFile, doc("Weights, optimiser and books after the last step; empty without `keep_state`.")),
    ...trainedTables,
    epochs: table({
      epoch: column(Int64, doc("from 1")),
      loss: column(Float64, doc("mean training loss over the epoch, each batch with the weights before its step")),
      accuracy: column(Float64, doc("training accuracy, likewise; on adversarial images where there are any")),
      rate: column(Float64, doc("learning rate of the last step")),
      validation_loss: column(share, doc("mean loss on the samples set aside; null without them")),
      validation_accuracy: column(share, doc("accuracy on them")),
      test_loss: column(share, doc("mean loss on the test data; null without them")),
      test_accuracy: column(share, doc("accuracy on them"))
    }, doc("One row for each epoch."))
  },
  run: Effect.fn("train/classifier")(function*(ctx) {
    const { average, batch, crop, cutout, epochs, flip, keep, label_smoothing, loss, mixup, patience, rate, schedule, seed, stream, validation } = ctx.params
    const architecture = yield* readArchitecture(ctx.file(ctx.params.model), ctx.params.model)
    const all = yield* ctx.inputs.data.open
    if (all.y.length === 0) return yield* new StageError({ message: "The data set is empty.", hint: "Give it at least one sample." })
    const random = (purpose: string) => ctx.random(seed, `${stream}/${purpose}`)
    const built = yield* architectureNetwork(architecture, all.shape, random)
    const origin = yield* trainingOrigin("train/classifier", ctx, { files: { model: ctx.params.model }, inputs: { data: ctx.inputs.data, ...(ctx.inputs.from === undefined ? {} : { from: ctx.inputs.from }) } })
    const network = { ...built, metadata: { ...built.metadata, ...origin } }
    if (loss !== "cross-entropy" && network.outputs !== 1) {
      return yield* new StageError({
        message: `The ${loss} loss takes one score a sample; ${ctx.params.model} gives ${network.outputs}.`,
        hint: "Use `loss: cross-entropy`, or end the architecture with one unit."
      })
    }
    if (all.shape.length !== 3 && !changesNothing({ crop, cutout, flip })) {
      return yield* new StageError({ message: `crop, flip and cutout need images [channels, rows, columns], but samples have the shape [${all.shape.join(", ")}].`, hint: "Read the data with `layout: image`." })
    }
    const { aside, rest: data } = setAside(all, validation, random("validation"))
    if (data.y.length === 0) return yield* new StageError({ message: "Nothing is left to train on.", hint: "Set a smaller share aside with `validation`." })
    const batches = miniBatches(data, batch, (epoch) => random(`epoch ${epoch}`), { crop, cutout, flip, mixup, random: (epoch) => random(`images ${epoch}`) })
    const { method, ...attack } = ctx.params.adversarial
    const { step = attack.eps * (method === "fgsm" ? 1.25 : method === "free" ? 1 : 0.25) } = attack
    const replays = method === "free" ? attack.steps : 1
    const perEpoch = batches.perEpoch * replays
    const training = method === "none" ? plain : adversarial(method, {
      ...attack, step, growth: attack.growth * perEpoch, range: rangeOf(attack), shape: [batches.batchSize, ...data.shape], random: (at) => random(`attack ${at}`)
    })
    const { rate_min = schedule === "one-cycle" ? rate / 250_000 : 0, schedule_every, schedule_factor, warm_up } = ctx.params
    const from = ctx.inputs.from === undefined ? undefined : yield* ctx.inputs.from.read
    const test = ctx.inputs.test === undefined ? undefined : yield* ctx.inputs.test.open
    const done = yield* trainToModel(ctx, data, {
      network,
      loss,
      optimiser: optimiserOf(ctx.params),
      schedule: {
        kind: schedule, rate, steps: epochs * perEpoch, warmUp: Math.round(warm_up * perEpoch), every: Math.max(1, Math.round(schedule_every * perEpoch)),
        factor: schedule_factor, least: rate_min
      },
      smoothing: label_smoothing,
      method: training,
      mixes: mixup > 0,
      steps: epochs * perEpoch,
      period: perEpoch,
      batchSize: batches.batchSize,
      batch: (at) => batches.batch(Math.floor(at / replays)),
      ...(average === 0 ? {} : { average }),
      ...(from === undefined ? {} : { from }),
      keepsState: ctx.params.keep_state,
      epochs: {
        ...(aside.y.length === 0 ? {} : { validation: aside }),
        ...(test === undefined ? {} : { test }),
        ...(patience === undefined ? {} : { patience })
      }
    }, keep)
    yield* ctx.outputs.state.write(done.state)
    yield* ctx.outputs.last.write(encodeNetwork(network, done.last, { ...network.metadata, loss }))
    yield* ctx.outputs.epochs.append(done.epochs.map(({ accuracy, epoch, loss, rate, testAccuracy, testLoss, validationAccuracy, validationLoss }) => ({
      epoch, loss, accuracy, rate, validation_loss: validationLoss, validation_accuracy: validationAccuracy, test_loss: testLoss, test_accuracy: testAccuracy
    })))
  })
})
