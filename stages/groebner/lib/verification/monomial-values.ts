/**
 * Values of monomials at points, a row of numbers for each monomial that has come up, so that a polynomial's value is a sum of coefficients times
 * numbers of rows. Systems of one kind share most of their monomials.
 */
import type { PolynomialList } from "../generation/system-table.ts"
import type { Identity } from "./points.ts"

/** Exponents are bytes, and a key holds eight. */
export const mostVariables = 8

/** Rows after which the table begins anew, so that its size stays bounded. */
const mostRows = 2 ** 17

/** Writes a monomial's values at a point from `at` on: exponent of variable v is `exponents[v]`. */
export type FillValues = (exponents: Uint8Array, point: number, into: Float64Array, at: number) => void

/** The rows of a list's terms. */
export interface Rows {
  readonly rows: Int32Array
  /** Where the terms of each polynomial begin, and at last where they end. */
  readonly firsts: Int32Array
  /** Greatest total degree of a term; 0 for no terms. */
  readonly degree: number
}

/** An identity with the rows of its terms. */
export interface Opened {
  readonly identity: Identity
  readonly f: Rows
  readonly basis: Rows
  readonly entries: Rows
}

export class MonomialValues {
  /** Row after row. */
  table = new Float64Array(0)
  /** Numbers in a row: those of the first point, then those of the second. */
  stride = 0
  readonly #n: number
  readonly #width: number
  readonly #fill: FillValues
  #size = 0
  /** Rows whose values are in the table. */
  #filled = 0
  /** Exponents of each row, four to a word. */
  #low = new Int32Array(256)
  #high = new Int32Array(256)
  #degrees = new Int32Array(256)
  /** Row by hash of the exponents; -1 for none. */
  #slots = new Int32Array(1024).fill(-1)

  /** For n variables, `width` numbers a point. */
  constructor(n: number, width: number, fill: FillValues) {
    this.#n = n
    this.#width = width
    this.#fill = fill
  }

  /** Forgets everything if it has become much. To be called between systems: rows of earlier ones end to be valid. */
  trim(): void {
    if (this.#size < mostRows) return
    this.#size = 0
    this.#filled = 0
    this.#slots.fill(-1)
  }

  /** The rows of the terms of a list. Their values are there after the next `provide`. */
  rowsOf({ exponents, terms }: PolynomialList): Rows {
    const n = this.#n
    const firsts = new Int32Array(terms.length + 1)
    for (let polynomial = 0; polynomial < terms.length; polynomial++) firsts[polynomial + 1] = (firsts[polynomial] ?? 0) + (terms[polynomial] ?? 0)
    const rows = new Int32Array(exponents.length / n)
    let degree = 0
    for (let term = 0, at = 0; term < rows.length; term++) {
      let [low, high] = [0, 0]
      for (let v = 0; v < n; v++, at++) {
        if (v < 4) low |= (exponents[at] ?? 0) << (8 * v)
        else high |= (exponents[at] ?? 0) << (8 * (v - 4))
      }
      const row = this.#rowOf(low, high)
      rows[term] = row
      const found = this.#degrees[row] ?? 0
      if (found > degree) degree = found
    }
    return { rows, firsts, degree }
  }

  /** Makes sure of the values of all rows at so many points. */
  provide(points: number): void {
    if (points * this.#width > this.stride) {
      this.stride = points * this.#width
      this.#filled = 0
    }
    if (this.#filled === this.#size) return
    if (this.#size * this.stride > this.table.length) {
      const table = new Float64Array(this.#low.length * this.stride)
      table.set(this.table.subarray(0, this.#filled * this.stride))
      this.table = table
    }
    const exponents = new Uint8Array(this.#n)
    const available = this.stride / this.#width
    for (; this.#filled < this.#size; this.#filled++) {
      for (let v = 0; v < this.#n; v++) exponents[v] = (v < 4 ? this.#low[this.#filled] ?? 0 : this.#high[this.#filled] ?? 0) >>> (8 * (v % 4))
      for (let point = 0; point < available; point++) this.#fill(exponents, point, this.table, this.#filled * this.stride + point * this.#width)
    }
  }

  #rowOf(low: number, high: number): number {
    const last = this.#slots.length - 1
    for (let slot = hash(low, high) & last; ; slot = (slot + 1) & last) {
      const row = this.#slots[slot] ?? -1
      if (row < 0) return this.#add(low, high, slot)
      if (this.#low[row] === low && this.#high[row] === high) return row
    }
  }

  #add(low: number, high: number, slot: number): number {
    const row = this.#size++
    this.#slots[slot] = row
    this.#low[row] = low
    this.#high[row] = high
    let degree = 0
    for (let shift = 0; shift < 32; shift += 8) degree += ((low >>> shift) & 255) + ((high >>> shift) & 255)
    this.#degrees[row] = degree
    if (this.#size === this.#low.length) this.#grow()
    return row
  }

  #grow(): void {
    const enlarged = (array: Int32Array) => {
      const larger = new Int32Array(2 * array.length)
      larger.set(array)
      return larger
    }
    this.#low = enlarged(this.#low)
    this.#high = enlarged(this.#high)
    this.#degrees = enlarged(this.#degrees)
    this.#slots = new Int32Array(2 * this.#slots.length).fill(-1)
    const last = this.#slots.length - 1
    for (let row = 0; row < this.#size; row++) {
      let slot = hash(this.#low[row] ?? 0, this.#high[row] ?? 0) & last
      while ((this.#slots[slot] ?? -1) >= 0) slot = (slot + 1) & last
      this.#slots[slot] = row
    }
  }
}

const hash = (low: number, high: number): number => {
  const mixed = Math.imul(low ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b)
  return mixed ^ (mixed >>> 15)
}
