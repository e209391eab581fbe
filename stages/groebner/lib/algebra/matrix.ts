/**
 * The matrix of one F4 step (Faugere 1999, "A new efficient algorithm for computing Groebner bases (F4)"): rows are multiples of
 * known polynomials, columns are monomials in descending order. Reducers (pivot rows) are known in advance; the other rows are
 * reduced by them and by each other. A polynomial's coefficients are stored once, however many of its multiples are rows.
 */
import { modularInverse } from "./prime.ts"
import type { MonomialTable } from "./monomials.ts"
import { grown } from "./monomials.ts"
import type { RowKernel } from "./wasm/row-kernel.ts"

/** A polynomial modulo p with leading coefficient 1: ids of its monomials, descending, and its coefficients. */
export interface ModularPolynomial {
  readonly ids: Int32Array
  readonly coefficients: Int32Array
}

export class Matrix {
  readonly #table: MonomialTable
  readonly #kernel: RowKernel
  readonly #p: number
  /** Of each monomial: 0 if it is no column; 1 or 2 (a pivot) while rows are added; its column + 1 once they are arranged. */
  #mark = new Int32Array(256)
  /** Columns' monomials: as they appear, and descending once they are arranged. */
  #columns = new Int32Array(256)
  #count = 0
  /** Addresses of rows in the kernel, with the monomials that their pivots have. */
  #pivots: Array<{ readonly row: number; readonly lead: number }> = []
  #rows: Array<{ readonly row: number; readonly name: number }> = []
  /** Where coefficients lie in the kernel. */
  readonly #stored = new Map<ModularPolynomial, number>()

  constructor(table: MonomialTable, kernel: RowKernel, p: number) {
    this.#table = table
    this.#kernel = kernel
    this.#p = p
  }

  /** Forgets all rows. */
  clear(): void {
    for (let at = 0; at < this.#count; at++) this.#mark[this.#columns[at] ?? 0] = 0
    this.#count = 0
    this.#pivots = []
    this.#rows = []
    this.#stored.clear()
    this.#kernel.clear()
  }

  get columns(): number {
    return this.#count
  }

  /** Adds multiplier * f as the reducer of its leading monomial, which must have none yet. */
  addPivot(f: ModularPolynomial, multiplier: number): void {
    const lead = this.#table.product(multiplier, f.ids[0] ?? 0)
    const row = this.#add(f, multiplier)
    this.#mark[lead] = 2
    this.#pivots.push({ row, lead })
  }

  /** Adds multiplier * f as a row to be reduced, under a name of the caller's. */
  addRow(f: ModularPolynomial, multiplier: number, name: number): void {
    this.#rows.push({ row: this.#add(f, multiplier), name })
  }

  /** Symbolic preprocessing: looks for a reducer of every column, those that reducers bring included. A large matrix is largely made here. */
  complete(reducer: (monomial: number) => ModularPolynomial | undefined, stop: () => void): void {
    for (let at = 0; at < this.#count; at++) {
      if (at % 256 === 0) stop()
      const monomial = this.#columns[at] ?? 0
      if (this.#mark[monomial] === 2) continue
      const f = reducer(monomial)
      if (f !== undefined) this.addPivot(f, this.#table.quotient(monomial, f.ids[0] ?? 0))
    }
  }

  /** Reduces the rows by the reducers and by each other; gives what is left, in the order of leading monomials, the least first, and the names of
   * the rows of which something was left. */
  echelon(stop: () => void): { readonly polynomials: ReadonlyArray<ModularPolynomial>; readonly useful: ReadonlyArray<number> } {
    const { dense, pivots } = this.#arrange()
    const kernel = this.#kernel
    const results: Array<{ readonly lead: number; readonly columns: number; readonly coefficients: number; readonly length: number }> = []
    const useful: Array<number> = []
    for (const { name, row } of this.#rows) {
      stop()
      const first = kernel.words()[(kernel.words()[row / 4 + 1] ?? 0) / 4] ?? 0
      kernel.scatter(dense, row)
      const length = kernel.reduce(dense, first, this.#count, pivots, this.#p)
      if (length === 0) continue
      const { coefficients, columns, record } = this.#record(length)
      kernel.collect(dense, first, this.#count, columns, coefficients)
      const words = kernel.words()
      const lead = words[columns / 4] ?? 0
      kernel.scale(coefficients, length, modularInverse(words[coefficients / 4] ?? 0, this.#p), this.#p)
      words[pivots / 4 + lead] = record
      useful.push(name)
      results.push({ lead, columns, coefficients, length })
    }
    results.sort((a, b) => b.lead - a.lead)
    return { polynomials: results.map(({ coefficients, columns, length }) => this.#polynomial(columns, coefficients, length)), useful }
  }

  /** Reduces everything but the leading terms of the first `count` pivot rows; gives them in the order in which they were added. */
  reducedTails(count: number, stop: () => void): ReadonlyArray<ModularPolynomial> {
    const { dense, pivots } = this.#arrange()
    const kernel = this.#kernel
    return this.#pivots.slice(0, count).map(({ lead, row }) => {
      stop()
      const column = (this.#mark[lead] ?? 0) - 1
      kernel.scatter(dense, row)
      const length = kernel.reduce(dense, column + 1, this.#count, pivots, this.#p) + 1
      const { coefficients, columns } = this.#record(length)
      kernel.collect(dense, column, this.#count, columns, coefficients)
      return this.#polynomial(columns, coefficients, length)
    })
  }

  #add(f: ModularPolynomial, multiplier: number): number {
    const length = f.ids.length
    let coefficients = this.#stored.get(f)
    if (coefficients === undefined) {
      coefficients = this.#kernel.allocate(length * 4)
      this.#kernel.words().set(f.coefficients, coefficients / 4)
      this.#stored.set(f, coefficients)
    }
    const row = this.#kernel.allocate(12)
    const columns = this.#kernel.allocate(length * 4)
    const words = this.#kernel.words()
    words[row / 4] = length
    words[row / 4 + 1] = columns
    words[row / 4 + 2] = coefficients
    this.#table.products(multiplier, f.ids, 0, length, words, columns / 4)
    if (this.#mark.length < this.#table.size) this.#mark = grown(this.#mark, this.#table.size * 2)
    if (this.#columns.length < this.#count + length) this.#columns = grown(this.#columns, (this.#count + length) * 2)
    const mark = this.#mark
    const ids = this.#columns
    let count = this.#count
    for (let at = columns / 4; at < columns / 4 + length; at++) {
      const monomial = words[at] ?? 0
      if (mark[monomial] === 0) {
        mark[monomial] = 1
        ids[count++] = monomial
      }
    }
    this.#count = count
    return row
  }

  /** Sorts the columns, numbers them in the rows, and makes a dense row and the list of pivots. */
  #arrange(): { readonly dense: number; readonly pivots: number } {
    const kernel = this.#kernel
    const count = this.#count
    this.#table.sortDescending(this.#columns.subarray(0, count))
    for (let column = 0; column < count; column++) this.#mark[this.#columns[column] ?? 0] = column + 1
    const pivots = kernel.allocateZero(count * 4)
    const dense = kernel.allocateZero(count * 8)
    const words = kernel.words()
    const mark = this.#mark
    const number = (row: number) => {
      const from = (words[row / 4 + 1] ?? 0) / 4
      for (let at = from, to = from + (words[row / 4] ?? 0); at < to; at++) words[at] = (mark[words[at] ?? 0] ?? 0) - 1
    }
    for (const { row } of this.#rows) number(row)
    for (const { lead, row } of this.#pivots) {
      number(row)
      words[pivots / 4 + (mark[lead] ?? 0) - 1] = row
    }
    return { dense, pivots }
  }

  /** Room for a row of so many entries. */
  #record(length: number): { readonly record: number; readonly columns: number; readonly coefficients: number } {
    const record = this.#kernel.allocate(12)
    const columns = this.#kernel.allocate(length * 4)
    const coefficients = this.#kernel.allocate(length * 4)
    const words = this.#kernel.words()
    words[record / 4] = length
    words[record / 4 + 1] = columns
    words[record / 4 + 2] = coefficients
    return { record, columns, coefficients }
  }

  #polynomial(columns: number, coefficients: number, length: number): ModularPolynomial {
    const words = this.#kernel.words()
    const monomials = this.#columns
    const ids = new Int32Array(length)
    for (let at = 0; at < length; at++) ids[at] = monomials[words[columns / 4 + at] ?? 0] ?? 0
    return { ids, coefficients: words.slice(coefficients / 4, coefficients / 4 + length) }
  }
}
