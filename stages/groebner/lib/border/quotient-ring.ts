/**
 * The span of an order ideal O with the products that polynomials b - (combination of O), one for each monomial b of its border, give it. It is the quotient ring of their ideal,
 * and they are a border basis, exactly if multiplications by different variables commute (Mourrain, A new criterion for normal form algorithms, 1999). That is proved from the
 * polynomials alone, however they were made.
 */
import { modularProduct } from "../algebra/index.ts"
import type { KeyedPolynomial } from "./keyed-polynomial.ts"
import type { MonomialNumbers } from "./monomial-numbers.ts"

export class QuotientRing {
  readonly #numbers: MonomialNumbers
  readonly #p: number
  readonly #ideal: ReadonlyArray<number>
  readonly #place: ReadonlyMap<number, number>
  /** What a monomial of the border is in the span of O. */
  readonly #tails: ReadonlyMap<number, Int32Array>
  readonly #known = new Map<number, Int32Array>()

  private constructor(numbers: MonomialNumbers, p: number, ideal: ReadonlyArray<number>, place: ReadonlyMap<number, number>, tails: ReadonlyMap<number, Int32Array>) {
    this.#numbers = numbers
    this.#p = p
    this.#ideal = ideal
    this.#place = place
    this.#tails = tails
  }

  /** Undefined where a polynomial has not just one monomial of the border, with coefficient 1, beside monomials of O, or where a monomial of the border is in none or in two. */
  static of(numbers: MonomialNumbers, p: number, ideal: ReadonlyArray<number>, polynomials: ReadonlyArray<KeyedPolynomial>): QuotientRing | undefined {
    const place = new Map(ideal.map((key, at) => [key, at]))
    const border = new Set(ideal.length === 0 ? [numbers.one] : ideal.flatMap((key) => Array.from({ length: numbers.variables }, (_, v) => numbers.times(key, v))).filter((key) => !place.has(key)))
    const tails = new Map<number, Int32Array>()
    for (const { coefficients, keys } of polynomials) {
      const [lead, ...others] = Array.from(keys).filter((key) => !place.has(key))
      if (lead === undefined || others.length > 0 || coefficients[keys.indexOf(lead)] !== 1 || !border.has(lead) || tails.has(lead)) return undefined
      const tail = new Int32Array(ideal.length)
      keys.forEach((key, at) => {
        const where = place.get(key)
        if (where !== undefined) tail[where] = (p - (coefficients[at] ?? 0)) % p
      })
      tails.set(lead, tail)
    }
    return tails.size === border.size ? new QuotientRing(numbers, p, ideal, place, tails) : undefined
  }

  /** Whether x_i (x_j t) = x_j (x_i t) for every t of O. Where x_i t and x_j t lie in O, too, that is so by itself. */
  commutes(): boolean {
    const n = this.#numbers.variables
    return this.#ideal.every((key, at) => {
      const unit = new Int32Array(this.#ideal.length)
      unit[at] = 1
      const leaves = Array.from({ length: n }, (_, v) => this.#tails.has(key + this.#numbers.step(v)))
      const images = leaves.map((_, v) => this.#times(unit, v))
      return images.every((first, i) => images.every((second, j) => {
        if (j <= i || !(leaves[i] || leaves[j])) return true
        const other = this.#times(second, i)
        return this.#times(first, j).every((value, k) => value === other[k])
      }))
    })
  }

  /** Whether a polynomial is 0 in the ring, and so lies in the ideal. For rings that commute. */
  vanishes({ coefficients, keys }: KeyedPolynomial): boolean {
    const multiply = modularProduct(this.#p)
    const sum = new Int32Array(this.#ideal.length)
    keys.forEach((key, at) => this.#value(key).forEach((value, k) => (sum[k] = ((sum[k] ?? 0) + multiply(coefficients[at] ?? 0, value)) % this.#p)))
    return sum.every((value) => value === 0)
  }

  /** What a monomial is in the span of O. */
  #value(key: number): Int32Array {
    const known = this.#known.get(key) ?? this.#tails.get(key)
    if (known !== undefined) return known
    const at = this.#place.get(key)
    const unit = new Int32Array(this.#ideal.length)
    if (at !== undefined) unit[at] = 1
    const v = Array.from({ length: this.#numbers.variables }).findIndex((_, v) => this.#numbers.exponent(key, v) > 0)
    const value = at !== undefined || v < 0 ? unit : this.#times(this.#value(key - this.#numbers.step(v)), v)
    this.#known.set(key, value)
    return value
  }

  /** x_v times an element of the span of O. */
  #times(element: Int32Array, v: number): Int32Array {
    const multiply = modularProduct(this.#p)
    const result = new Int32Array(this.#ideal.length)
    element.forEach((value, at) => {
      if (value === 0) return
      const product = (this.#ideal[at] ?? 0) + this.#numbers.step(v)
      const tail = this.#tails.get(product)
      const where = this.#place.get(product)
      if (where !== undefined) result[where] = ((result[where] ?? 0) + value) % this.#p
      else tail?.forEach((part, k) => (result[k] = ((result[k] ?? 0) + multiply(value, part)) % this.#p))
    })
    return result
  }
}
