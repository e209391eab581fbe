/** Which samples were there before: a set of 64-bit digests in typed arrays. */
import type { PolynomialList } from "../generation/system-table.ts"

export interface Digest {
  readonly high: number
  readonly low: number
}

/** Of polynomials: two independent 32-bit hashes over terms, coefficients and exponents. */
export const digestOf = ({ coefficients, denominators, exponents, terms, values }: PolynomialList): Digest => {
  let [high, low] = [0x9e3779b1 | 0, 0x85ebca6b | 0]
  const mix = (word: number): void => {
    high = Math.imul(high ^ word, 0xcc9e2d51)
    high ^= high >>> 15
    low = Math.imul(low ^ Math.imul(word, 0x1b873593), 0xc2b2ae35)
    low ^= low >>> 13
  }
  for (const part of [terms, coefficients, denominators, exponents]) {
    mix(part.length)
    for (const word of part) mix(word)
  }
  if (values.length > 0) for (const word of new Int32Array(values.slice().buffer)) mix(word)
  return { high, low }
}

/** Bytes that a set takes for each digest while it grows: nine a place, of which half to three quarters are free, and those that it grew out of. */
export const digestBytes = 54

export class DigestSet {
  #size = 0
  #high = new Int32Array(2 ** 12)
  #low = new Int32Array(2 ** 12)
  #used = new Uint8Array(2 ** 12)

  /** Whether it was there already. */
  add({ high, low }: Digest): boolean {
    if (2 * this.#size >= this.#used.length) this.#grow()
    const slot = this.#slot(high, low)
    if (this.#used[slot] === 1) return true
    this.#used[slot] = 1
    this.#high[slot] = high
    this.#low[slot] = low
    this.#size++
    return false
  }

  has({ high, low }: Digest): boolean {
    return this.#used[this.#slot(high, low)] === 1
  }

  #slot(high: number, low: number): number {
    const last = this.#used.length - 1
    let slot = (low ^ (high >>> 7)) & last
    while (this.#used[slot] === 1 && (this.#high[slot] !== high || this.#low[slot] !== low)) slot = (slot + 1) & last
    return slot
  }

  #grow(): void {
    const [high, low, used] = [this.#high, this.#low, this.#used]
    this.#high = new Int32Array(2 * used.length)
    this.#low = new Int32Array(2 * used.length)
    this.#used = new Uint8Array(2 * used.length)
    for (let old = 0; old < used.length; old++) {
      if (used[old] !== 1) continue
      const slot = this.#slot(high[old] ?? 0, low[old] ?? 0)
      this.#used[slot] = 1
      this.#high[slot] = high[old] ?? 0
      this.#low[slot] = low[old] ?? 0
    }
  }
}
