/** How far an answer is right: the whole system, its support, each of its polynomials. */
import type { Sequence } from "./decoder.ts"
import type { Vocabulary } from "./vocabulary.ts"

export interface Agreement {
  /** Every token is right, `eos` included, and every number beside one within the threshold. */
  readonly right: boolean
  /** As long as the target, with the same tokens but for coefficients, which may be any. */
  readonly support: boolean
  /** Polynomials of the target. */
  readonly polynomials: number
  /** Those that the answer has at the same place among its polynomials. */
  readonly polynomialsRight: number
}

/** Whether two sequences have the same token at places i and j, and numbers beside it that differ by less than the threshold. */
export type SameAt = (a: Sequence, i: number, b: Sequence, j: number) => boolean

/** `modulus`: numbers are residues, and so is their distance. */
export const sameToken = ({ number }: Vocabulary, threshold: number, modulus: number | undefined): SameAt => (a, i, b, j) => {
  if (a.tokens[i] !== b.tokens[j] || a.tokens[i] === undefined) return false
  if (a.tokens[i] !== number) return true
  const distance = Math.abs((a.values?.[i] ?? Number.NaN) - (b.values?.[j] ?? Number.NaN))
  return (modulus === undefined ? distance : Math.min(distance % modulus, modulus - (distance % modulus))) < threshold
}

export const agreementOf = (answer: Sequence, target: Sequence, vocabulary: Vocabulary, same: SameAt): Agreement => {
  const [given, wanted] = [polynomialsOf(answer, vocabulary), polynomialsOf(target, vocabulary)]
  return {
    right: samePolynomial(answer, target, same),
    support: sameSupport(answer, target, vocabulary),
    polynomials: wanted.length,
    polynomialsRight: wanted.filter((own, k) => samePolynomial(given[k], own, same)).length
  }
}

/** Equal but for the values of coefficients. */
export const sameSupport = (a: Sequence, b: Sequence, { kinds }: Pick<Vocabulary, "kinds">): boolean => {
  const isCoefficient = (token: number | undefined) => token !== undefined && kinds[token] === "coefficient"
  return a.tokens.length === b.tokens.length && b.tokens.every((token, i) => a.tokens[i] === token || (isCoefficient(token) && isCoefficient(a.tokens[i])))
}

export const samePolynomial = (a: Sequence | undefined, b: Sequence, same: SameAt): boolean =>
  a !== undefined && a.tokens.length === b.tokens.length && b.tokens.every((_, i) => same(a, i, b, i))

/** The parts between separators, up to `eos`. */
export const polynomialsOf = ({ tokens, values }: Sequence, { eos, separator }: Pick<Vocabulary, "eos" | "separator">): ReadonlyArray<Sequence> => {
  const parts: Array<Sequence> = []
  const end = tokens.indexOf(eos)
  const last = end < 0 ? tokens.length : end
  let start = 0
  for (let i = 0; i <= last; i++) {
    if (i < last && tokens[i] !== separator) continue
    parts.push({ tokens: tokens.subarray(start, i), values: values?.subarray(start, i) })
    start = i + 1
  }
  return parts
}
