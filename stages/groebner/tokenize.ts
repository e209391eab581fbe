/** Pairs of systems and bases as token sequences of fixed length for sequence models, in parts that share no ideal. */
import {
  Category, column, Count, defineStage, doc, Effect, field, Float64, int, Int32, Int64, nullable, oneOf, Schema, StageError, table
} from "../../src/stage.ts"
import { computed } from "./lib/computed.ts"
import { systemsOf } from "./lib/generation/system-reader.ts"
import { systemColumns } from "./lib/generation/system-table.ts"
import { figuresOf, PairWriter, tokenWidth } from "./lib/tokens/pair-writer.ts"
import { badShares, Selection, splitFields } from "./lib/tokens/selection.ts"
import { parts } from "./lib/tokens/split.ts"
import { tokenColumns, vocabularyColumns, vocabularyRows } from "./lib/tokens/token-table.ts"
import type { TokenSettings } from "./lib/tokens/vocabulary.ts"

const figureColumns = {
  f_polynomials: column(Int32, doc("polynomials in F")),
  f_terms: column(Int32, doc("terms in F")),
  f_degree: column(Int32, doc("greatest total degree of a polynomial in F")),
  f_least_degree: column(Int32, doc("least total degree of a polynomial in F; -1 for 0")),
  f_coefficient: column(Float64, doc("greatest absolute numerator, denominator or value in F")),
  f_tokens: column(nullable(Int32), doc("tokens of F, `eos` included; null where a word is missing")),
  g_polynomials: column(Int32, doc("polynomials in G")),
  g_terms: column(Int32, doc("terms in G")),
  g_degree: column(Int32, doc("greatest total degree of a polynomial in G")),
  g_least_degree: column(Int32, doc("least total degree of a polynomial in G")),
  g_coefficient: column(Float64, doc("greatest absolute numerator, denominator or value in G")),
  g_tokens: column(nullable(Int32), doc("tokens of G, `eos` included; null where a word is missing"))
}

export default defineStage({
  name: "groebner/tokenize",
  summary: doc("Writes systems F and bases G as token sequences with their vocabulary, split without a common ideal."),
  params: Schema.Struct({
    source_length: field(Count, doc("Tokens of every row of `source`, `eos` included.", "tokens")),
    target_length: field(Count, doc("Tokens of every row of `target`, `eos` included.", "tokens")),
    form: field(oneOf("infix", "prefix"), doc("infix: t + t, a / b. prefix: + t t, / a b. A term is its coefficient and n exponents: C3 E2 E0."), "infix"),
    coefficients: field(oneOf("words", "numbers", "digits"), doc("words: C3. numbers: the word [C] with the value beside it, for hybrid models. digits: groups of decimal digits."), "words"),
    digit_group: field(int({ min: 1, max: 5 }), doc("Digits in a group.", "digits"), 1),
    unit: field(oneOf("symbols", "monomials"), doc("symbols: a token for each word. monomials: one for each term, n + 2 numbers wide."), "symbols"),
    vocabulary: field(oneOf("lean", "published"), doc("lean: the words needed. published: those of the released code, unused ones included."), "lean"),
    greatest_coefficient: field(Count, doc("Q: greatest numerator and denominator with a word."), 100),
    greatest_exponent: field(int({ min: 0, max: 255 }), doc("Greatest exponent with a word."), 20),
    outside: field(oneOf("fail", "drop"), doc("What to do with a sample for which a word is missing."), "fail"),
    ...splitFields
  }),
  inputs: { systems: table(systemColumns, doc("What groebner/generate gave.")) },
  outputs: {
    train: table(tokenColumns),
    validation: table(tokenColumns),
    test: table(tokenColumns),
    vocabulary: table(vocabularyColumns, doc("One row for each token.")),
    systems: table({
      sample: column(Int64, doc("number of the sample")),
      part: column(Category, doc("train, validation or test")),
      fate: column(Category, doc("written; or left out: long, outside (a word is missing), repeated")),
      ...figureColumns
    }, doc("One row for each sample: its figures and where it went.")),
    stat: table({
      samples: column(Int64, doc("samples read")),
      train: column(Int64, doc("written for training")),
      validation: column(Int64, doc("written for validation")),
      test: column(Int64, doc("written for the test")),
      long: column(Int64, doc("left out: longer than the fixed lengths")),
      outside: column(Int64, doc("left out: a word is missing")),
      repeated: column(Int64, doc("left out: an earlier sample has the same pair")),
      longest_source: column(Int64, doc("tokens of the longest F")),
      longest_target: column(Int64, doc("tokens of the longest G")),
      width: column(Int64, doc("numbers of a token: 1, or n + 2 for monomials")),
      tokens: column(Int64, doc("size of the vocabulary")),
      variables: column(Int64, doc("n")),
      characteristic: column(Int64, doc("p of F_p; 0 for Q, -1 for R"))
    }, doc("One row: what was written."))
  },
  run: Effect.fn("groebner/tokenize")(function*({ inputs, outputs, params, progress }) {
    const shares = badShares(params)
    if (shares !== undefined) return yield* new StageError({ message: shares, hint: "Let them sum to at most 1." })
    const settings: TokenSettings = {
      form: params.form,
      coefficients: params.coefficients,
      unit: params.unit,
      digitGroup: params.digit_group,
      greatestCoefficient: params.greatest_coefficient,
      greatestExponent: params.greatest_exponent,
      words: params.vocabulary
    }
    const batches = yield* inputs.systems.batches
    const selection = new Selection(params)
    const counts = { written: 0, long: 0, outside: 0, repeated: 0, train: 0, validation: 0, test: 0 }
    const longest = { source: 0, target: 0 }
    const writer = new PairWriter(settings, { source: params.source_length, target: params.target_length })
    let done = 0
    for (let batch = 0; batch < batches.count; batch++) {
      const systems = yield* systemsOf(yield* batches.read(batch))
      const pairs = yield* computed("the systems cannot be written as tokens", () => systems.map((system) => {
        const pair = writer.write(system, selection.place(system))
        if (pair.fate === "outside" && params.outside === "fail") throw missingWord(pair.missing)
        counts[pair.fate]++
        if (pair.fate === "written") counts[pair.part]++
        longest.source = Math.max(longest.source, pair.lengths.f ?? 0)
        longest.target = Math.max(longest.target, pair.lengths.g ?? 0)
        return { pair, figures: figuresOf(system, pair) }
      }))
      for (const part of parts) yield* outputs[part].append(pairs.flatMap(({ pair }) => (pair.part === part && pair.row !== undefined ? [pair.row] : [])))
      yield* outputs.systems.append(pairs.map(({ figures }) => figures))
      done += systems.length
      yield* progress(done, batches.rows, "pairs")
    }
    const { vocabulary } = writer
    if (vocabulary === undefined) return yield* new StageError({ message: "there are no systems to write", hint: "Give the stage the output `systems` of groebner/generate." })
    if (counts.written === 0) {
      return yield* new StageError({
        message: `none of ${done} samples is written: ${counts.long} are longer than ${params.source_length} and ${params.target_length} tokens, ${counts.outside} need words that are missing`,
        hint: `The longest has ${longest.source} and ${longest.target} tokens.`
      })
    }
    yield* outputs.vocabulary.append(vocabularyRows(vocabulary))
    yield* outputs.stat.append([{
      samples: done,
      train: counts.train,
      validation: counts.validation,
      test: counts.test,
      long: counts.long,
      outside: counts.outside,
      repeated: counts.repeated,
      longest_source: longest.source,
      longest_target: longest.target,
      width: tokenWidth(vocabulary),
      tokens: vocabulary.tokens.length,
      variables: vocabulary.variables,
      characteristic: vocabulary.characteristic
    }])
  }, Effect.scoped)
})

const missingWord = (about = "a word is missing"): StageError =>
  new StageError({ message: about, hint: "Raise `greatest_coefficient` or `greatest_exponent`, take digits or numbers, or let `outside: drop` leave such samples out. Samples over Q that pass the bound can be rejected by groebner/generate." })
