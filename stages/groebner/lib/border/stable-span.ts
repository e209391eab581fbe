/**
 * The stable span of polynomials in a universe, and what is done on the way (Kehrein and Kreuzer, Computing border bases, 2006): polynomials V are multiplied by
 * every variable, least leading monomial first, and the products reduced by V and by each other. A product that is left with its leading monomial in the universe L
 * survives: it joins V, and L grows by its monomials and their divisors. The span is stable when none survives.
 */
import { modularInverse, modularProduct } from "../algebra/index.ts"
import { Elimination } from "./elimination.ts"
import { type KeyedPolynomial, leadOf } from "./keyed-polynomial.ts"
import type { Universe } from "./universe.ts"

export interface Step {
  /** Before the step: monomials of the universe of which no multiple is in it, the least first. */
  readonly maximal: ReadonlyArray<number>
  /** Monomials of the universe before the step. */
  readonly universe: number
  /** V before the step, least leading monomial first. In echelon form, not reduced. */
  readonly span: ReadonlyArray<KeyedPolynomial>
  /** Products that survive: [place in `span`, variable]. */
  readonly survivors: ReadonlyArray<readonly [number, number]>
}

export interface Stable {
  readonly universe: Universe
  readonly span: ReadonlyArray<KeyedPolynomial>
  readonly steps: ReadonlyArray<Step>
}

/** Which products of a row, by variable, V alone reduces to zero: they stay zero for as long as V only grows. */
export type Vanished = WeakMap<KeyedPolynomial, Uint8Array>

/** Undefined when the universe outgrows its limit. */
export const stableSpan = (given: Universe, p: number, generators: ReadonlyArray<KeyedPolynomial>, vanished: Vanished): Stable | undefined => {
  let [universe, span] = [given, generators]
  const steps: Array<Step> = []
  for (;;) {
    const { added, grown, survivors } = expanded(universe, p, span, vanished)
    if (grown === undefined) return undefined
    steps.push({ maximal: universe.maximal, universe: universe.size, span, survivors })
    universe = grown
    if (added.length === 0) return { universe, span, steps }
    span = ascending([...span, ...added])
  }
}

/** Rows in echelon form with the same span as the polynomials, least leading monomial first. */
export const echelon = (universe: Universe, p: number, polynomials: ReadonlyArray<KeyedPolynomial>): ReadonlyArray<KeyedPolynomial> => {
  const elimination = new Elimination(universe, p)
  const multiply = modularProduct(p)
  const places = new Map(Array.from(universe.keys, (key, column) => [key, column]))
  const leads = polynomials.flatMap(({ coefficients, keys }) => {
    if (keys.length === 0) return []
    const inverse = modularInverse(coefficients[0] ?? 1, p)
    const { column } = elimination.add(Int32Array.from(keys, (key) => places.get(key) ?? 0), coefficients.map((value) => multiply(value, inverse)))
    return column < 0 ? [] : [column]
  })
  return ascending(leads.map((column) => elimination.row(column)))
}

const ascending = (rows: ReadonlyArray<KeyedPolynomial>): ReadonlyArray<KeyedPolynomial> => rows.toSorted((a, b) => leadOf(a) - leadOf(b))

interface Expanded {
  readonly added: ReadonlyArray<KeyedPolynomial>
  readonly survivors: Step["survivors"]
  /** The universe that holds the survivors; undefined when it outgrows its limit. */
  readonly grown: Universe | undefined
}

/** One step: all products in their order, those that survive, and the universe that holds them. */
const expanded = (universe: Universe, p: number, span: ReadonlyArray<KeyedPolynomial>, vanished: Vanished): Expanded => {
  const elimination = new Elimination(universe, p)
  const columns = span.map((row) => elimination.hold(row))
  const left: Array<{ readonly at: number; readonly variable: number; readonly column: number }> = []
  span.forEach((row, at) => {
    const own = columns[at] ?? new Int32Array(0)
    const gone = vanished.get(row) ?? new Uint8Array(universe.products.length)
    vanished.set(row, gone)
    universe.products.forEach((products, variable) => {
      if (gone[variable] === 1) return
      const { column, within } = elimination.add(own, row.coefficients, products)
      if (column >= 0) left.push({ at, variable, column })
      else if (within) gone[variable] = 1
    })
  })
  // Survivors may bring monomials that lie outside; the universe takes them in, and with them perhaps leading monomials of other rows.
  let grown: Universe | undefined = universe
  while (grown !== undefined) {
    const within: Universe = grown
    const inside = left.filter(({ column }) => within.has(universe.keys[column] ?? -1))
    const added = inside.map(({ column }) => elimination.row(column))
    const missing = added.flatMap(({ keys }) => Array.from(keys.filter((key) => !within.has(key))))
    if (missing.length === 0) return { added, grown, survivors: inside.map(({ at, variable }) => [at, variable]) }
    grown = within.with(missing)
  }
  return { added: [], grown, survivors: [] }
}
