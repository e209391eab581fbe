/**
 * The computational universe of a border basis algorithm: an order ideal L in which the span is computed, with its border beside it, as the columns of matrices.
 * Column 0 is the greatest monomial.
 */
import type { MonomialNumbers } from "./monomial-numbers.ts"

export class Universe {
  readonly numbers: MonomialNumbers
  /** Monomials of L. */
  readonly #members: ReadonlySet<number>
  /** Monomials of L and of its border, the greatest first. */
  readonly keys: Float64Array
  /** Of each column: 1 where its monomial lies in L. */
  readonly inside: Uint8Array
  /** For each variable: the column of each column's product with it, -1 where the product is no column. */
  readonly products: ReadonlyArray<Int32Array>

  readonly #largest: number

  /**
   * The least universe with these monomials: they and all their divisors. Undefined where they are more than `largest`, or their border has exponents beyond what
   * the numbers hold.
   */
  static of(numbers: MonomialNumbers, largest: number, monomials: Iterable<number>): Universe | undefined {
    return Universe.#made(numbers, largest, closure(numbers, monomials))
  }

  static #made(numbers: MonomialNumbers, largest: number, members: ReadonlySet<number>): Universe | undefined {
    const tooMany = members.size > largest
    const tooHigh = () => Array.from(members).some((key) => Array.from({ length: numbers.variables }).some((_, v) => numbers.exponent(key, v) === numbers.most))
    return tooMany || tooHigh() ? undefined : new Universe(numbers, largest, members)
  }

  private constructor(numbers: MonomialNumbers, largest: number, members: ReadonlySet<number>) {
    this.numbers = numbers
    this.#largest = largest
    this.#members = members
    this.keys = Float64Array.from(new Set([...members, ...this.border(members)])).sort().reverse()
    this.inside = Uint8Array.from(this.keys, (key) => Number(members.has(key)))
    const columns = new Map(Array.from(this.keys, (key, column) => [key, column]))
    this.products = Array.from({ length: numbers.variables }, (_, v) => Int32Array.from(this.keys, (key) => (members.has(key) ? columns.get(key + numbers.step(v)) : undefined) ?? -1))
  }

  /** Monomials of L. */
  get size(): number {
    return this.#members.size
  }

  has(key: number): boolean {
    return this.#members.has(key)
  }

  /** Monomials of L, the least first. */
  get monomials(): ReadonlyArray<number> {
    return Array.from(this.keys.filter((_, column) => this.inside[column] === 1)).reverse()
  }

  /** Monomials of L of which no multiple is in it, the least first. */
  get maximal(): ReadonlyArray<number> {
    return this.monomials.filter((key) => Array.from({ length: this.numbers.variables }).every((_, v) => !this.#members.has(key + this.numbers.step(v))))
  }

  /** With these monomials and their divisors as well; undefined where `of` is. */
  with(monomials: Iterable<number>): Universe | undefined {
    return Universe.#made(this.numbers, this.#largest, closure(this.numbers, monomials, this.#members))
  }

  /** Products of the monomials with variables that are not among them. */
  border(monomials: Iterable<number>): ReadonlySet<number> {
    const held = new Set(monomials)
    const found = new Set<number>()
    for (const key of held) {
      for (let v = 0; v < this.numbers.variables; v++) {
        const product = this.numbers.times(key, v)
        if (!held.has(product)) found.add(product)
      }
    }
    return found
  }
}

/** The monomials, their divisors, and an order ideal that is there already. */
const closure = (numbers: MonomialNumbers, monomials: Iterable<number>, there: Iterable<number> = []): ReadonlySet<number> => {
  const held = new Set(there)
  const waiting = [...monomials]
  for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
    if (held.has(key)) continue
    held.add(key)
    for (let v = 0; v < numbers.variables; v++) if (numbers.exponent(key, v) > 0) waiting.push(key - numbers.step(v))
  }
  return held
}
