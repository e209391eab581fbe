/**
 * The border basis algorithm (Kehrein and Kreuzer, Computing border bases, 2006): stable spans in universes that grow until the border of the monomials that lead nothing lies within.
 * These monomials are then the order ideal O, and each monomial of its border is a combination of O modulo the ideal. Under degrevlex O is what the Groebner basis leaves, too.
 */
import { modularProduct } from "../algebra/index.ts"
import { type KeyedPolynomial, leadOf } from "./keyed-polynomial.ts"
import type { MonomialNumbers } from "./monomial-numbers.ts"
import { echelon, type Stable, stableSpan, type Step, type Vanished } from "./stable-span.ts"
import { Universe } from "./universe.ts"

/** quotient: by the border of the monomials that lead nothing, which suffices (their Corollary 23). universe: by its whole border. */
export const growths = ["quotient", "universe"] as const
export type Growth = (typeof growths)[number]

export interface BorderBasis {
  /** Monomials that span the quotient ring, the least first; none if the ideal is the whole ring. */
  readonly orderIdeal: ReadonlyArray<number>
  /** For each monomial of its border (1 if it is empty), the least first: that monomial, then its tail in the order ideal. */
  readonly basis: ReadonlyArray<KeyedPolynomial>
  /** Steps within the last universe. */
  readonly steps: ReadonlyArray<Step>
  /** Universes in which a stable span was computed. */
  readonly universes: number
}

export interface Limits {
  readonly growth: Growth
  /** Monomials of a universe. */
  readonly largest: number
  /** Asked when universes have grown often: nothing is found where the ideal has infinitely many zeros, and the universe would grow up to its limit. */
  readonly isFinite?: () => boolean
}

/** Universes after which one asks: ideals with few zeros were seen to need five. */
const often = 8

/** Undefined when a universe would pass `largest` monomials, or the ideal has infinitely many zeros. */
export const borderBasis = (numbers: MonomialNumbers, p: number, generators: ReadonlyArray<KeyedPolynomial>, { growth, isFinite, largest }: Limits): BorderBasis | undefined => {
  let universe = Universe.of(numbers, largest, [numbers.one, ...generators.flatMap(({ keys }) => Array.from(keys))])
  let span = universe === undefined ? [] : echelon(universe, p, generators)
  const vanished: Vanished = new WeakMap()
  for (let universes = 1; universe !== undefined; universes++) {
    const stable: Stable | undefined = stableSpan(universe, p, span, vanished)
    if (stable === undefined) return undefined
    const leading = new Set(stable.span.map(leadOf))
    const orderIdeal = stable.universe.monomials.filter((key) => !leading.has(key))
    const border = orderIdeal.length === 0 ? new Set([numbers.one]) : stable.universe.border(orderIdeal)
    const missing = [...border].filter((key) => !stable.universe.has(key))
    if (missing.length === 0) return { orderIdeal, basis: reducedOn(border, orderIdeal, stable.span, p), steps: stable.steps, universes }
    if (universes === often && isFinite?.() === false) return undefined
    universe = stable.universe.with(growth === "quotient" ? missing : stable.universe.border(stable.universe.monomials))
    span = stable.span
  }
  return undefined
}

/** Rows of the span whose leading monomial is in the border, every other monomial reduced to the order ideal. */
const reducedOn = (border: ReadonlySet<number>, orderIdeal: ReadonlyArray<number>, span: ReadonlyArray<KeyedPolynomial>, p: number): ReadonlyArray<KeyedPolynomial> => {
  const multiply = modularProduct(p)
  const place = new Map(orderIdeal.map((key, at) => [key, at]))
  /** What each leading monomial is in the quotient ring, minus: the tail of a row that has nothing but it and the order ideal. */
  const tails = new Map<number, Int32Array>()
  for (const { coefficients, keys } of span) {
    const tail = new Int32Array(orderIdeal.length)
    for (let at = 1; at < keys.length; at++) {
      const [key, coefficient] = [keys[at] ?? 0, coefficients[at] ?? 0]
      const known = tails.get(key)
      if (known === undefined) {
        const where = place.get(key) ?? 0
        tail[where] = ((tail[where] ?? 0) + coefficient) % p
      } else {
        known.forEach((value, where) => (tail[where] = ((tail[where] ?? 0) + p - multiply(coefficient, value)) % p))
      }
    }
    tails.set(keys[0] ?? 0, tail)
  }
  return [...tails].filter(([lead]) => border.has(lead)).map(([lead, tail]) => {
    const places = Array.from(tail.keys()).filter((where) => tail[where] !== 0).reverse()
    return { keys: Float64Array.from([lead, ...places.map((where) => orderIdeal[where] ?? 0)]), coefficients: Int32Array.from([1, ...places.map((where) => tail[where] ?? 0)]) }
  })
}
