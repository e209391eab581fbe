/**
 * Polynomials as two arrays, one of coefficients and one of exponents, and the arithmetic on them. Terms are in descending order of
 * the ring, no coefficient is zero, no monomial is there twice; the zero polynomial has no terms.
 */
import { algebraError } from "./errors.ts"
import type { Coefficients, Field } from "./field.ts"
import { MonomialTable } from "./monomials.ts"
import type { Exponents, MonomialComparator } from "./order.ts"
import { comparator } from "./order.ts"
import type { Ring } from "./ring.ts"

export interface Polynomial<E> {
  /** One for each term. */
  readonly coefficients: Coefficients<E>
  /** n for each term, in the order of the ring's variables. At most 32767 each where they are computed with. */
  readonly exponents: Uint16Array
}

/** Any exponents that a polynomial holds are at most this. */
export const maximalExponent = 32767

export const termCount = (f: Polynomial<unknown>): number => f.coefficients.length

export const isZero = (f: Polynomial<unknown>): boolean => f.coefficients.length === 0

/** Terms in any order, repeated monomials added up, zeros dropped. `exponents` holds n for each coefficient. */
export const polynomialOf = <E>(ring: Ring<E>, coefficients: Coefficients<E>, exponents: Exponents): Polynomial<E> => {
  const n = ring.variables.length
  if (exponents.length !== coefficients.length * n) {
    throw algebraError(`${coefficients.length} terms in ${n} variables need ${coefficients.length * n} exponents, not ${exponents.length}.`)
  }
  const table = new MonomialTable(ring.order, n, 16, coefficients.length + 1)
  const sum = new TermSum(ring.field, table)
  for (let t = 0; t < coefficients.length; t++) sum.add(table.fromExponents(exponents, t * n), coefficients[t] ?? ring.field.zero)
  return sum.polynomial()
}

export const zeroPolynomial = <E>(ring: Ring<E>): Polynomial<E> => ({ coefficients: ring.field.array(0), exponents: new Uint16Array(0) })

export const constant = <E>(ring: Ring<E>, value: E): Polynomial<E> => polynomialOf(ring, [value], new Uint16Array(ring.variables.length))

/** The variable with this place in `ring.variables`. */
export const variable = <E>(ring: Ring<E>, at: number): Polynomial<E> => {
  const exponents = new Uint16Array(ring.variables.length)
  exponents[at] = 1
  return polynomialOf(ring, [ring.field.one], exponents)
}

/** The same polynomial with its terms in the order of a ring with the same field and as many variables. */
export const reordered = <E>(ring: Ring<E>, f: Polynomial<E>): Polynomial<E> => polynomialOf(ring, f.coefficients, f.exponents)

/** Sums coefficients by the ids of their monomials. */
export class TermSum<E> {
  readonly #field: Field<E>
  readonly #table: MonomialTable
  readonly #sums: Array<E> = []

  constructor(field: Field<E>, table: MonomialTable) {
    this.#field = field
    this.#table = table
  }

  add(id: number, coefficient: E): void {
    while (this.#sums.length <= id) this.#sums.push(this.#field.zero)
    this.#sums[id] = this.#field.add(this.#sums[id] ?? this.#field.zero, coefficient)
  }

  polynomial(): Polynomial<E> {
    const n = this.#table.layout.variables
    const { isZero, zero } = this.#field
    const ids = this.#table.sortDescending(Int32Array.from(this.#sums.keys()).filter((id) => !isZero(this.#sums[id] ?? zero)))
    const coefficients = this.#field.array(ids.length)
    const exponents = new Uint16Array(ids.length * n)
    ids.forEach((id, term) => {
      coefficients[term] = this.#sums[id] ?? zero
      this.#table.toExponents(id, exponents, term * n)
    })
    return { coefficients, exponents }
  }
}

export const add = <E>(ring: Ring<E>, f: Polynomial<E>, g: Polynomial<E>): Polynomial<E> => merge(ring, f, g, ring.field.add, (c) => c)

export const subtract = <E>(ring: Ring<E>, f: Polynomial<E>, g: Polynomial<E>): Polynomial<E> =>
  merge(ring, f, g, ring.field.subtract, ring.field.negate)

/** Walks down both sorted lists of terms; `alone` is applied to terms of g whose monomial f lacks. */
const merge = <E>(ring: Ring<E>, f: Polynomial<E>, g: Polynomial<E>, combine: (a: E, b: E) => E, alone: (b: E) => E): Polynomial<E> => {
  const { field } = ring
  const n = ring.variables.length
  const compare = comparator(ring.order, n)
  const [m, k] = [termCount(f), termCount(g)]
  const coefficients: Array<E> = []
  const exponents = new Uint16Array((m + k) * n)
  const push = (value: E, source: Uint16Array, term: number) => {
    if (field.isZero(value)) return
    exponents.set(source.subarray(term * n, (term + 1) * n), coefficients.length * n)
    coefficients.push(value)
  }
  for (let [i, j] = [0, 0]; i < m || j < k;) {
    const sign = i === m ? -1 : j === k ? 1 : compare(f.exponents, i * n, g.exponents, j * n)
    const [a, b] = [f.coefficients[i] ?? field.zero, g.coefficients[j] ?? field.zero]
    if (sign > 0) push(a, f.exponents, i)
    else if (sign < 0) push(alone(b), g.exponents, j)
    else push(combine(a, b), f.exponents, i)
    if (sign >= 0) i++
    if (sign <= 0) j++
  }
  return { coefficients: packed(field, coefficients), exponents: exponents.slice(0, coefficients.length * n) }
}

const packed = <E>(field: Field<E>, values: ReadonlyArray<E>): Coefficients<E> => {
  const all = field.array(values.length)
  values.forEach((value, at) => (all[at] = value))
  return all
}

/** c * f. */
export const scale = <E>(ring: Ring<E>, c: E, f: Polynomial<E>): Polynomial<E> => {
  if (ring.field.isZero(c)) return zeroPolynomial(ring)
  const coefficients = ring.field.array(termCount(f))
  for (let t = 0; t < termCount(f); t++) coefficients[t] = ring.field.multiply(c, f.coefficients[t] ?? ring.field.zero)
  return { coefficients, exponents: f.exponents }
}

/** f with leading coefficient 1; zero stays zero. */
export const monic = <E>(ring: Ring<E>, f: Polynomial<E>): Polynomial<E> => {
  const lead = f.coefficients[0]
  return lead === undefined || ring.field.equals(lead, ring.field.one) ? f : scale(ring, ring.field.inverse(lead), f)
}

/** @throws ExponentOverflow */
export const multiply = <E>(ring: Ring<E>, f: Polynomial<E>, g: Polynomial<E>): Polynomial<E> => {
  const { field } = ring
  const n = ring.variables.length
  const table = new MonomialTable(ring.order, n, 16, termCount(f) * termCount(g) + termCount(f) + termCount(g) + 1)
  const ids = Int32Array.from({ length: termCount(g) }, (_, t) => table.fromExponents(g.exponents, t * n))
  const sum = new TermSum(field, table)
  for (let s = 0; s < termCount(f); s++) {
    const factor = table.fromExponents(f.exponents, s * n)
    const c = f.coefficients[s] ?? field.zero
    for (let t = 0; t < ids.length; t++) sum.add(table.product(factor, ids[t] ?? 0), field.multiply(c, g.coefficients[t] ?? field.zero))
  }
  return sum.polynomial()
}

/** Same terms with the same coefficients. */
export const equals = <E>(ring: Ring<E>, f: Polynomial<E>, g: Polynomial<E>): boolean => {
  if (termCount(f) !== termCount(g)) return false
  for (let t = 0; t < termCount(f); t++) {
    if (!ring.field.equals(f.coefficients[t] ?? ring.field.zero, g.coefficients[t] ?? ring.field.zero)) return false
  }
  return f.exponents.every((exponent, at) => exponent === g.exponents[at])
}

/** The greatest total degree of a term; -1 for zero. */
export const totalDegree = (f: Polynomial<unknown>, n: number): number => {
  let greatest = -1
  for (let t = 0; t < termCount(f); t++) {
    let degree = 0
    for (let v = 0; v < n; v++) degree += f.exponents[t * n + v] ?? 0
    greatest = Math.max(greatest, degree)
  }
  return greatest
}

/** By leading monomials, the least first: how a basis is listed. */
export const byLeadingMonomial = (n: number, compare: MonomialComparator) => (f: Polynomial<unknown>, g: Polynomial<unknown>): number =>
  isZero(f) || isZero(g) ? termCount(f) - termCount(g) : compare(f.exponents.subarray(0, n), 0, g.exponents.subarray(0, n), 0)
