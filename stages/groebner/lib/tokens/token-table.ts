/** Pairs of token sequences and their vocabulary as tables: what sequence models are trained on. */
import { column, doc, Float32, Float64, Int32, Int64, listOf, nullable, Utf8 } from "../../../../src/stage.ts"
import { tokenKinds, type Vocabulary } from "./vocabulary.ts"

export const tokenColumns = {
  sample: column(Int64, doc("number of the sample")),
  source: column(listOf(Int32), doc("the question: token numbers, `eos`, then `pad` up to the fixed length; n + 2 numbers a token with `unit: monomials`")),
  target: column(listOf(Int32), doc("the answer: likewise")),
  source_value: column(listOf(Float32), doc("with `coefficients: numbers`: the coefficient beside each token, NaN where there is none; else empty")),
  target_value: column(listOf(Float32), doc("likewise")),
  source_tokens: column(Int32, doc("tokens before padding, `eos` included")),
  target_tokens: column(Int32, doc("likewise")),
  ideal: column(Int64, doc("digest of G; no two parts share one"))
}

export const vocabularyColumns = {
  id: column(Int64, doc("the token's number")),
  token: column(Utf8, doc("as it stands in texts")),
  kind: column(Utf8, doc(tokenKinds.join(" | "))),
  value: column(nullable(Float64), doc("of a coefficient, a group of digits or an exponent"))
}

export const vocabularyRows = ({ tokens }: Vocabulary) => tokens.map(({ kind, text, value }, id) => ({ id, token: text, kind, value: value ?? null }))
