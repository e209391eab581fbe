/** Tables of how sequences are answered: a row for each sample, for each range of lengths, and one for all. */
import { Bool, column, doc, Float32, Float64, Int32, Int64, listOf, nullable, type RowOf, Utf8 } from "../../../../src/stage.ts"
import type { Agreement } from "./agreement.ts"

/** How far one answer is right. */
export const agreementColumns = {
  right: column(Bool, doc("whether the answer is the target, token for token up to `eos`")),
  support: column(Bool, doc("whether all tokens but coefficients are, and the length")),
  polynomials: column(Int32, doc("polynomials of the target")),
  polynomials_right: column(Int32, doc("those that the answer has at the same place")),
  target_tokens: column(Int32, doc("length of the target, `eos` included", "tokens")),
  tokens: column(Int32, doc("length of the answer, likewise", "tokens"))
}

/** How far many are. */
export const shareColumns = {
  samples: column(Int64, doc("samples")),
  accuracy: column(Float64, doc("share of the systems that are right, token for token")),
  support_accuracy: column(Float64, doc("share of the systems whose length and tokens but for coefficients are right")),
  polynomial_accuracy: column(Float64, doc("share of the polynomials of all targets that are right at their place"))
}

export const sampleColumns = {
  sample: column(Int64, doc("number of the sample, as in the data")),
  ...agreementColumns,
  source_tokens: column(Int32, doc("length of the source, `eos` included", "tokens")),
  ended: column(Bool, doc("whether the answer ends with `eos`; otherwise it reached the greatest length")),
  log_probability: column(Float64, doc("of the answer", "nats")),
  score: column(Float64, doc("log-probability over length^`length_penalty`, by which answers were compared")),
  tokens_right: column(Int32, doc("tokens of the target that the model finds likeliest after the right ones before them (teacher forcing)")),
  target_log_probability: column(Float64, doc("of the target; where it is greater than the answer's, the search missed it", "nats")),
  answer: column(listOf(Int32), doc("token numbers")),
  answer_value: column(listOf(Float32), doc("numbers beside them for hybrid models, NaN where there is none; else empty")),
  text: column(Utf8, doc("the answer in words"))
}

export const statColumns = {
  ...shareColumns,
  token_accuracy: column(Float64, doc("share of the targets' tokens that are likeliest by teacher forcing")),
  loss: column(Float64, doc("mean of -log of their probabilities, likewise", "nats per token")),
  ended: column(Float64, doc("share of the answers that end with `eos`")),
  missed: column(Float64, doc("share of the samples whose target is more probable than the answer that the search found")),
  mean_tokens: column(Float64, doc("mean length of the answers", "tokens")),
  beam: column(Int64, doc("answers followed at once; 1 is greedy")),
  length_penalty: column(Float64, doc("power of the length in the score")),
  max_length: column(Int64, doc("greatest length of an answer", "tokens")),
  threshold: column(nullable(Float64), doc("hybrid models: a number counts as right when it is off by less than this; null for others")),
  modulus: column(nullable(Int64), doc("hybrid models: numbers are residues of it; null for others"))
}

export const lengthColumns = {
  low: column(Int64, doc("targets from so many tokens", "tokens")),
  high: column(Int64, doc("to so many, included", "tokens")),
  ...shareColumns
}

/** An agreement as columns of a row. */
export const agreementRow = ({ polynomials, polynomialsRight, right, support }: Agreement, answer: number, target: number): RowOf<typeof agreementColumns> =>
  ({ right, support, polynomials, polynomials_right: polynomialsRight, tokens: answer, target_tokens: target })

export const sharesOf = (rows: ReadonlyArray<RowOf<typeof agreementColumns>>): RowOf<typeof shareColumns> => {
  const count = (of: (row: RowOf<typeof agreementColumns>) => number) => rows.reduce((sum, row) => sum + of(row), 0)
  return {
    samples: rows.length,
    accuracy: count(({ right }) => (right ? 1 : 0)) / rows.length,
    support_accuracy: count(({ support }) => (support ? 1 : 0)) / rows.length,
    polynomial_accuracy: count(({ polynomials_right }) => polynomials_right) / count(({ polynomials }) => polynomials)
  }
}

/** The same for each range of `width` lengths of the target that occurs, shortest first. */
export const sharesByLength = (rows: ReadonlyArray<RowOf<typeof agreementColumns>>, width: number): ReadonlyArray<RowOf<typeof lengthColumns>> =>
  [...Map.groupBy(rows, ({ target_tokens }) => Math.ceil(target_tokens / width))]
    .sort(([a], [b]) => a - b)
    .map(([bin, own]) => ({ low: (bin - 1) * width + 1, high: bin * width, ...sharesOf(own) }))
