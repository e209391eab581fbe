/** Trains an encoder-decoder model on pairs of token sequences by teacher forcing: each next token given the source and the right tokens before it. */
import {
  artefact, column, Count, defineStage, doc, Effect, field, file, Float64, Int64, int, model, NonNegative, nullable, number, oneOf, optional, Positive, Probability, Schema, Seed,
  StageError, table
} from "../../src/stage.ts"
import { optimiserOf, optimisers } from "./lib/optimiser.ts"
import { trainingOrigin } from "./lib/provenance.ts"
import { kindOfEach, kindsOfBatches, sequenceBatches } from "./lib/sequence-batches.ts"
import { encodeSequenceModel, startFrom } from "./lib/sequence-model.ts"
import { sequenceNetwork } from "./lib/sequence-network.ts"
import { pairColumns, paddedShare, tokenSetOf, vocabularyColumns, vocabularyOf } from "./lib/token-set.ts"
import { trainSequences } from "./lib/sequence-training.ts"

/** Of the stage's own making (lib/checkpoint.ts). */
const stateFile = { mediaType: "application/octet-stream", extension: "state" } as const
const share = nullable(Float64)
const schedules = ["constant", "cosine", "linear", "one-cycle"] as const

export default defineStage({
  name: "train/seq2seq",
  summary: doc("Trains the encoder-decoder network of an architecture file on pairs of token sequences."),
  engine: true,
  params: Schema.Struct({
    model: field(file(), doc("YAML file with the layers, for example configs/models/transformer.yaml. Its settings vocabulary, padding and lengths become the data's.")),
    settings: field(Schema.Record(Schema.NonEmptyString, number()), doc("Other values for the file's settings: { features: 128, depth: 2 }."), {}),
    epochs: field(Count, doc("Passes through the data.", "epochs"), 8),
    batch: field(Count, doc("Pairs a step; those that do not fill a last batch are left out of the epoch.", "pairs"), 16),
    optimiser: field(oneOf(...optimisers), doc("adamw, whose weight decay stands apart from the gradient; adam; sgd with `momentum`."), "adamw"),
    rate: field(Positive, doc("Learning rate at the start, or after the warm-up; the greatest of one-cycle."), 1e-4),
    betas: field(Schema.Tuple([Probability, Probability]), doc("Decay of the means of gradients and of their squares (adam, adamw)."), [0.9, 0.999]),
    weight_decay: field(NonNegative, doc("adamw shrinks the weights by this multiple of the rate; the others add so much of them to their gradient."), 0),
    momentum: field(NonNegative, doc("Share of the last step that is kept (sgd)."), 0.9),
    schedule: field(oneOf(...schedules), doc("linear, cosine: down to `rate_min`. one-cycle: up over 30 %, then down."), "linear"),
    warm_up: field(NonNegative, doc("The rate rises over so many epochs at the start; a part of one will do.", "epochs"), 0),
    rate_min: field(NonNegative, doc("Least rate."), 0),
    clip: field(NonNegative, doc("Gradients with a greater norm, taken over all weights, are scaled down to it; 0 for none."), 1),
    label_smoothing: field(Probability, doc("Share of a label that is spread over the whole vocabulary."), 0),
    threshold: field(Positive, doc("Hybrid models: a number of the validation data counts as right within less than so much."), 0.5),
    average: field(Probability, doc("Decay of a moving average of the weights, which becomes the model; 0 for none."), 0),
    source_lengths: field(int({ min: 1, max: 64 }), doc("Sources are padded to one of so many lengths, in batches of like length. Each pair of lengths is a graph of its own."), 4),
    target_lengths: field(int({ min: 1, max: 64 }), doc("Targets likewise."), 2),
    patience: Schema.optionalKey(field(Count, doc("Stops after so many epochs without a better one.", "epochs"))),
    keep: field(oneOf("last", "best"), doc("Which weights become `model`: those at the end, or those after the epoch with most validation sequences right (without validation: least loss)."), "last"),
    keep_state: field(Schema.Boolean, doc("Gives the state after the last step as `state`, from which a longer training can go on."), false),
    seed: field(Seed, doc("Seed of the initial weights, of the order of the pairs and of dropout.")),
    stream: field(Schema.NonEmptyString, doc("Name of the random stream: another name gives another net under the same seed."), "net")
  }),
  inputs: {
    train: table(pairColumns, doc("Pairs as groebner/tokenize writes them: `source` and `target` of constant length, for hybrid models also `source_value` and `target_value`.")),
    validation: optional(table(pairColumns, doc("Measured after every epoch."))),
    vocabulary: table(vocabularyColumns, doc("The tokens, as groebner/tokenize writes them.")),
    weights: optional(model(doc("`model` of a training of the same network, whose weights this one starts from."))),
    from: optional(artefact(stateFile, doc("`state` of a training with fewer epochs that differs in nothing else: this one takes the steps that are missing.")))
  },
  outputs: {
    model: model(doc("source [batch, source length], target [batch, target length] (begun by the token for the beginning) -> scores [batch, target length, vocabulary]; ONNX. Hybrid: also source_value, target_value (0 beside other tokens) -> value [batch, target length]")),
    state: artefact(stateFile, doc("Weights, optimiser and books after the last step; empty without `keep_state`.")),
    stat: table({
      pairs: column(Int64, doc("pairs that are trained on")),
      weights: column(Int64, doc("numbers that are learned")),
      steps: column(Int64, doc("optimiser steps")),
      rate: column(Float64, doc("learning rate of the last step")),
      graphs: column(Int64, doc("pairs of padded lengths")),
      padding: column(Float64, doc("share of the tokens in the batches that is padding")),
      source_length: column(Int64, doc("tokens of a source that the model takes")),
      target_length: column(Int64, doc("tokens of a target"))
    }, doc("One row: what was trained.")),
    steps: table({
      step: column(Int64, doc("optimiser step, from 1; the first ten and about 200 others")),
      loss: column(Float64, doc("loss of the step's batch, with the weights before the step")),
      rate: column(Float64, doc("learning rate of the step"))
    }, doc("Loss and learning rate over the steps, thinned.")),
    epochs: table({
      epoch: column(Int64, doc("from 1")),
      loss: column(Float64, doc("mean training loss over the epoch's batches, each with the weights before its step, smoothing included")),
      accuracy: column(Float64, doc("share of the training tokens that are right given those before, likewise")),
      rate: column(Float64, doc("learning rate of the last step")),
      validation_loss: column(share, doc("mean cross-entropy of a validation token, without smoothing; null without such data")),
      validation_accuracy: column(share, doc("share of the validation tokens that are right given the right ones before")),
      validation_sequences: column(share, doc("share of validation targets of which every token is (those that greedy decoding gets right as a whole), in hybrid models with its number"))
    }, doc("One row for each epoch."))
  },
  run: Effect.fn("train/seq2seq")(function*(ctx) {
    const { average, batch, clip, epochs, keep, label_smoothing, patience, rate, rate_min, schedule, seed, settings, source_lengths, stream, target_lengths, threshold, warm_up } = ctx.params
    const vocabulary = yield* vocabularyOf(yield* ctx.inputs.vocabulary.read)
    const data = yield* tokenSetOf("train", yield* ctx.inputs.train.read, vocabulary)
    if (data.rows === 0) return yield* new StageError({ message: "There are no pairs to train on.", hint: "Give it at least one." })
    const aside = ctx.inputs.validation === undefined ? undefined : yield* tokenSetOf("validation", yield* ctx.inputs.validation.read, vocabulary)
    const longer = (["source", "target"] as const).find((side) => aside?.[side].lengths.some((length) => length > data[side].length))
    if (longer !== undefined) {
      return yield* new StageError({ message: `The validation data has a ${longer} of more than the ${data[longer].length} tokens that the model takes.`, hint: "Make both parts with the same lengths." })
    }
    const random = (purpose: string) => ctx.random(seed, `${stream}/${purpose}`)
    const drawn = yield* sequenceNetwork({ path: ctx.file(ctx.params.model), name: ctx.params.model }, settings, data, vocabulary, random)
    const network = ctx.inputs.weights === undefined ? drawn : yield* startFrom(drawn, yield* ctx.inputs.weights.read)
    const { from, train, validation, vocabulary: words, weights } = ctx.inputs
    const origin = yield* trainingOrigin("train/seq2seq", ctx, {
      files: { model: ctx.params.model },
      inputs: { train, vocabulary: words, ...(validation === undefined ? {} : { validation }), ...(weights === undefined ? {} : { weights }), ...(from === undefined ? {} : { from }) }
    })
    const kinds = kindsOfBatches(data, { source: source_lengths, target: target_lengths })
    const kindOf = kindOfEach(data, kinds)
    const batches = sequenceBatches(kindOf, kinds.length, batch, (epoch) => random(`epoch ${epoch}`))
    const steps = epochs * batches.perEpoch
    const trained = yield* Effect.scoped(trainSequences({
      network, vocabulary, threshold, data, kinds, batches, random,
      optimiser: optimiserOf({ ...ctx.params, nesterov: false }),
      smoothing: label_smoothing,
      ...(clip === 0 ? {} : { clip }),
      ...(aside === undefined || aside.rows === 0 ? {} : { validation: aside }),
      ...(patience === undefined ? {} : { patience }),
      loop: {
        schedule: { kind: schedule, rate, steps, warmUp: Math.round(warm_up * batches.perEpoch), every: 1, factor: 1, least: rate_min },
        steps,
        period: batches.perEpoch,
        batchSize: batches.batchSize,
        keepsState: ctx.params.keep_state,
        ...(average === 0 ? {} : { average }),
        ...(from === undefined ? {} : { from: yield* from.read })
      }
    }, ctx))
    yield* ctx.outputs.model.write(encodeSequenceModel(network, keep === "best" ? trained.best : trained.weights, vocabulary, origin))
    yield* ctx.outputs.state.write(trained.state)
    yield* ctx.outputs.steps.append(trained.curve)
    yield* ctx.outputs.epochs.append(trained.epochs.map(({ accuracy, epoch, loss, rate, validationAccuracy, validationLoss, validationSequences = null }) => ({
      epoch, loss, accuracy, rate, validation_loss: validationLoss, validation_accuracy: validationAccuracy, validation_sequences: validationSequences
    })))
    yield* ctx.outputs.stat.append([{
      pairs: data.rows,
      weights: network.parameters.reduce((sum, { initial, trainable }) => sum + (trainable ? initial.length : 0), 0),
      steps: trained.steps,
      rate: trained.rate,
      graphs: kinds.length,
      padding: paddedShare(data, kindOf, kinds),
      source_length: data.source.length,
      target_length: data.target.length
    }])
  })
})
