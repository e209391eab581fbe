/** F = A G for a random matrix A of polynomials. */
import type { RandomStream } from "../../../../src/stage.ts"
import { addProduct, fromSums, type KeyedPolynomial } from "./keyed-polynomial.ts"
import type { MonomialNumbers } from "./monomial-numbers.ts"
import type { Monomial } from "./order-ideal.ts"

export interface Entries {
  /** Numbers of all monomials of total degree d, at place d. */
  readonly monomials: ReadonlyArray<ReadonlyArray<number>>
  /** Whether an entry's degree is drawn uniformly, or always the greatest. */
  readonly degrees: "uniform" | "fixed"
  /** Most terms of an entry. */
  readonly terms: number
}

/** Monomials of each total degree up to `degree`. */
export const monomialsByDegree = (degree: number, numbers: MonomialNumbers): ReadonlyArray<ReadonlyArray<number>> =>
  Array.from({ length: degree + 1 }, (_, d) => monomialsOf(d, numbers.variables).map((monomial) => numbers.of(monomial)))

const monomialsOf = (degree: number, n: number): ReadonlyArray<Monomial> =>
  n === 1 ? [[degree]] : Array.from({ length: degree + 1 }, (_, exponent) => monomialsOf(degree - exponent, n - 1).map((rest) => [exponent, ...rest])).flat()

/**
 * So many combinations of G. An entry has a degree, a number of terms drawn uniformly from 1, so many distinct monomials up to that degree, drawn again until one of them has it,
 * and coefficients other than 0.
 */
export const transformed = (numbers: MonomialNumbers, p: number, g: ReadonlyArray<KeyedPolynomial>, count: number, { degrees, monomials, terms }: Entries, stream: RandomStream): ReadonlyArray<KeyedPolynomial> => {
  const upTo = monomials.map((_, degree) => monomials.slice(0, degree + 1).flat())
  const entry = (): KeyedPolynomial => {
    const degree = degrees === "fixed" ? monomials.length - 1 : stream.integer(monomials.length)
    const all = upTo[degree] ?? []
    const lower = all.length - (monomials[degree]?.length ?? 0)
    const size = 1 + stream.integer(Math.min(terms, all.length))
    let chosen = stream.permutation(all.length).subarray(0, size)
    while (chosen.every((at) => at < lower)) chosen = stream.permutation(all.length).subarray(0, size)
    return { keys: Float64Array.from(chosen, (at) => all[at] ?? 0), coefficients: Int32Array.from(chosen, () => 1 + stream.integer(p - 1)) }
  }
  return Array.from({ length: count }, () => {
    const sums = new Map<number, number>()
    for (const polynomial of g) addProduct(numbers, p, sums, entry(), polynomial)
    return fromSums(sums)
  })
}
