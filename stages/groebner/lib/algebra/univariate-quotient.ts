/**
 * Arithmetic modulo p and modulo a polynomial in one variable, of degree D: what is left of a quotient ring whose ideal is in shape position. A product takes
 * one pass of the row kernel: its left part replaces powers of the variable by multiples of the other factor, its right part reduces what is too high.
 */
import { modularInverse, modularProduct } from "./prime.ts"
import type { RowKernel } from "./wasm/row-kernel.ts"

/** Coefficients of 1, t, ..., t^(D-1), from 0 to p - 1. */
export type Residue = Int32Array

export class UnivariateQuotient {
  readonly degree: number
  readonly #kernel: RowKernel
  /** Columns 0 to D - 1 stand for the left factor's 1, t, ...; the 2D - 1 columns from D on for the product's t^(2D-2), ..., t, 1. */
  readonly #dense: number
  readonly #pivots: number
  /** Leading 1 and what follows of the rows on the left: the right factor, negative, from its highest power on. */
  readonly #factor: number
  /** The modulus from its highest power on, which is 1. */
  readonly #modulus: number
  /** Room for the four polynomials of Euclid's algorithm. */
  readonly #euclid: number
  #p = 2

  /** Takes its room from the kernel, which must not be cleared while it is in use. */
  constructor(kernel: RowKernel, degree: number) {
    this.degree = degree
    this.#kernel = kernel
    const columns = 3 * degree - 1
    this.#dense = kernel.allocateZero(8 * columns)
    this.#pivots = kernel.allocateZero(4 * columns)
    this.#factor = kernel.allocate(4 * (degree + 1))
    this.#modulus = kernel.allocate(4 * (degree + 1))
    this.#euclid = kernel.allocate(4 * 4 * (degree + 1))
    const records = kernel.allocate(12 * columns)
    const places = kernel.allocate(4 * (degree * (degree + 1) + columns + degree))
    const words = kernel.words()
    let next = places / 4
    for (let column = 0; column < columns - degree; column++) {
      const record = records / 4 + 3 * column
      words[this.#pivots / 4 + column] = record * 4
      words[record] = degree + 1
      if (column < degree) {
        words[record + 1] = next * 4
        words[record + 2] = this.#factor
        words[next++] = column
        for (let at = 0; at < degree; at++) words[next++] = 2 * degree - 1 - column + at
      } else words[record + 1] = next * 4 + 4 * column
      if (column >= degree) words[record + 2] = this.#modulus
    }
    for (let column = 0; column < columns; column++) words[next + column] = column
  }

  /** Computes modulo p and modulo t^D + ... from now on. */
  use(p: number, modulus: Residue): void {
    const { degree } = this
    const words = this.#kernel.words()
    this.#p = p
    words[this.#factor / 4] = 1
    words[this.#modulus / 4] = 1
    for (let power = 0; power < degree; power++) words[this.#modulus / 4 + degree - power] = modulus[power] ?? 0
  }

  product(a: Residue, b: Residue): Residue {
    const { degree } = this
    const [columns, p, words] = [3 * degree - 1, this.#p, this.#kernel.words()]
    const dense = this.#dense / 4
    for (let power = 0; power < degree; power++) {
      const value = b[power] ?? 0
      words[this.#factor / 4 + degree - power] = value === 0 ? 0 : p - value
      words[dense + 2 * power] = a[power] ?? 0
    }
    this.#kernel.reduce(this.#dense, 0, columns, this.#pivots, p)
    const result = new Int32Array(degree)
    for (let power = 0; power < degree; power++) {
      const at = dense + 2 * (columns - 1 - power)
      result[power] = words[at] ?? 0
      words[at] = 0
    }
    return result
  }

  /** By Euclid's algorithm; undefined if a has a factor in common with the modulus. */
  inverse(a: Residue): Residue | undefined {
    const { degree } = this
    const [kernel, p, words] = [this.#kernel, this.#p, this.#kernel.words()]
    const times = modularProduct(p)
    const size = 4 * (degree + 1)
    words.fill(0, this.#euclid / 4, this.#euclid / 4 + 4 * (degree + 1))
    // Remainders r, and factors s with s a = r modulo the modulus.
    let [r0, r1, s0, s1] = [this.#euclid, this.#euclid + size, this.#euclid + 2 * size, this.#euclid + 3 * size]
    const highest = (polynomial: number, from: number) => {
      let power = from
      while (power >= 0 && words[polynomial / 4 + power] === 0) power--
      return power
    }
    for (let power = 0; power <= degree; power++) words[r0 / 4 + power] = words[this.#modulus / 4 + degree - power] ?? 0
    words.set(a, r1 / 4)
    words[s1 / 4] = 1
    let [d0, d1, e0, e1] = [degree, highest(r1, degree), -1, 0]
    while (d1 > 0) {
      const inverse = modularInverse(words[r1 / 4 + d1] ?? 0, p)
      while (d0 >= d1) {
        const factor = times(words[r0 / 4 + d0] ?? 0, inverse)
        kernel.subtract(r0 + 4 * (d0 - d1), r1, d1 + 1, factor, p)
        kernel.subtract(s0 + 4 * (d0 - d1), s1, e1 + 1, factor, p)
        e0 = Math.max(e0, e1 + d0 - d1)
        d0 = highest(r0, d0)
      }
      e0 = highest(s0, e0);
      [r0, r1, s0, s1, d0, d1, e0, e1] = [r1, r0, s1, s0, d1, d0, e1, e0]
    }
    if (d1 < 0) return undefined
    kernel.scale(s1, degree, modularInverse(words[r1 / 4] ?? 0, p), p)
    return words.slice(s1 / 4, s1 / 4 + degree)
  }
}

/** The derivative of t^D + ... */
export const derivative = (p: number, modulus: Residue): Residue => {
  const times = modularProduct(p)
  return modulus.map((_, power) => times((power + 1) % p, power + 1 === modulus.length ? 1 : modulus[power + 1] ?? 0))
}
