/** Steps of the border basis algorithm as token sequences: what an oracle that predicts useful expansions is trained on (Kera et al., NeurIPS 2025). */
import { Category, column, Count, defineStage, doc, Effect, field, Float64, int, Int32, Int64, nullable, oneOf, Schema, StageError, table } from "../../src/stage.ts"
import { Questions } from "./lib/border/questions.ts"
import { stepColumns, stepsOf } from "./lib/border/step-table.ts"
import { StepWriter } from "./lib/border/step-tokens.ts"
import { computed } from "./lib/computed.ts"
import { tokenWidth } from "./lib/tokens/pair-writer.ts"
import { badShares, splitFields } from "./lib/tokens/selection.ts"
import { digestFrom, partOf, parts } from "./lib/tokens/split.ts"
import { tokenColumns, vocabularyColumns, vocabularyRows } from "./lib/tokens/token-table.ts"

const oracleColumns = { ...tokenColumns, step: column(Int32, doc("number of the step within the sample's last universe")) }
const none = new Float32Array(0)

export default defineStage({
  name: "groebner/border-oracle",
  summary: doc("Writes steps of the border basis algorithm as questions and answers in tokens, in parts without a common ideal."),
  params: Schema.Struct({
    leading: field(Count, doc("Leading terms of each polynomial in the question, of those that groebner/expansions wrote.", "terms"), 5),
    source_length: field(Count, doc("Tokens of every row of `source`, `eos` included.", "tokens")),
    target_length: field(Count, doc("Tokens of every row of `target`, `eos` included.", "tokens")),
    unit: field(oneOf("symbols", "monomials"), doc("symbols: a token for each word. monomials: one for each term, n + 2 numbers wide."), "symbols"),
    vocabulary: field(oneOf("lean", "published"), doc("lean: the words needed. published: those of the released code, unused ones included."), "lean"),
    greatest_exponent: field(int({ min: 0, max: 255 }), doc("Greatest exponent with a word."), 20),
    outside: field(oneOf("fail", "drop"), doc("What to do with a step for which a word is missing."), "fail"),
    ...splitFields,
    unique: field(Schema.Boolean, doc("Leave out questions that an earlier step asks, so that none is in two parts."), false)
  }),
  inputs: { steps: table(stepColumns, doc("What groebner/expansions gave.")) },
  outputs: {
    train: table(oracleColumns),
    validation: table(oracleColumns),
    test: table(oracleColumns),
    vocabulary: table(vocabularyColumns, doc("One row for each token.")),
    steps: table({
      sample: column(Int64, doc("number of the sample")),
      step: column(Int32, doc("number of the step")),
      part: column(Category, doc("train, validation or test")),
      fate: column(Category, doc("written; or left out: long, outside (a word is missing), repeated")),
      monomials: column(Int32, doc("monomials of the universe")),
      polynomials: column(Int32, doc("polynomials of the span's basis")),
      products: column(Int32, doc("products that may be reduced: polynomials times variables")),
      survivors: column(Int32, doc("of them such that survive")),
      source_tokens: column(nullable(Int32), doc("tokens of the question, `eos` included; null where a word is missing")),
      target_tokens: column(nullable(Int32), doc("tokens of the answer"))
    }, doc("One row for each step: its figures and where it went.")),
    stat: table({
      steps: column(Int64, doc("steps read")),
      train: column(Int64, doc("written for training")),
      validation: column(Int64, doc("written for validation")),
      test: column(Int64, doc("written for the test")),
      long: column(Int64, doc("left out: longer than the fixed lengths")),
      outside: column(Int64, doc("left out: a word is missing")),
      repeated: column(Int64, doc("left out: an earlier step asks the same")),
      questions: column(Int64, doc("different questions among those written")),
      answers: column(Int64, doc("different pairs of question and answer among those written: more than questions where one question has several answers")),
      seen: column(nullable(Float64), doc("share of the test questions that training asks, too; null without a test")),
      mean_source: column(Float64, doc("mean tokens of a question that is written")),
      mean_target: column(Float64, doc("mean tokens of an answer that is written")),
      longest_source: column(Int64, doc("tokens of the longest question read")),
      longest_target: column(Int64, doc("tokens of the longest answer read")),
      width: column(Int64, doc("numbers of a token: 1, or n + 2 for monomials")),
      tokens: column(Int64, doc("size of the vocabulary")),
      variables: column(Int64, doc("n")),
      characteristic: column(Int64, doc("p of F_p"))
    }, doc("One row: what was written."))
  },
  run: Effect.fn("groebner/border-oracle")(function*({ inputs, outputs, params, progress }) {
    const shares = badShares(params)
    if (shares !== undefined) return yield* new StageError({ message: shares, hint: "Let them sum to at most 1." })
    const writer = new StepWriter({
      form: "infix",
      coefficients: "words",
      unit: params.unit,
      digitGroup: 1,
      greatestCoefficient: 0,
      greatestExponent: params.greatest_exponent,
      words: params.vocabulary
    }, params.leading, { source: params.source_length, target: params.target_length })
    const questions = new Questions()
    const counts = { written: 0, long: 0, outside: 0, repeated: 0, train: 0, validation: 0, test: 0 }
    const longest = { source: 0, target: 0 }
    const written = { source: 0, target: 0 }
    const batches = yield* inputs.steps.batches
    let done = 0
    for (let batch = 0; batch < batches.count; batch++) {
      const steps = yield* stepsOf(yield* batches.read(batch))
      const rows = yield* computed("the steps cannot be written as tokens", () => steps.map((step) => {
        const { missing, row, source, target } = writer.write(step)
        if (missing !== undefined && params.outside === "fail") throw missingWord(missing)
        const part = partOf(digestFrom(step.ideal), params, params.seed)
        const repeated = row !== undefined && questions.ask(row.source, row.target, part, params.unique)
        const fate = missing !== undefined ? "outside" : row === undefined ? "long" : repeated ? "repeated" : "written"
        counts[fate]++
        longest.source = Math.max(longest.source, source ?? 0)
        longest.target = Math.max(longest.target, target ?? 0)
        if (fate === "written") {
          counts[part]++
          written.source += source ?? 0
          written.target += target ?? 0
        }
        return {
          part,
          pair: fate !== "written" || row === undefined ? undefined : {
            sample: step.sample, step: step.step, ...row, source_value: none, target_value: none, source_tokens: source ?? 0, target_tokens: target ?? 0, ideal: step.ideal
          },
          figures: {
            sample: step.sample,
            step: step.step,
            part,
            fate,
            monomials: step.monomials,
            polynomials: step.span_terms.length,
            products: step.span_terms.length * step.variables,
            survivors: step.survivor_variables.length,
            source_tokens: source ?? null,
            target_tokens: target ?? null
          }
        }
      }))
      for (const part of parts) yield* outputs[part].append(rows.flatMap((row) => (row.part === part && row.pair !== undefined ? [row.pair] : [])))
      yield* outputs.steps.append(rows.map(({ figures }) => figures))
      done += steps.length
      yield* progress(done, batches.rows, "steps")
    }
    const { vocabulary } = writer
    if (vocabulary === undefined) return yield* new StageError({ message: "there are no steps to write", hint: "Give the stage the output `steps` of groebner/expansions; its `stat` says on how many systems the algorithm ended." })
    if (counts.written === 0) {
      return yield* new StageError({
        message: `none of ${done} steps is written: ${counts.long} are longer than ${params.source_length} and ${params.target_length} tokens, ${counts.outside} need words that are missing`,
        hint: `The longest has ${longest.source} and ${longest.target} tokens.`
      })
    }
    yield* outputs.vocabulary.append(vocabularyRows(vocabulary))
    yield* outputs.stat.append([{
      steps: done,
      train: counts.train,
      validation: counts.validation,
      test: counts.test,
      long: counts.long,
      outside: counts.outside,
      repeated: counts.repeated,
      ...questions.counts(),
      mean_source: written.source / counts.written,
      mean_target: written.target / counts.written,
      longest_source: longest.source,
      longest_target: longest.target,
      width: tokenWidth(vocabulary),
      tokens: vocabulary.tokens.length,
      variables: vocabulary.variables,
      characteristic: vocabulary.characteristic
    }])
  }, Effect.scoped)
})

const missingWord = (about: string): StageError =>
  new StageError({ message: about, hint: "Raise `greatest_exponent`, or let `outside: drop` leave such steps out." })
