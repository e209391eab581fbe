/**
 * A table of distinct monomials: each gets a small whole number (its id) when it first appears, so that equal monomials have equal
 * ids and polynomials are arrays of ids. Typed arrays throughout, found by open addressing; a linear hash makes the hash of a product
 * the sum of the factors' hashes.
 */
import { ComputationStopped, ExponentOverflow } from "./errors.ts"
import type { ExponentBits, Layout } from "./layout.ts"
import { exponentLimit, layoutOf } from "./layout.ts"
import type { Exponents, MonomialOrder } from "./order.ts"

const empty = -1

export class MonomialTable {
  readonly layout: Layout
  /** Distinct monomials so far; ids are 0 to size - 1. The id 0 is the monomial 1. */
  size = 0
  /** Total degree by id. */
  degrees: Int32Array
  /** A bit is set for each variable and threshold that the exponent reaches: a divides b only if mask(a) & ~mask(b) is 0. */
  masks: Int32Array

  #words: Int32Array
  #hashes: Int32Array
  #slots: Int32Array
  readonly #multipliers: Int32Array
  readonly #bitsPerVariable: number

  constructor(order: MonomialOrder, variables: number, bits: ExponentBits, capacity = 256) {
    this.layout = layoutOf(order, variables, bits)
    this.#words = new Int32Array((capacity + 1) * this.layout.words)
    this.#hashes = new Int32Array(capacity + 1)
    this.degrees = new Int32Array(capacity + 1)
    this.masks = new Int32Array(capacity + 1)
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(capacity * 2 + 2))).fill(empty) // a power of two, at most half full
    this.#multipliers = Int32Array.from({ length: this.layout.words }, (_, word) => Math.imul(word + 1, 0x9e3779b1) | 1)
    this.#bitsPerVariable = Math.max(1, Math.floor(32 / variables))
    this.fromExponents(new Uint16Array(variables), 0)
  }

  /** The id of the monomial whose n exponents begin at `at`. @throws ExponentOverflow */
  fromExponents(exponents: Exponents, at: number): number {
    const { bits, degreeWord, limit, shift, variables, word, words } = this.layout
    const free = this.#room()
    this.#words.fill(0, free, free + words)
    for (let v = 0; v < variables; v++) {
      const exponent = exponents[at + v] ?? 0
      if (exponent > limit) throw overflow(bits)
      const place = word[v] ?? 0
      this.#words[free + place] = (this.#words[free + place] ?? 0) | (exponent << (shift[v] ?? 0))
      const degree = degreeWord[place] ?? -1
      if (degree >= 0) this.#words[free + degree] = (this.#words[free + degree] ?? 0) + exponent
    }
    return this.#keep(this.#hashOf(free))
  }

  /** The exponent of one variable. */
  exponent(id: number, variable: number): number {
    const { limit, shift, word, words } = this.layout
    return ((this.#words[id * words + (word[variable] ?? 0)] ?? 0) >>> (shift[variable] ?? 0)) & limit
  }

  /** Writes the n exponents of a monomial. */
  toExponents(id: number, into: Uint16Array, at: number): void {
    for (let v = 0; v < this.layout.variables; v++) into[at + v] = this.exponent(id, v)
  }

  /** @throws ExponentOverflow */
  product(a: number, b: number): number {
    const { guards, words } = this.layout
    const free = this.#room()
    const all = this.#words
    let over = 0
    for (let w = 0, i = a * words, j = b * words; w < words; w++) {
      const sum = ((all[i + w] ?? 0) + (all[j + w] ?? 0)) | 0
      over |= sum & (guards[w] ?? 0)
      all[free + w] = sum
    }
    if (over !== 0) throw overflow(this.layout.bits)
    return this.#keep(((this.#hashes[a] ?? 0) + (this.#hashes[b] ?? 0)) | 0)
  }

  /** The products of one monomial with `count` others that begin at `from`, written from `at` on. @throws ExponentOverflow */
  products(factor: number, ids: Int32Array, from: number, count: number, into: Int32Array, at: number): void {
    const { guards, words } = this.layout
    if (words > 3) {
      for (let k = 0; k < count; k++) into[at + k] = this.product(factor, ids[from + k] ?? 0)
      return
    }
    // Most work of symbolic preprocessing is here, and most products are known: what is looked for stays out of the table until it is new.
    while (this.size + count >= this.#hashes.length) this.#grow()
    const [all, hashes, slots] = [this.#words, this.#hashes, this.#slots]
    const last = slots.length - 1
    const [guard0, guard1, guard2] = [guards[0] ?? 0, guards[1] ?? 0, guards[2] ?? 0]
    const [two, three] = [words > 1, words > 2]
    const own = factor * words
    const [own0, own1, own2] = [all[own] ?? 0, two ? all[own + 1] ?? 0 : 0, three ? all[own + 2] ?? 0 : 0]
    const ownHash = hashes[factor] ?? 0
    let over = 0
    for (let k = 0; k < count; k++) {
      const other = ids[from + k] ?? 0
      const place = other * words
      const word0 = (own0 + (all[place] ?? 0)) | 0
      const word1 = two ? (own1 + (all[place + 1] ?? 0)) | 0 : 0
      const word2 = three ? (own2 + (all[place + 2] ?? 0)) | 0 : 0
      over |= (word0 & guard0) | (word1 & guard1) | (word2 & guard2)
      const hash = (ownHash + (hashes[other] ?? 0)) | 0
      let slot = spread(hash) & last
      let id = slots[slot] ?? empty
      while (id !== empty) {
        if (hashes[id] === hash) {
          const known = id * words
          if (all[known] === word0 && (!two || all[known + 1] === word1) && (!three || all[known + 2] === word2)) break
        }
        slot = (slot + 1) & last
        id = slots[slot] ?? empty
      }
      if (id === empty) {
        if (over !== 0) break
        const free = this.size * words
        all[free] = word0
        if (two) all[free + 1] = word1
        if (three) all[free + 2] = word2
        id = this.#enter(slot, hash)
      }
      into[at + k] = id
    }
    if (over !== 0) throw overflow(this.layout.bits)
  }

  /** a / b, where b divides a. */
  quotient(a: number, b: number): number {
    const { words } = this.layout
    const free = this.#room()
    const all = this.#words
    for (let w = 0, i = a * words, j = b * words; w < words; w++) all[free + w] = ((all[i + w] ?? 0) - (all[j + w] ?? 0)) | 0
    return this.#keep(((this.#hashes[a] ?? 0) - (this.#hashes[b] ?? 0)) | 0)
  }

  /** Whether a divides b. */
  divides(a: number, b: number): boolean {
    if (((this.masks[a] ?? 0) & ~(this.masks[b] ?? 0)) !== 0) return false
    const { guards, words } = this.layout
    const all = this.#words
    for (let w = 0, i = a * words, j = b * words; w < words; w++) {
      const guard = guards[w] ?? 0
      if (((((all[j + w] ?? 0) | guard) - (all[i + w] ?? 0)) & guard) !== guard) return false
    }
    return true
  }

  /** Whether one of some monomials divides b. */
  dividesAny(some: ReadonlyArray<number>, b: number): boolean {
    for (const a of some) if (this.divides(a, b)) return true
    return false
  }

  leastCommonMultiple(a: number, b: number): number {
    const { bits, degreeWord, degrees, guards, words } = this.layout
    const free = this.#room()
    const all = this.#words
    for (let w = 0, i = a * words, j = b * words; w < words; w++) {
      if (degrees[w] === 1) {
        all[free + w] = 0
        continue
      }
      const [x, y, guard] = [all[i + w] ?? 0, all[j + w] ?? 0, guards[w] ?? 0]
      // The guard stays where x has at least as much as y; spread over the exponent it selects x, elsewhere y.
      const kept = ((x | guard) - y) & guard
      const select = (kept - (kept >>> (bits - 1))) | 0
      const greater = (x & select) | (y & ~select)
      all[free + w] = greater
      const degree = degreeWord[w] ?? -1
      if (degree >= 0) all[free + degree] = (all[free + degree] ?? 0) + sumOfExponents(greater, bits)
    }
    return this.#keep(this.#hashOf(free))
  }

  /** Whether no variable is in both, given the id of their least common multiple. */
  coprime(a: number, b: number, multiple: number): boolean {
    return this.degrees[multiple] === (this.degrees[a] ?? 0) + (this.degrees[b] ?? 0)
  }

  /** Positive if a is greater than b in the order, 0 if they are equal. */
  compare(a: number, b: number): number {
    const { signs, words } = this.layout
    const all = this.#words
    for (let w = 0, i = a * words, j = b * words; w < words; w++) {
      const [x, y] = [all[i + w] ?? 0, all[j + w] ?? 0]
      if (x !== y) return x > y === ((signs[w] ?? 0) > 0) ? 1 : -1
    }
    return 0
  }

  /** Sorts ids, the greatest monomial first. */
  sortDescending(ids: Int32Array): Int32Array {
    return ids.sort((a, b) => this.compare(b, a))
  }

  /** Where the words of the next monomial begin, with room for them. */
  #room(): number {
    if (this.size + 1 >= this.#hashes.length) this.#grow()
    return this.size * this.layout.words
  }

  /** The id of the monomial whose words lie in the room: an older one if it is known. */
  #keep(hash: number): number {
    const { words } = this.layout
    const all = this.#words
    const slots = this.#slots
    const last = slots.length - 1
    const free = this.size * words
    let slot = spread(hash) & last
    for (;;) {
      const id = slots[slot] ?? empty
      if (id === empty) break
      if (this.#hashes[id] === hash) {
        let w = 0
        for (const at = id * words; w < words && all[at + w] === all[free + w]; w++);
        if (w === words) return id
      }
      slot = (slot + 1) & last
    }
    return this.#enter(slot, hash)
  }

  /** Makes what lies in the room a monomial, in a free slot. */
  #enter(slot: number, hash: number): number {
    const id = this.size++
    this.#slots[slot] = id
    this.#hashes[id] = hash
    this.#describe(id)
    return id
  }

  /** Fills in the degree and the mask of a new monomial. */
  #describe(id: number): void {
    const perVariable = this.#bitsPerVariable
    const { limit, shift, variables, word, words } = this.layout
    const all = this.#words
    let degree = 0
    let mask = 0
    for (let v = 0; v < variables; v++) {
      const exponent = ((all[id * words + (word[v] ?? 0)] ?? 0) >>> (shift[v] ?? 0)) & limit
      degree += exponent
      // Thresholds 1, 2, 3, ...; with more than 32 variables only the first 32 have a bit.
      if (v * perVariable < 32) {
        const reached = exponent < perVariable ? exponent : perVariable
        mask |= (reached === 32 ? -1 : (1 << reached) - 1) << (v * perVariable)
      }
    }
    this.degrees[id] = degree
    this.masks[id] = mask
  }

  #hashOf(at: number): number {
    let hash = 0
    for (let w = 0; w < this.layout.words; w++) hash = (hash + Math.imul(this.#words[at + w] ?? 0, this.#multipliers[w] ?? 0)) | 0
    return hash
  }

  #grow(): void {
    const capacity = (this.#hashes.length - 1) * 2 + 1
    this.#words = grown(this.#words, capacity * this.layout.words)
    this.#hashes = grown(this.#hashes, capacity)
    this.degrees = grown(this.degrees, capacity)
    this.masks = grown(this.masks, capacity)
    const slots = new Int32Array(this.#slots.length * 2).fill(empty)
    const last = slots.length - 1
    for (let id = 0; id < this.size; id++) {
      let slot = spread(this.#hashes[id] ?? 0) & last
      while (slots[slot] !== empty) slot = (slot + 1) & last
      slots[slot] = id
    }
    this.#slots = slots
  }
}

/** A linear hash has weak low bits: they depend on the low bits of the words alone. */
const spread = (hash: number): number => {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b)
  return mixed ^ (mixed >>> 13)
}

const sumOfExponents = (word: number, bits: ExponentBits): number => {
  if (bits === 16) return (word & 0xffff) + (word >>> 16)
  const pairs = (word & 0x00ff00ff) + ((word >>> 8) & 0x00ff00ff)
  return (pairs & 0xffff) + (pairs >>> 16)
}

/** A longer copy. @throws ComputationStopped if there is no more memory */
export const grown = (array: Int32Array, length: number): Int32Array<ArrayBuffer> => {
  try {
    const longer = new Int32Array(length)
    longer.set(array)
    return longer
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new ComputationStopped({ message: `A table of ${Math.ceil(length / 2 ** 18)} MiB for monomials does not fit into memory. Take a smaller system, or more memory.` })
  }
}

const overflow = (bits: ExponentBits): ExponentOverflow =>
  new ExponentOverflow({
    limit: exponentLimit(bits),
    message: `An exponent passed ${exponentLimit(bits)}, the greatest that can be held. Take a graded order such as degrevlex, or a system of lower degree.`
  })
