/**
 * A step of the border basis algorithm as a question and its answer (Kera et al., NeurIPS 2025). The question: the maximal monomials of the universe, [BIGSEP], and the leading
 * terms of the span's basis. The answer: for each product that survives the variable, then the leading monomial of the polynomial that it is multiplied by; 1 and 1 if none does.
 */
import { algebraError } from "../algebra/index.ts"
import type { PolynomialList } from "../generation/system-table.ts"
import { tokenWidth } from "../tokens/pair-writer.ts"
import { Encoder } from "../tokens/encoder.ts"
import { type TokenSettings, type Vocabulary, vocabularyOf, withSeparator } from "../tokens/vocabulary.ts"
import type { StepRow } from "./step-table.ts"

export interface StepTokens {
  /** Tokens with `eos`; undefined where a word is missing. */
  readonly source: number | undefined
  readonly target: number | undefined
  /** Which word is missing, for the user. */
  readonly missing: string | undefined
  /** The words, filled up with `pad`; undefined where they are longer than that, or one is missing. */
  readonly row: { readonly source: Int32Array; readonly target: Int32Array } | undefined
}

export class StepWriter {
  readonly #settings: TokenSettings
  readonly #leading: number
  readonly #lengths: { readonly source: number; readonly target: number }
  #words: { readonly vocabulary: Vocabulary; readonly between: number; readonly source: Encoder; readonly target: Encoder } | undefined

  constructor(settings: TokenSettings, leading: number, lengths: { readonly source: number; readonly target: number }) {
    this.#settings = settings
    this.#leading = leading
    this.#lengths = lengths
  }

  /** Of the steps written so far: their field and variables settle it. */
  get vocabulary(): Vocabulary | undefined {
    return this.#words?.vocabulary
  }

  /** @throws AlgebraError for settings that do not fit the field, and where the field changes */
  write(step: StepRow): StepTokens {
    const { characteristic, sample, variables } = step
    const { between, source, target, vocabulary } = (this.#words ??= wordsFor(this.#settings, variables, characteristic))
    if (vocabulary.variables !== variables || vocabulary.characteristic !== characteristic) throw algebraError(`Sample ${sample} has another field or number of variables than those before it: one vocabulary serves one ring.`)
    const width = tokenWidth(vocabulary)
    const asked = source.encodeAll([monomials(step.universe, variables), leadingTerms(step, this.#leading)], between)
    const answered = target.encode(monomials(answerOf(step), variables))
    const outside = source.outside ?? target.outside
    const fits = asked !== undefined && answered !== undefined && asked <= this.#lengths.source * width && answered <= this.#lengths.target * width
    return {
      source: asked === undefined ? undefined : asked / width,
      target: answered === undefined ? undefined : answered / width,
      missing: outside === undefined ? undefined : `sample ${sample} has the ${outside.what} ${outside.value}, for which there is no word`,
      row: fits ? { source: source.padded(this.#lengths.source * width), target: target.padded(this.#lengths.target * width) } : undefined
    }
  }
}

const wordsFor = (settings: TokenSettings, variables: number, characteristic: number) => {
  const { vocabulary, word } = withSeparator(vocabularyOf(settings, variables, characteristic), "[BIGSEP]")
  return { vocabulary, between: word, source: new Encoder(vocabulary), target: new Encoder(vocabulary) }
}

/** Monomials as polynomials of one term with coefficient 1. */
const monomials = (exponents: Uint8Array, n: number): PolynomialList =>
  list(new Int32Array(exponents.length / n).fill(1), new Int32Array(exponents.length / n).fill(1), exponents)

const leadingTerms = ({ span_coefficients, span_exponents, span_terms, variables }: StepRow, leading: number): PolynomialList => {
  let at = 0
  const places = Array.from(span_terms, (count) => {
    at += count
    return Array.from({ length: Math.min(count, leading) }, (_, k) => at - count + k)
  })
  return list(
    Int32Array.from(places, ({ length }) => length),
    Int32Array.from(places.flat(), (term) => span_coefficients[term] ?? 0),
    Uint8Array.from(places.flat().flatMap((term) => Array.from(span_exponents.subarray(term * variables, (term + 1) * variables))))
  )
}

const list = (terms: Int32Array, coefficients: Int32Array, exponents: Uint8Array): PolynomialList => ({ terms, coefficients, exponents, denominators: new Int32Array(0), values: new Float64Array(0) })

/** Exponents of variable, leading monomial, variable, leading monomial, ... */
const answerOf = ({ span_exponents, span_terms, survivor_polynomials, survivor_variables, variables }: StepRow): Uint8Array => {
  if (survivor_variables.length === 0) return new Uint8Array(2 * variables)
  const begins = new Int32Array(span_terms.length)
  for (let polynomial = 1; polynomial < begins.length; polynomial++) begins[polynomial] = (begins[polynomial - 1] ?? 0) + (span_terms[polynomial - 1] ?? 0)
  const exponents = new Uint8Array(2 * variables * survivor_variables.length)
  survivor_variables.forEach((variable, at) => {
    const lead = (begins[survivor_polynomials[at] ?? 0] ?? 0) * variables
    exponents[2 * variables * at + variable] = 1
    exponents.set(span_exponents.subarray(lead, lead + variables), 2 * variables * at + variables)
  })
  return exponents
}
