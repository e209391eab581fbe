/** F = A G for a random matrix A of polynomials. */
import type { RandomStream } from "../../../../src/stage.ts"
import { add, multiply, type Polynomial, polynomialOf, type Ring, zeroPolynomial } from "../algebra/index.ts"
import type { Monomial } from "./order-ideal.ts"

export interface Entries {
  /** All monomials that an entry may have. */
  readonly monomials: ReadonlyArray<Monomial>
  readonly terms: number
}

/** Exponents of total degree up to `degree`. */
export const monomialsUpTo = (degree: number, n: number): ReadonlyArray<Monomial> =>
  n === 0 ? [[]] : Array.from({ length: degree + 1 }, (_, exponent) => monomialsUpTo(degree - exponent, n - 1).map((rest) => [exponent, ...rest])).flat()

/** So many combinations of G; an entry has a number of terms drawn uniformly from 1, distinct monomials, and coefficients other than 0. */
export const transformed = (ring: Ring<number>, p: number, g: ReadonlyArray<Polynomial<number>>, count: number, { monomials, terms }: Entries, stream: RandomStream): ReadonlyArray<Polynomial<number>> => {
  const entry = (): Polynomial<number> => {
    const chosen = Array.from(stream.permutation(monomials.length).subarray(0, 1 + stream.integer(Math.min(terms, monomials.length))))
    return polynomialOf(ring, chosen.map(() => 1 + stream.integer(p - 1)), chosen.flatMap((at) => monomials[at] ?? []))
  }
  return Array.from({ length: count }, () => g.reduce((sum, polynomial) => add(ring, sum, multiply(ring, entry(), polynomial)), zeroPolynomial(ring)))
}
