/** What leading monomials alone tell of an ideal: its dimension, and the monomials under the staircase that span the quotient ring. */
import { algebraError } from "./errors.ts"
import type { MonomialTable } from "./monomials.ts"
import type { MonomialOrder } from "./order.ts"
import { exponentsOf, withMonomials } from "./packing.ts"
import type { Polynomial } from "./polynomial.ts"
import { isZero, termCount } from "./polynomial.ts"

/** Variables of which a power is a leading monomial. All of them: the ideal has finitely many zeros (or none). */
export const isZeroDimensional = (basis: ReadonlyArray<Polynomial<unknown>>, n: number): boolean =>
  isUnit(basis, n) || Array.from({ length: n }).every((_, v) =>
    basis.some(({ exponents }) => exponents.length > 0 && exponents.subarray(0, n).every((exponent, other) => other === v || exponent === 0))
  )

/** Whether a basis is that of the whole ring: it holds a constant. */
export const isUnit = (basis: ReadonlyArray<Polynomial<unknown>>, n: number): boolean =>
  basis.some((f) => termCount(f) > 0 && f.exponents.subarray(0, n).every((exponent) => exponent === 0))

/**
 * The dimension of the variety of an ideal with this Groebner basis: the most variables such that no leading monomial is made of them alone;
 * -1 for the whole ring. The basis must be that of a graded order or any other: the dimension is the same.
 * Tries every subset of the n variables, n up to 30.
 */
export const dimension = (basis: ReadonlyArray<Polynomial<unknown>>, n: number): number => {
  if (isUnit(basis, n)) return -1
  if (n > 30) throw algebraError(`The dimension is searched among the subsets of at most 30 variables, not ${n}.`)
  const supports = basis.map(({ exponents }) => exponents.subarray(0, n).reduce((bits, exponent, v) => (exponent > 0 ? bits | (1 << v) : bits), 0)).filter((bits) => bits !== 0)
  const independent = (subset: number) => supports.every((support) => (support & ~subset) !== 0)
  const grow = (subset: number, from: number, size: number, best: number): number => {
    let most = Math.max(size, best)
    for (let v = from; v < n && size + n - v > most; v++) {
      const larger = subset | (1 << v)
      if (independent(larger)) most = grow(larger, v + 1, size + 1, most)
    }
    return most
  }
  return grow(0, 0, 0, 0)
}

/**
 * The monomials that no lead divides, from 1 upwards in the order of the table; undefined if there are infinitely many of them or more than `limit`. Their
 * number is the dimension of the quotient ring as a vector space: zeros counted with multiplicity.
 */
export const normalSet = (table: MonomialTable, leads: ReadonlyArray<number>, limit: number): Int32Array | undefined => {
  const n = table.layout.variables
  const variables = variableIds(table)
  const pure = variables.every((_, v) => leads.some((lead) => table.exponent(lead, v) === table.degrees[lead]))
  if (!pure) return undefined
  const found: Array<number> = []
  const seen = new Set<number>()
  const consider = (monomial: number) => {
    if (seen.has(monomial)) return
    seen.add(monomial)
    if (!leads.some((lead) => table.divides(lead, monomial))) found.push(monomial)
  }
  consider(0)
  for (let at = 0; at < found.length; at++) {
    if (found.length > limit) return undefined
    for (let v = 0; v < n; v++) consider(table.product(found[at] ?? 0, variables[v] ?? 0))
  }
  return table.sortDescending(Int32Array.from(found)).reverse()
}

/** The monomials that no leading monomial of a Groebner basis divides, n exponents each, from 1 upwards in the order; undefined if there are infinitely many
 * or more than `limit`. */
export const normalMonomials = (basis: ReadonlyArray<Polynomial<unknown>>, order: MonomialOrder, n: number, limit = 100_000): Uint16Array | undefined =>
  withMonomials(order, n, (table) => {
    const monomials = normalSet(table, basis.filter((f) => !isZero(f)).map((f) => table.fromExponents(f.exponents, 0)), limit)
    return monomials === undefined ? undefined : exponentsOf(table, monomials)
  })

/** Ids of the variables. */
export const variableIds = (table: MonomialTable): ReadonlyArray<number> =>
  Array.from({ length: table.layout.variables }, (_, v) => {
    const exponents = new Uint16Array(table.layout.variables)
    exponents[v] = 1
    return table.fromExponents(exponents, 0)
  })
