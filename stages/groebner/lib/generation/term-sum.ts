/**
 * Sums of products of polynomials: terms come in any order, and go out in descending order of their keys. Small key spaces have a
 * place for each key and a bitmap of the places in use, which gives the order for nothing; large ones are hashed and sorted.
 */
import type { Range, Terms } from "./terms.ts"

/** What becomes of a coefficient at the end: its residue, for example. Terms that become 0 are dropped. */
export type Finish = (value: number) => number

/** Product of two coefficients where doubles do not hold it; otherwise undefined. */
export type Product = ((a: number, b: number) => number) | undefined

export interface TermSum {
  /** Adds a multiple of the terms in a range. */
  addScaled(terms: Terms, range: Range, factor: number): void
  /** Adds a product. */
  addProduct(terms: Terms, a: Range, b: Range): void
  /** Appends the sum to `terms` and begins anew. */
  take(terms: Terms, finish: Finish): Range
}

const denseBits = 20

export const termSum = (bits: number, product: Product): TermSum => (bits <= denseBits ? new DenseSum(bits, product) : new HashedSum(product))

class DenseSum implements TermSum {
  readonly #values: Float64Array
  /** A bit for each key in use, and one for each word of these that is not 0. */
  readonly #used: Int32Array
  readonly #words: Int32Array
  readonly #product: Product

  constructor(bits: number, product: Product) {
    this.#values = new Float64Array(2 ** bits)
    this.#used = new Int32Array(Math.ceil(2 ** bits / 32))
    this.#words = new Int32Array(Math.ceil(this.#used.length / 32))
    this.#product = product
  }

  #add(key: number, value: number): void {
    const word = key >>> 5
    const bit = 1 << (key & 31)
    const used = this.#used[word] ?? 0
    if ((used & bit) !== 0) {
      this.#values[key] = (this.#values[key] ?? 0) + value
    } else {
      this.#values[key] = value
      this.#used[word] = used | bit
      const outer = word >>> 5
      this.#words[outer] = (this.#words[outer] ?? 0) | (1 << (word & 31))
    }
  }

  addScaled(terms: Terms, { end, start }: Range, factor: number): void {
    const { keys, values } = terms
    for (let i = start; i < end; i++) this.#add(keys[i] ?? 0, this.#times(values[i] ?? 0, factor))
  }

  addProduct(terms: Terms, a: Range, b: Range): void {
    const { keys, values } = terms
    for (let i = a.start; i < a.end; i++) {
      const key = keys[i] ?? 0
      const value = values[i] ?? 0
      for (let j = b.start; j < b.end; j++) this.#add(key + (keys[j] ?? 0), this.#times(value, values[j] ?? 0))
    }
  }

  #times(a: number, b: number): number {
    return this.#product === undefined ? a * b : this.#product(a, b)
  }

  take(terms: Terms, finish: Finish): Range {
    const start = terms.length
    for (let outer = this.#words.length - 1; outer >= 0; outer--) {
      for (let words = this.#words[outer] ?? 0; words !== 0;) {
        const w = 31 - Math.clz32(words)
        words &= ~(1 << w)
        const word = 32 * outer + w
        for (let used = this.#used[word] ?? 0; used !== 0;) {
          const bit = 31 - Math.clz32(used)
          used &= ~(1 << bit)
          const key = 32 * word + bit
          const value = finish(this.#values[key] ?? 0)
          if (value !== 0) terms.push(key, value)
        }
        this.#used[word] = 0
      }
      this.#words[outer] = 0
    }
    return { start, end: terms.length }
  }
}

class HashedSum implements TermSum {
  #keys = new Float64Array(1024)
  #values = new Float64Array(1024)
  #slots = new Int32Array(4096).fill(-1)
  #size = 0
  readonly #product: Product

  constructor(product: Product) {
    this.#product = product
  }

  addScaled(terms: Terms, { end, start }: Range, factor: number): void {
    for (let i = start; i < end; i++) this.#add(terms.keys[i] ?? 0, this.#times(terms.values[i] ?? 0, factor))
  }

  addProduct(terms: Terms, a: Range, b: Range): void {
    for (let i = a.start; i < a.end; i++) {
      for (let j = b.start; j < b.end; j++) {
        this.#add((terms.keys[i] ?? 0) + (terms.keys[j] ?? 0), this.#times(terms.values[i] ?? 0, terms.values[j] ?? 0))
      }
    }
  }

  #times(a: number, b: number): number {
    return this.#product === undefined ? a * b : this.#product(a, b)
  }

  #add(key: number, value: number): void {
    const slot = this.#slotOf(key)
    const at = this.#slots[slot] ?? -1
    if (at >= 0) {
      this.#values[at] = (this.#values[at] ?? 0) + value
      return
    }
    this.#slots[slot] = this.#size
    this.#keys[this.#size] = key
    this.#values[this.#size++] = value
    if (this.#size === this.#keys.length) this.#grow()
  }

  #slotOf(key: number): number {
    const last = this.#slots.length - 1
    const mixed = Math.imul((key >>> 0) ^ Math.imul(Math.floor(key / 2 ** 32), 0x9e3779b1), 0x85ebca6b)
    for (let slot = (mixed ^ (mixed >>> 15)) & last; ; slot = (slot + 1) & last) {
      const at = this.#slots[slot] ?? -1
      if (at < 0 || this.#keys[at] === key) return slot
    }
  }

  #grow(): void {
    const [keys, values] = [new Float64Array(2 * this.#size), new Float64Array(2 * this.#size)]
    keys.set(this.#keys)
    values.set(this.#values)
    this.#keys = keys
    this.#values = values
    this.#slots = new Int32Array(4 * keys.length).fill(-1)
    for (let at = 0; at < this.#size; at++) this.#slots[this.#slotOf(keys[at] ?? 0)] = at
  }

  take(terms: Terms, finish: Finish): Range {
    const start = terms.length
    const sorted = this.#keys.slice(0, this.#size).sort()
    for (let i = sorted.length - 1; i >= 0; i--) {
      const key = sorted[i] ?? 0
      const value = finish(this.#values[this.#slots[this.#slotOf(key)] ?? 0] ?? 0)
      if (value !== 0) terms.push(key, value)
    }
    this.#slots.fill(-1)
    this.#size = 0
    return { start, end: terms.length }
  }
}
