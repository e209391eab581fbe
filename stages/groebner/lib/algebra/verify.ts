/** Proofs about bases with nothing but the field's operations: normal forms, membership, and Buchberger's criterion. */
import { addSPolynomial, normalForm as reduceSum, reducerAmong } from "./buchberger.ts"
import type { Terms } from "./geobucket.ts"
import { Geobucket } from "./geobucket.ts"
import type { MonomialTable } from "./monomials.ts"
import { exponentsOf, idsOf, monicCoefficients, withMonomials } from "./packing.ts"
import { CriticalPairs } from "./pairs.ts"
import type { Polynomial } from "./polynomial.ts"
import { equals, isZero } from "./polynomial.ts"
import type { Ring } from "./ring.ts"

/** The remainders of polynomials after division by a basis: zero exactly for members of its ideal if it is a Groebner basis. */
export const normalForms = <E>(ring: Ring<E>, polynomials: ReadonlyArray<Polynomial<E>>, basis: ReadonlyArray<Polynomial<E>>): ReadonlyArray<Polynomial<E>> =>
  withMonomials(ring.order, ring.variables.length, (table) => {
    const reducer = reducerAmong(table, monicTerms(ring, table, basis))
    return polynomials.map((f) => {
      const sum = new Geobucket(ring.field, table)
      sum.add(ring.field.one, 0, { ids: idsOf(table, f), coefficients: f.coefficients }, 0)
      const rest = reduceSum(ring.field, table, sum, reducer)
      const coefficients = ring.field.array(rest.length)
      rest.forEach(({ coefficient }, term) => (coefficients[term] = coefficient))
      return { coefficients, exponents: exponentsOf(table, Int32Array.from(rest, ({ id }) => id)) }
    })
  })

/** Whether a Groebner basis says that all of these are in its ideal. */
export const contains = <E>(ring: Ring<E>, basis: ReadonlyArray<Polynomial<E>>, polynomials: ReadonlyArray<Polynomial<E>>): boolean =>
  polynomials.every((f) => normalForms(ring, [f], basis).every(isZero))

/** Whether two lists hold the same polynomials, in whatever order: reduced bases of one ideal do. */
export const samePolynomials = <E>(ring: Ring<E>, some: ReadonlyArray<Polynomial<E>>, others: ReadonlyArray<Polynomial<E>>): boolean =>
  some.length === others.length && others.every((f) => some.some((g) => equals(ring, g, f)))

/** Buchberger's criterion: every S-polynomial that the criteria of Gebauer and Moeller leave reduces to zero. `stop` may throw. */
export const isGroebnerBasis = <E>(ring: Ring<E>, basis: ReadonlyArray<Polynomial<E>>, stop: () => void = () => {}): boolean =>
  withMonomials(ring.order, ring.variables.length, (table) => {
    const elements = monicTerms(ring, table, basis)
    const pairs = new CriticalPairs(table)
    const reducer = reducerAmong(table, elements)
    for (const f of elements) pairs.add(f.ids[0] ?? 0, 0)
    return pairs.pairs.every((pair) => {
      stop()
      const sum = new Geobucket(ring.field, table)
      addSPolynomial(ring.field, table, elements, pair, sum)
      return reduceSum(ring.field, table, sum, reducer).length === 0
    })
  })

/** Whether a basis is reduced: monic, and no term of one divisible by the leading monomial of another. Zero is in none. */
export const isReduced = <E>(ring: Ring<E>, basis: ReadonlyArray<Polynomial<E>>): boolean =>
  withMonomials(ring.order, ring.variables.length, (table) => {
    const ids = basis.map((f) => idsOf(table, f))
    return basis.every((f, at) => {
      const lead = f.coefficients[0]
      return lead !== undefined && ring.field.equals(lead, ring.field.one) && !ids.some((other, place) =>
        place !== at && ids[at]?.some((monomial) => table.divides(other[0] ?? 0, monomial))
      )
    })
  })

/** Monic, over ids, without zeros. */
export const monicTerms = <E>(ring: Ring<E>, table: MonomialTable, polynomials: ReadonlyArray<Polynomial<E>>): ReadonlyArray<Terms<E>> =>
  polynomials.filter((f) => !isZero(f)).map((f) => ({ ids: idsOf(table, f), coefficients: monicCoefficients(ring.field, f.coefficients) }))
