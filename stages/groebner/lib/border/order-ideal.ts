/** Order ideals: sets of monomials that hold every divisor of theirs. A monomial is its exponents. */
import type { RandomStream } from "../../../../src/stage.ts"

export type Monomial = ReadonlyArray<number>

/**
 * An order ideal among the monomials with exponents below `bounds`. A box below bounds drawn uniformly belongs to it; what lies above the box in one variable,
 * and beside it in none, is drawn likewise, variable by variable.
 */
export const drawnOrderIdeal = (bounds: Monomial, stream: RandomStream): ReadonlyArray<Monomial> => {
  const upper = bounds.map((bound) => 1 + stream.integer(bound))
  return [
    ...monomialsBelow(upper),
    ...bounds.flatMap((bound, v) => {
      const base = upper[v] ?? 0
      if (bound <= base || stream.integer(2) === 0) return []
      return drawnOrderIdeal(upper.map((side, other) => (other === v ? bound - base : side)), stream).map((monomial) => monomial.map((exponent, other) => (other === v ? exponent + base : exponent)))
    })
  ]
}

const monomialsBelow = (upper: Monomial): ReadonlyArray<Monomial> =>
  upper.reduce<ReadonlyArray<Monomial>>((made, bound) => made.flatMap((monomial) => Array.from({ length: bound }, (_, exponent) => [...monomial, exponent])), [[]])

/** Products of its monomials with variables that are not in it. */
export const borderOf = (ideal: ReadonlyArray<Monomial>): ReadonlyArray<Monomial> => {
  const seen = new Set(ideal.map(String))
  return ideal.flatMap((monomial) => monomial.flatMap((_, v) => {
    const product = monomial.map((exponent, other) => (other === v ? exponent + 1 : exponent))
    if (seen.has(String(product))) return []
    seen.add(String(product))
    return [product]
  }))
}
