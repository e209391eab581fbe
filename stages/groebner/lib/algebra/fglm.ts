/**
 * The reduced basis of a zero-dimensional ideal in another order by linear algebra in the quotient ring (Faugere, Gianni, Lazard, Mora
 * 1993, "Efficient computation of zero-dimensional Groebner bases by change of ordering"). With D the dimension of the quotient and n
 * variables it takes O(n D^3) operations, all of them in the row kernel.
 */
import type { ModularPolynomial } from "./matrix.ts"
import type { MonomialTable } from "./monomials.ts"
import { modularInverse } from "./prime.ts"
import { variableIds } from "./quotient-ring.ts"
import type { RowKernel } from "./wasm/row-kernel.ts"
import { rowKernel } from "./wasm/row-kernel.ts"

/**
 * The reduced basis over ids of `target`, the least leading monomial first. `basis` is reduced, over ids of `source`; `normal` are the
 * monomials that span its quotient ring (`normalSet`). `stop` is called between monomials and may throw.
 */
export const fglm = (
  source: MonomialTable, basis: ReadonlyArray<ModularPolynomial>, normal: Int32Array, target: MonomialTable, p: number, stop: () => void
): ReadonlyArray<ModularPolynomial> => {
  if (normal.length === 0) return [{ ids: Int32Array.of(0), coefficients: Int32Array.of(1) }]
  const kernel = rowKernel()
  kernel.clear()
  const rows = new QuotientRows(kernel, normal.length, p)
  multiplication(source, basis, normal, rows, stop)
  return walk(target, rows, stop)
}

/** A vector of the quotient ring: places in the normal set, ascending, and coefficients; both lie in the kernel. */
interface Vector {
  readonly record: number
}

/** Vectors of the quotient ring and multiplication by a variable. A dense row has D columns for a vector and D more for a second one. */
class QuotientRows {
  readonly kernel: RowKernel
  readonly dimension: number
  readonly p: number
  readonly dense: number
  /** For columns without pivots. */
  readonly #none: number
  /** Of each variable: pivot rows that replace a basis monomial by its product with the variable, in the second half. */
  readonly #products: Array<number> = []

  constructor(kernel: RowKernel, dimension: number, p: number) {
    this.kernel = kernel
    this.dimension = dimension
    this.p = p
    this.dense = kernel.allocateZero(16 * dimension)
    this.#none = kernel.allocateZero(8 * dimension)
  }

  addVariable(): void {
    this.#products.push(this.kernel.allocateZero(4 * this.dimension))
  }

  /** Stores columns and coefficients. */
  row(columns: Int32Array, coefficients: Int32Array): number {
    const { kernel } = this
    const length = columns.length
    const record = kernel.allocate(12)
    const at = kernel.allocate(8 * length)
    const words = kernel.words()
    words.set([length, at, at + 4 * length], record / 4)
    words.set(columns, at / 4)
    words.set(coefficients, at / 4 + length)
    return record
  }

  unit(place: number): Vector {
    return { record: this.row(Int32Array.of(place), Int32Array.of(1)) }
  }

  /** Says what the product of a variable and a basis monomial is. */
  setProduct(variable: number, place: number, product: Vector): void {
    const { dimension, kernel, p } = this
    const length = kernel.words()[product.record / 4] ?? 0
    const record = kernel.allocate(12)
    const at = kernel.allocate(8 * (length + 1)) / 4
    const words = kernel.words()
    const [columns = 0, coefficients = 0] = words.subarray(product.record / 4 + 1, product.record / 4 + 3)
    // Subtracting this row takes the monomial away and adds the product.
    words.set([length + 1, at * 4, (at + length + 1) * 4], record / 4)
    words[at] = place
    words[at + length + 1] = 1
    for (let k = 0; k < length; k++) {
      words[at + 1 + k] = (words[columns / 4 + k] ?? 0) + dimension
      words[at + length + 2 + k] = p - (words[coefficients / 4 + k] ?? 0)
    }
    words[(this.#products[variable] ?? 0) / 4 + place] = record
  }

  /** The product of a variable and a vector all of whose monomials have a known product. */
  times(variable: number, vector: Vector): Vector {
    const { dense, dimension, kernel, p } = this
    kernel.scatter(dense, vector.record)
    kernel.reduce(dense, 0, dimension, this.#products[variable] ?? 0, p)
    const length = kernel.reduce(dense, dimension, 2 * dimension, this.#none, p)
    const record = this.collect(dimension, length)
    const from = (kernel.words()[record / 4 + 1] ?? 0) / 4
    for (let at = from; at < from + length; at++) kernel.words()[at] = (kernel.words()[at] ?? 0) - dimension
    return { record }
  }

  /** Takes so many entries out of the dense row, from a column on. */
  collect(from: number, length: number): number {
    const { dense, dimension, kernel } = this
    const record = kernel.allocate(12)
    const at = kernel.allocate(8 * length)
    kernel.words().set([length, at, at + 4 * length], record / 4)
    kernel.collect(dense, from, 2 * dimension, at, at + 4 * length)
    return record
  }

  read(record: number): { readonly columns: Int32Array; readonly coefficients: Int32Array } {
    const words = this.kernel.words()
    const [length = 0, columns = 0, coefficients = 0] = words.subarray(record / 4, record / 4 + 3)
    return { columns: words.slice(columns / 4, columns / 4 + length), coefficients: words.slice(coefficients / 4, coefficients / 4 + length) }
  }
}

/** Fills in the products of all variables with all monomials of the normal set, the least first. */
const multiplication = (source: MonomialTable, basis: ReadonlyArray<ModularPolynomial>, normal: Int32Array, rows: QuotientRows, stop: () => void): void => {
  const variables = variableIds(source)
  variables.forEach(() => rows.addVariable())
  const place = new Map([...normal].map((monomial, at) => [monomial, at]))
  const leads = new Map(basis.map((f) => [f.ids[0] ?? 0, f]))
  /** Of each product that is not in the normal set, as soon as it is known. */
  const known = new Map<number, Vector>()
  const products = [...normal].flatMap((monomial, at) => variables.map((variable, v) => ({ monomial: source.product(monomial, variable), at, v })))
  products.sort((a, b) => source.compare(a.monomial, b.monomial))

  const vectorOf = (monomial: number): Vector => {
    const inside = place.get(monomial)
    if (inside !== undefined) return rows.unit(inside)
    const f = leads.get(monomial)
    if (f !== undefined) {
      // Tails of a reduced basis lie in the normal set; descending there, ascending here.
      const columns = f.ids.subarray(1).map((id) => place.get(id) ?? 0).reverse()
      return { record: rows.row(columns, f.coefficients.subarray(1).map((c) => rows.p - c).reverse()) }
    }
    // A multiple of a smaller product outside the normal set: its monomials times the variable are smaller still.
    for (const [v, variable] of variables.entries()) {
      if (!source.divides(variable, monomial)) continue
      const smaller = known.get(source.quotient(monomial, variable))
      if (smaller !== undefined) return rows.times(v, smaller)
    }
    throw new RangeError("A product with no smaller product outside the normal set: the basis is not reduced.")
  }
  for (const { at, monomial, v } of products) {
    stop()
    const vector = known.get(monomial) ?? vectorOf(monomial)
    if (!place.has(monomial)) known.set(monomial, vector)
    rows.setProduct(v, at, vector)
  }
}

/** Goes through the monomials of the target order upwards: each is either independent of the smaller ones, or gives a polynomial of the basis. */
const walk = (target: MonomialTable, rows: QuotientRows, stop: () => void): ReadonlyArray<ModularPolynomial> => {
  const { dense, dimension: D, kernel, p } = rows
  const variables = variableIds(target)
  /** Echelon form: of each column the row that has its first entry there. In the second half it says of which monomials the row is a sum. */
  const pivots = kernel.allocateZero(8 * D)
  const normal: Array<number> = []
  const basis: Array<ModularPolynomial> = []
  /** Monomials to come, the least last, each as a variable times an earlier one. */
  const waiting = [{ monomial: 0, v: -1, vector: rows.unit(0) }]

  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    stop()
    const { monomial } = next
    if (basis.some((f) => target.divides(f.ids[0] ?? 0, monomial))) continue
    const vector = next.v < 0 ? next.vector : rows.times(next.v, next.vector)
    kernel.scatter(dense, vector.record)
    const length = kernel.reduce(dense, 0, 2 * D, pivots, p)
    const first = firstEntry(kernel.words(), dense, D)
    if (first < 0) {
      const { columns, coefficients } = rows.read(rows.collect(D, length))
      basis.push({
        ids: Int32Array.of(monomial, ...columns.map((column) => normal[column - D] ?? 0).reverse()),
        coefficients: Int32Array.of(1, ...coefficients.reverse())
      })
      continue
    }
    const inverse = modularInverse(kernel.words()[dense / 4 + 2 * first] ?? 0, p)
    kernel.words()[dense / 4 + 2 * (D + normal.length)] = 1
    const row = rows.collect(first, length + 1)
    kernel.scale(kernel.words()[row / 4 + 2] ?? 0, length + 1, inverse, p)
    kernel.words()[pivots / 4 + first] = row
    normal.push(monomial)
    for (const [v, variable] of variables.entries()) {
      const product = target.product(monomial, variable)
      let [low, high] = [0, waiting.length]
      while (low < high) {
        const middle = (low + high) >> 1
        if (target.compare(waiting[middle]?.monomial ?? 0, product) > 0) low = middle + 1
        else high = middle
      }
      if (waiting[low]?.monomial !== product) waiting.splice(low, 0, { monomial: product, v, vector })
    }
  }
  return basis
}

/** The first of the columns 0 to D - 1 that is not zero; -1 if all are. Sums are below p there. */
const firstEntry = (words: Int32Array, dense: number, D: number): number => {
  for (let column = 0; column < D; column++) if (words[dense / 4 + 2 * column] !== 0) return column
  return -1
}
