/**
 * Through the homogenised ideal: how bases in lex and elimination orders are computed when the ideal has infinitely many zeros. With one more
 * variable, the smallest, every polynomial is made homogeneous; then degrees cannot explode, whatever the order, and the
 * basis becomes one of the ideal itself when the variable is set to 1 (Cox, Little, O'Shea, chapter 8, section 4).
 */
import type { MonomialTable } from "./monomials.ts"
import type { MonomialOrder } from "./order.ts"
import { blocksOf } from "./order.ts"
import type { Polynomial } from "./polynomial.ts"
import { termCount, totalDegree } from "./polynomial.ts"

/** Of homogeneous polynomials in n + 1 variables: as the order says of n, so that leading terms stay when the last is set to 1. */
export const homogeneousOrder = (order: MonomialOrder, n: number): MonomialOrder => [...blocksOf(order, n), { order: "lex", size: 1 }]

/** Every term times the power of a further variable that makes its degree that of the polynomial. */
export const homogenised = <E>(f: Polynomial<E>, n: number): Polynomial<E> => {
  const degree = totalDegree(f, n)
  const exponents = new Uint16Array(termCount(f) * (n + 1))
  for (let t = 0; t < termCount(f); t++) {
    const term = f.exponents.subarray(t * n, (t + 1) * n)
    exponents.set(term, t * (n + 1))
    exponents[t * (n + 1) + n] = degree - term.reduce((sum, exponent) => sum + exponent, 0)
  }
  return { coefficients: f.coefficients, exponents }
}

/** The same with the last of n + 1 variables set to 1. Terms of a homogeneous polynomial stay apart. */
export const dehomogenised = <E, P extends Polynomial<E>>(f: P, n: number): P => ({
  ...f,
  exponents: f.exponents.filter((_, at) => at % (n + 1) !== n)
})

/** Those whose leading monomial no other's divides; of equal ones the first. `leads` are ids of `table`. */
export const minimalOnes = (table: MonomialTable, leads: ReadonlyArray<number>): ReadonlyArray<number> =>
  [...leads.keys()].filter((at) => leads.every((other, place) => place === at || !table.divides(other, leads[at] ?? 0) || (other === leads[at] && place > at)))
