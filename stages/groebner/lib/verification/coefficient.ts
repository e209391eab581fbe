/** What a stored coefficient is in the field that is computed in: F_p, Q modulo a prime, or R. */
import { modularInverse, modularProduct } from "../algebra/prime.ts"
import type { PolynomialList } from "../generation/system-table.ts"

/** Undefined where the prime divides a denominator. */
export type CoefficientReader = (list: PolynomialList, term: number) => number | undefined

export const realCoefficient: CoefficientReader = (list, term) => list.values[term] ?? 0

/** Residues as they are; fractions modulo p. */
export const residueModulo = (p: number): CoefficientReader => {
  const product = modularProduct(p)
  // Few denominators come up, again and again.
  const inverses = new Map<number, number>()
  return (list, term) => {
    const numerator = list.coefficients[term] ?? 0
    if (list.denominators.length === 0) return numerator
    const denominator = list.denominators[term] ?? 1
    const above = ((numerator % p) + p) % p
    if (denominator === 1) return above
    if (denominator % p === 0) return undefined
    let inverse = inverses.get(denominator)
    if (inverse === undefined) {
      inverse = modularInverse(denominator % p, p)
      inverses.set(denominator, inverse)
    }
    return product(above, inverse)
  }
}
