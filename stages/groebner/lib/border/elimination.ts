/** Rows of a stable span and the elimination of their leading monomials, greatest first. */
import { modularInverse } from "../algebra/index.ts"
import { type HeadKernel, headKernel } from "./head-kernel.ts"
import type { KeyedPolynomial } from "./keyed-polynomial.ts"
import type { Universe } from "./universe.ts"

export class Elimination {
  readonly #kernel: HeadKernel
  readonly #universe: Universe
  readonly #p: number
  readonly #width: number

  constructor(universe: Universe, p: number) {
    this.#universe = universe
    this.#p = p
    this.#width = universe.keys.length
    this.#kernel = headKernel(this.#width, p)
  }

  /** Makes a row, whose leading monomial no other has, one to reduce by; gives its columns. */
  hold({ coefficients, keys }: KeyedPolynomial): Int32Array {
    const columns = columnsOf(this.#universe.keys, keys)
    const row = this.#kernel.row()
    const words = this.#kernel.words()
    for (let at = 0; at < columns.length; at++) words[row / 4 + (columns[at] ?? 0)] = coefficients[at] ?? 0
    words[this.#kernel.pivots + (columns[0] ?? 0)] = row
    return columns
  }

  /**
   * Reduces a row until no other leads as it does; what is left is held from now on. The row's columns go through `places` first, if there are such: the columns of a
   * variable's products. Gives the column of its leading monomial, -1 if nothing is left; and whether only rows within the universe were used.
   */
  add(columns: Int32Array, coefficients: Int32Array, places?: Int32Array): { readonly column: number; readonly within: boolean } {
    const { apart, dense, pivots } = this.#kernel
    const words = this.#kernel.words()
    const place = (at: number): number => (places === undefined ? columns[at] : places[columns[at] ?? 0]) ?? 0
    for (let at = 0; at < columns.length; at++) words[dense + apart * place(at)] = coefficients[at] ?? 0
    const column = this.#kernel.reduce(place(0))
    const within = !this.#kernel.usedTemporary()
    if (column === this.#width) return { column: -1, within }
    const row = this.#kernel.row()
    const lead = this.#kernel.words()[dense + apart * column] ?? 0
    this.#kernel.settle(column, row, modularInverse(lead, this.#p))
    this.#kernel.words()[pivots + column] = this.#universe.inside[column] === 1 ? row : row + 1
    return { column, within }
  }

  /** The row that leads with this column. */
  row(column: number): KeyedPolynomial {
    const words = this.#kernel.words()
    const from = (((words[this.#kernel.pivots + column] ?? 0) & -2) >>> 0) / 4
    let terms = 0
    for (let at = column; at < this.#width; at++) if (words[from + at] !== 0) terms++
    const keys = new Float64Array(terms)
    const coefficients = new Int32Array(terms)
    for (let at = column, term = 0; term < terms; at++) {
      const value = words[from + at] ?? 0
      if (value === 0) continue
      keys[term] = this.#universe.keys[at] ?? 0
      coefficients[term++] = value
    }
    return { keys, coefficients }
  }
}

/** Places of keys among all, both descending. */
const columnsOf = (all: Float64Array, keys: Float64Array): Int32Array => {
  const columns = new Int32Array(keys.length)
  for (let term = 0, at = 0; term < keys.length; term++, at++) {
    while (all[at] !== keys[term]) at++
    columns[term] = at
  }
  return columns
}
