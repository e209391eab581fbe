/** How much memory samples take, before any is drawn: from the mean number of terms, were no two to fall together, and never more than there are monomials. */
import type { Settings } from "./generator.ts"
import { monomialCount } from "./monomial-keys.ts"
import type { PolynomialChoice } from "./sampler.ts"

/** Rows are gathered up to so many bytes before they are written. */
export const rowBytes = 2 ** 25

/** Keys and values of the store, whose arrays double; and a hash table for the polynomial that is summed up, likewise. */
const stored = 2 * 16
const summed = 2 * 32

const meanTerms = ({ counts, maxTerms }: PolynomialChoice, candidates: number): number => {
  const most = Math.min(maxTerms, candidates)
  return counts === "fixed" ? most : (1 + most) / 2
}

/** Bytes that a generator of these settings takes, about. */
export const bytesNeeded = ({ ideal, transformation, variables: n }: Settings): number => {
  const { density, entries, form, most, outerDensity } = transformation
  const m = n + most
  const listed = monomialCount(n, entries.maxDegree)
  const entry = meanTerms(entries, listed)
  const basis = ideal.kind === "shape" ? { degree: ideal.polynomials.maxDegree, terms: 1 + meanTerms(ideal.polynomials, ideal.polynomials.maxDegree) }
    : { degree: n, terms: monomialCount(Math.ceil(n / 2), Math.ceil(n / 2)) }
  const inner = Math.min(basis.terms * (1 + n * density * entry), monomialCount(n, basis.degree + entries.maxDegree))
  const outer = form === "identity" || form === "random" ? inner
    : Math.min(inner * (1 + (m - 1) * outerDensity * entry), monomialCount(n, basis.degree + 2 * entries.maxDegree))
  // Exponents, and two whole numbers or a double for the coefficient.
  const row = m * outer * (n + 8)
  return 8 * listed + stored * m * (inner + outer) + summed * outer + 2 * (row + rowBytes)
}
