/**
 * A sum of many polynomials from which leading terms are taken one by one: geometric buckets (Yan 1998, "The geobucket data structure
 * for polynomials"). Bucket k holds a polynomial of at most 4^(k+1) terms, so that a term is merged only a few times however long the sum is.
 */
import type { Coefficients, Field, MutableCoefficients } from "./field.ts"
import type { MonomialTable } from "./monomials.ts"

/** A polynomial over ids of a monomial table, descending. */
export interface Terms<E> {
  readonly ids: Int32Array
  readonly coefficients: Coefficients<E>
}

/** A term that was taken out of a sum. */
export interface Term<E> {
  readonly id: number
  readonly coefficient: E
}

interface Bucket<E> {
  terms: Terms<E>
  /** Terms before this one were taken. */
  from: number
}

export class Geobucket<E> {
  readonly #field: Field<E>
  readonly #table: MonomialTable
  readonly #buckets: Array<Bucket<E>> = []

  constructor(field: Field<E>, table: MonomialTable) {
    this.#field = field
    this.#table = table
  }

  /** Adds factor * monomial * f, without the first `skip` terms of f. @throws ExponentOverflow */
  add(factor: E, monomial: number, f: Terms<E>, skip: number): void {
    const { field, length } = { field: this.#field, length: f.ids.length - skip }
    if (length <= 0) return
    const ids = new Int32Array(length)
    this.#table.products(monomial, f.ids, skip, length, ids, 0)
    const coefficients = field.array(length)
    for (let t = 0; t < length; t++) coefficients[t] = field.multiply(factor, f.coefficients[t + skip] ?? field.zero)
    this.#insert({ ids, coefficients })
  }

  /** Takes out the leading term; undefined once the sum is zero. */
  takeLead(): Term<E> | undefined {
    const { field, table } = { field: this.#field, table: this.#table }
    for (;;) {
      let greatest = -1
      for (const { from, terms } of this.#buckets) {
        const id = terms.ids[from]
        if (id !== undefined && (greatest < 0 || table.compare(id, greatest) > 0)) greatest = id
      }
      if (greatest < 0) return undefined
      let sum = field.zero
      for (const bucket of this.#buckets) {
        if (bucket.terms.ids[bucket.from] !== greatest) continue
        sum = field.add(sum, bucket.terms.coefficients[bucket.from] ?? field.zero)
        bucket.from++
      }
      if (!field.isZero(sum)) return { id: greatest, coefficient: sum }
    }
  }

  #insert(terms: Terms<E>): void {
    let added = terms
    for (let k = 0; ; k++) {
      const bucket = this.#buckets[k]
      const merged = bucket === undefined ? added : this.#merge(bucket, added)
      if (bucket === undefined) this.#buckets.push({ terms: merged, from: 0 })
      if (merged.ids.length <= 4 ** (k + 1)) {
        const kept = this.#buckets[k]
        if (kept !== undefined) {
          kept.terms = merged
          kept.from = 0
        }
        return
      }
      const emptied = this.#buckets[k]
      if (emptied !== undefined) {
        emptied.terms = { ids: new Int32Array(0), coefficients: [] }
        emptied.from = 0
      }
      added = merged
    }
  }

  #merge({ from, terms }: Bucket<E>, g: Terms<E>): Terms<E> {
    const { field, table } = { field: this.#field, table: this.#table }
    const most = terms.ids.length - from + g.ids.length
    const ids = new Int32Array(most)
    const coefficients: MutableCoefficients<E> = field.array(most)
    let length = 0
    for (let [i, j] = [from, 0]; i < terms.ids.length || j < g.ids.length;) {
      const [a, b] = [terms.ids[i], g.ids[j]]
      const sign = a === undefined ? -1 : b === undefined ? 1 : a === b ? 0 : table.compare(a, b)
      const [c, d] = [terms.coefficients[i] ?? field.zero, g.coefficients[j] ?? field.zero]
      const value = sign > 0 ? c : sign < 0 ? d : field.add(c, d)
      if (!field.isZero(value)) {
        ids[length] = (sign >= 0 ? a : b) ?? 0
        coefficients[length++] = value
      }
      if (sign >= 0) i++
      if (sign <= 0) j++
    }
    return { ids: ids.subarray(0, length), coefficients: truncated(field, coefficients, length) }
  }
}

/** The first `length` of some coefficients. */
export const truncated = <E>(field: Field<E>, coefficients: Coefficients<E>, length: number): Coefficients<E> => {
  if (length === coefficients.length) return coefficients
  const result = field.array(length)
  for (let t = 0; t < length; t++) result[t] = coefficients[t] ?? field.zero
  return result
}
