/** How far answers without learning are right on pairs of sequences: what a model's accuracy has to be seen beside. */
import { Category, column, Count, defineStage, doc, Effect, field, Int64, NonNegative, Schema, StageError, table, Utf8 } from "../../src/stage.ts"
import { pairColumns, vocabularyColumns } from "../train/lib/token-set.ts"
import { agreementOf, sameToken } from "./lib/sequences/agreement.ts"
import { baselineAnswer, baselines, bestCopy, TargetCounts } from "./lib/sequences/baselines.ts"
import { agreementColumns, agreementRow, lengthColumns, shareColumns, sharesByLength, sharesOf } from "./lib/sequences/tables.ts"
import { readPairs, textOf } from "./lib/sequences/token-set.ts"
import { readVocabulary } from "./lib/sequences/vocabulary.ts"

const baseline = column(Category, doc(
  "first-copied: the first t polynomials of the source as they stand, t being the usual number in training targets. shortest-copied: the t with fewest tokens, in the source's order. " +
  "most-frequent: the most frequent training target, whatever the source. best-copy: no answer but a bound, copying that knew which polynomials to take"
))

export default defineStage({
  name: "evaluate/sequence-baselines",
  summary: doc("Compares answers that copy from the source, or are always the same, with the targets."),
  params: Schema.Struct({
    limit: Schema.optionalKey(field(Count, doc("Takes the first so many samples only.", "samples"))),
    threshold: field(NonNegative, doc("Hybrid data: a number counts as right when it is off by less than this."), 0.1),
    modulus: Schema.optionalKey(field(Count, doc("Hybrid data over F_p: p."))),
    bin: field(Count, doc("Width of the ranges in `lengths`.", "tokens"), 16)
  }),
  inputs: {
    train: table(pairColumns, doc("What models are trained on: the usual target comes from it.")),
    data: table(pairColumns, doc("What is answered, the pairs of the test for example.")),
    vocabulary: table(vocabularyColumns, doc("Of both."))
  },
  outputs: {
    stat: table({ baseline, ...shareColumns }, doc("One row for each baseline.")),
    samples: table({ sample: column(Int64, doc("number of the sample, as in the data")), baseline, ...agreementColumns }, doc("One row for each sample and baseline.")),
    lengths: table({ baseline, ...lengthColumns }, doc("One row for each baseline and range of target lengths.")),
    usual: table({
      target: column(Utf8, doc("the most frequent training target")),
      frequency: column(Int64, doc("training samples that have it")),
      polynomials: column(Int64, doc("the most frequent number of polynomials of a training target")),
      samples: column(Int64, doc("training samples"))
    })
  },
  run: Effect.fn("evaluate/sequence-baselines")(function*(ctx) {
    const { bin, limit, modulus, threshold } = ctx.params
    const vocabulary = yield* readVocabulary(yield* ctx.inputs.vocabulary.read)
    const counts = new TargetCounts(vocabulary)
    const batches = yield* ctx.inputs.train.batches
    for (let batch = 0; batch < batches.count; batch++) {
      for (const { target } of (yield* readPairs(yield* batches.read(batch), vocabulary)).pairs) counts.add(target)
      yield* ctx.progress(batch + 1, batches.count, "training targets")
    }
    const { pairs } = yield* readPairs(yield* ctx.inputs.data.read, vocabulary, limit)
    const { usual } = counts
    if (usual === undefined || pairs.length === 0) {
      return yield* new StageError({ message: `The ${usual === undefined ? "training data" : "data"} have no samples.`, hint: "Give the set at least one." })
    }
    const same = sameToken(vocabulary, threshold, modulus)
    const found = pairs.flatMap(({ sample, source, target }) => [
      ...baselines.map((name) => {
        const answer = baselineAnswer(name, source, usual, vocabulary)
        return { sample, baseline: name, ...agreementRow(agreementOf(answer, target, vocabulary, same), answer.tokens.length, target.tokens.length) }
      }),
      { sample, baseline: "best-copy", ...agreementRow(bestCopy(source, target, vocabulary, same), target.tokens.length, target.tokens.length) }
    ])
    const each = [...Map.groupBy(found, (row) => row.baseline)]
    yield* ctx.outputs.samples.append(found)
    yield* ctx.outputs.stat.append(each.map(([name, rows]) => ({ baseline: name, ...sharesOf(rows) })))
    yield* ctx.outputs.lengths.append(each.flatMap(([name, rows]) => sharesByLength(rows, bin).map((row) => ({ baseline: name, ...row }))))
    yield* ctx.outputs.usual.append([{ target: textOf(usual.target, vocabulary), frequency: usual.frequency, polynomials: usual.polynomials, samples: batches.rows }])
  })
})
