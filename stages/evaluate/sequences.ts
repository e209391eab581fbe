/** Lets a sequence model answer, token after token, and says how far it is right. */
import { Count, defineStage, doc, Effect, field, int, model, NonNegative, number, oneOf, Schema, StageError, table } from "../../src/stage.ts"
import { sessionOptions } from "../train/lib/engine.ts"
import { pairColumns, vocabularyColumns } from "../train/lib/token-set.ts"
import { agreementOf, sameToken } from "./lib/sequences/agreement.ts"
import { answerAll } from "./lib/sequences/answers.ts"
import { readSequenceModel } from "./lib/sequences/model.ts"
import { decodings } from "./lib/sequences/open-decoder.ts"
import { agreementRow, lengthColumns, sampleColumns, sharesByLength, sharesOf, statColumns } from "./lib/sequences/tables.ts"
import { longest, readPairs, textOf } from "./lib/sequences/token-set.ts"
import { readVocabulary, sameWords } from "./lib/sequences/vocabulary.ts"

export default defineStage({
  name: "evaluate/sequences",
  summary: doc("Decodes the answers of a sequence model, greedily or by beam search, and compares them with the targets."),
  engine: true,
  params: Schema.Struct({
    beam: field(Count, doc("Answers followed at once; 1 is greedy."), 1),
    length_penalty: field(number(), doc("Answers of a beam are compared by log-probability / length^penalty: 0 prefers short ones, 1 compares means."), 1),
    max_length: Schema.optionalKey(field(Count, doc("Greatest length of an answer, `eos` included; that of the data's rows when left out, never that of a sample's own target.", "tokens"))),
    limit: Schema.optionalKey(field(Count, doc("Takes the first so many samples only.", "samples"))),
    batch: field(Count, doc("Answers that are worked on at once; fewer where sources are so long that this would take more than about four gigabytes.", "answers"), 64),
    decoding: field(oneOf(...decodings), doc("cached: one step for each token, what attention needs being kept. whole: everything again for each token, as a check. They give the same answers."), "cached"),
    source_lengths: field(int({ min: 1, max: 64 }), doc("Sources are padded to one of so many lengths, those of like length together. The answers are the same; 1 pads all to the model's length."), 4),
    threshold: field(NonNegative, doc("Hybrid models: a number counts as right when it is off by less than this."), 0.1),
    modulus: Schema.optionalKey(field(Count, doc("Hybrid models over F_p: p. Numbers are rounded to residues before they are used and compared."))),
    bin: field(Count, doc("Width of the ranges in `lengths`.", "tokens"), 16)
  }),
  inputs: {
    model: model(doc("source [batch, length], target [batch, length] -> scores [batch, length, vocabulary]; from train/seq2seq.")),
    data: table(pairColumns, doc("Pairs as groebner/tokenize writes them, those of the test for example.")),
    vocabulary: table(vocabularyColumns, doc("Of the data, and of those that the model was trained on. Kinds `separator` and `coefficient` say what polynomials and supports are."))
  },
  outputs: {
    samples: table(sampleColumns, doc("One row for each sample.")),
    stat: table(statColumns, doc("One row for all.")),
    lengths: table(lengthColumns, doc("One row for each range of target lengths that occurs."))
  },
  run: Effect.fn("evaluate/sequences")(function*(ctx) {
    const { batch, beam, bin, decoding, length_penalty, limit, modulus, source_lengths, threshold } = ctx.params
    const vocabulary = yield* readVocabulary(yield* ctx.inputs.vocabulary.read)
    const { lengths, pairs } = yield* readPairs(yield* ctx.inputs.data.read, vocabulary, limit)
    if (pairs.length === 0) return yield* new StageError({ message: "The data have no samples.", hint: "Give the set at least one." })
    const sequences = yield* readSequenceModel(yield* ctx.inputs.model.read, lengths)
    yield* sameWords(vocabulary, sequences.vocabulary, sequences.metadata)
    if (sequences.hybrid !== (vocabulary.number !== undefined)) {
      return yield* new StageError({
        message: sequences.hybrid ? "The model takes numbers beside tokens, and the vocabulary has no word for such." : "The vocabulary has a word beside which numbers stand, and the model takes none.",
        hint: "Use data of the kind that the model was trained on: groebner/tokenize makes hybrid ones with `coefficients: numbers`."
      })
    }
    const most = longest(pairs)
    const maxLength = ctx.params.max_length ?? lengths.target
    for (const [what, needed, room] of [["sources", most.source, sequences.sourceLength], ["targets", most.target, sequences.targetLength], ["answers", maxLength, sequences.targetLength]] as const) {
      if (needed > room) {
        return yield* new StageError({
          message: `The model takes ${what} of ${room} tokens, and ${what === "answers" ? `answers may have ${needed}` : `the data's have up to ${needed}`}.`,
          hint: what === "answers" ? "Set a smaller `max_length`." : "Train a model for data of this length, or make the data anew with the lengths that it was trained for."
        })
      }
    }
    const rows = Math.max(1, Math.min(pairs.length, Math.floor(batch / beam))) * beam
    const same = sameToken(vocabulary, threshold, modulus)
    const results = yield* answerAll(pairs, {
      model: sequences, vocabulary, search: { beam, lengthPenalty: length_penalty, greatestLength: maxLength }, decoding, rows, sourceLengths: source_lengths,
      session: yield* sessionOptions(ctx), same, modulus
    }, ctx)
    const found = results.flatMap((result) => {
      const pair = pairs[result.pair]
      if (pair === undefined) return []
      const { sample, source, target } = pair
      const values = sequences.hybrid ? Float32Array.from(result.values, (value) => value ?? Number.NaN) : undefined
      const answer = { tokens: Int32Array.from(result.tokens), values }
      return [{
        sample,
        ...agreementRow(agreementOf(answer, target, vocabulary, same), answer.tokens.length, target.tokens.length),
        source_tokens: source.tokens.length,
        ended: result.ended,
        log_probability: result.logProbability,
        score: result.score,
        tokens_right: result.tokensRight,
        target_log_probability: result.targetLogProbability,
        answer: answer.tokens,
        answer_value: values?.map((value, i) => (answer.tokens[i] === vocabulary.number ? value : Number.NaN)) ?? new Float32Array(0),
        text: textOf(answer, vocabulary)
      }]
    })
    const mean = (of: (row: (typeof found)[number]) => number) => found.reduce((sum, row) => sum + of(row), 0) / found.length
    const tokens = mean(({ target_tokens }) => target_tokens)
    yield* ctx.outputs.samples.append(found)
    yield* ctx.outputs.lengths.append(sharesByLength(found, bin))
    yield* ctx.outputs.stat.append([{
      ...sharesOf(found),
      token_accuracy: mean(({ tokens_right }) => tokens_right) / tokens,
      loss: -mean(({ target_log_probability }) => target_log_probability) / tokens,
      ended: mean(({ ended }) => (ended ? 1 : 0)),
      missed: mean(({ log_probability, right, target_log_probability }) => (!right && target_log_probability > log_probability ? 1 : 0)),
      mean_tokens: mean(({ tokens }) => tokens),
      beam,
      length_penalty,
      max_length: maxLength,
      threshold: sequences.hybrid ? threshold : null,
      modulus: sequences.hybrid ? modulus ?? null : null
    }])
  })
})
