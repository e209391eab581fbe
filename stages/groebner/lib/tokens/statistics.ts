/** Figures of one list of polynomials. */
import type { PolynomialList } from "../generation/system-table.ts"

export interface ListStatistics {
  readonly polynomials: number
  readonly terms: number
  /** Greatest and least total degree of a polynomial; -1 is that of 0. */
  readonly degree: number
  readonly leastDegree: number
  /** Greatest absolute numerator, denominator or value. */
  readonly coefficient: number
}

export const statisticsOf = (list: PolynomialList, variables: number): ListStatistics => {
  let [term, degree, leastDegree] = [0, -1, Infinity]
  for (const count of list.terms) {
    let highest = -1
    for (let k = 0; k < count; k++, term++) {
      let total = 0
      for (let v = 0; v < variables; v++) total += list.exponents[term * variables + v] ?? 0
      highest = Math.max(highest, total)
    }
    degree = Math.max(degree, highest)
    leastDegree = Math.min(leastDegree, highest)
  }
  let coefficient = 0
  for (const values of [list.coefficients, list.denominators, list.values]) for (const value of values) coefficient = Math.max(coefficient, Math.abs(value))
  return { polynomials: list.terms.length, terms: term, degree, leastDegree: list.terms.length === 0 ? -1 : leastDegree, coefficient }
}
