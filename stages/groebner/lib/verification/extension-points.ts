/**
 * Points over F_p for p below 2^15, with coordinates in an extension F_q. Values are vectors of digits below p, and some digits share a double with room
 * above each: sums of multiples take one multiplication and one addition for all of them, and are reduced at the end. An entry of a matrix multiplies a
 * vector through the products of its monomials with the powers of the primitive element, which are kept as the monomials' values are.
 */
import type { RandomStream } from "../../../../src/stage.ts"
import type { PolynomialList } from "../generation/system-table.ts"
import { type Digits, type ExtensionField, extensionField } from "./extension-field.ts"
import { MonomialValues, type Opened, type Rows } from "./monomial-values.ts"
import { type Identity, identityDegree, type Points, pointsFor } from "./points.ts"

/** Products of three digits that a place has room for before it is reduced. */
const capacity = 256

/** Extensions have at least 2^16 elements. */
const leastBits = 16

/** Above this, products of three residues pass what doubles can sum up. */
export const extensionLimit = 2 ** 15

export class ExtensionPoints implements Points {
  readonly #field: ExtensionField
  readonly #n: number
  readonly #stream: RandomStream
  readonly #one: Digits
  /** By point and variable, those of a point side by side: the powers of the coordinate that came up, from 0 on. */
  readonly #coordinates: Array<Array<Digits>> = []
  /** By point: the monomial that was evaluated last, and the products of the powers of its first variables. */
  readonly #latest: Array<{ readonly exponents: Uint8Array; readonly products: Array<Digits> }> = []
  /** Values that a place for a digit can hold. */
  readonly #place: number
  /** Digits in a double. */
  readonly #digits: number
  /** Doubles for an element. */
  readonly #width: number
  /** Of each monomial: its value, packed. */
  readonly #values: MonomialValues
  /** Of each monomial of an entry: its products with 1, x, x^2 .., packed; those of the first double before those of the second. */
  readonly #products: MonomialValues
  #points = 0
  #opened: Opened | undefined
  /** Digits of all registers; `#points` times k each. */
  #registers = new Float64Array(0)
  /** Packed sums of one register. */
  #sums = new Float64Array(0)

  /** For p below `extensionLimit`. */
  constructor(p: number, n: number, stream: RandomStream) {
    const bits = Math.ceil(Math.log2((p - 1) ** 3 * capacity + 1))
    this.#place = 2 ** bits
    this.#digits = Math.floor(53 / bits)
    let degree = this.#digits
    while (degree * Math.log2(p) < leastBits) degree += this.#digits
    this.#field = extensionField(p, degree)
    this.#width = degree / this.#digits
    this.#one = Array.from({ length: degree }, (_, d) => Number(d === 0))
    this.#n = n
    this.#stream = stream
    this.#values = new MonomialValues(n, this.#width, (exponents, point, into, at) => this.#pack(this.#power(exponents, point), into, at, 1))
    this.#products = new MonomialValues(n, this.#width * degree, (exponents, point, into, at) => {
      const x: Digits = Array.from({ length: degree }, (_, d) => Number(d === 1))
      let digits = this.#power(exponents, point)
      for (let d = 0; d < degree; d++, digits = this.#field.multiply(digits, x)) this.#pack(digits, into, at + d, degree)
    })
  }

  open(identity: Identity): boolean {
    const { basis, entries, f } = identity
    this.#values.trim()
    this.#products.trim()
    const opened = { identity, f: this.#values.rowsOf(f), basis: this.#values.rowsOf(basis), entries: this.#products.rowsOf(entries) }
    const { degree, p } = this.#field
    const points = pointsFor(degree * Math.log2(p) - Math.log2(identityDegree(opened.f.degree, opened.basis.degree, opened.entries.degree)))
    if (points === undefined) return false
    this.#values.provide(points)
    this.#products.provide(points)
    this.#points = points
    this.#opened = opened
    const registers = basis.terms.length + 2 * f.terms.length + 2
    if (this.#registers.length < registers * points * degree) this.#registers = new Float64Array(2 * registers * points * degree)
    if (this.#sums.length < points * this.#width) this.#sums = new Float64Array(points * this.#width)
    return true
  }

  loadF(polynomial: number, register: number): void {
    if (this.#opened !== undefined) this.#load(this.#opened.identity.f, this.#opened.f, polynomial, register)
  }

  loadBasis(polynomial: number, register: number): void {
    if (this.#opened !== undefined) this.#load(this.#opened.identity.basis, this.#opened.basis, polynomial, register)
  }

  addProducts(register: number, entry: number, sources: ReadonlyArray<number>, from: number, to: number): void {
    if (this.#opened === undefined) return
    const { identity: { entries: { coefficients } }, entries: { firsts, rows } } = this.#opened
    if (firsts[entry] === firsts[entry + to - from]) return
    const { degree } = this.#field
    this.#gather(register)
    let used = 1
    for (let j = from, e = entry; j < to; j++, e++) {
      for (let term = firsts[e] ?? 0; term < (firsts[e + 1] ?? 0); term++) {
        used += degree
        if (used > capacity) {
          this.#reduce(register)
          this.#gather(register)
          used = 1 + degree
        }
        this.#addProduct(coefficients[term] ?? 0, rows[term] ?? 0, sources[j] ?? 0)
      }
    }
    this.#reduce(register)
  }

  copy(from: number, to: number): void {
    const size = this.#points * this.#field.degree
    this.#registers.copyWithin(to * size, from * size, (from + 1) * size)
  }

  clear(register: number): void {
    const size = this.#points * this.#field.degree
    this.#registers.fill(0, register * size, (register + 1) * size)
  }

  equal(a: number, b: number): boolean {
    const size = this.#points * this.#field.degree
    const registers = this.#registers
    for (let i = a * size, j = b * size; i < (a + 1) * size; i++, j++) if (registers[i] !== registers[j]) return false
    return true
  }

  /** The value of a polynomial. */
  #load({ coefficients }: PolynomialList, { firsts, rows }: Rows, polynomial: number, register: number): void {
    const { stride, table } = this.#values
    const sums = this.#sums
    const size = this.#points * this.#width
    const end = firsts[polynomial + 1] ?? 0
    this.clear(register)
    for (let first = firsts[polynomial] ?? 0; first < end; first += capacity - 1) {
      const last = Math.min(end, first + capacity - 1)
      this.#gather(register)
      for (let w = 0; w < size; w++) {
        let sum = 0
        for (let term = first; term < last; term++) sum += (coefficients[term] ?? 0) * (table[Math.imul(rows[term] ?? 0, stride) + w] ?? 0)
        sums[w] = (sums[w] ?? 0) + sum
      }
      this.#reduce(register)
    }
  }

  /** Adds a multiple of the product of a monomial and a register to the sums. */
  #addProduct(coefficient: number, row: number, source: number): void {
    const { stride, table } = this.#products
    const [registers, sums] = [this.#registers, this.#sums]
    const { degree } = this.#field
    const width = this.#width
    let from = Math.imul(row, stride)
    for (let point = 0, at = 0, digits = source * this.#points * degree; point < this.#points; point++, digits += degree) {
      for (let w = 0; w < width; w++, at++) {
        let sum = 0
        for (let d = 0; d < degree; d++) sum += (registers[digits + d] ?? 0) * (table[from++] ?? 0)
        sums[at] = (sums[at] ?? 0) + coefficient * sum
      }
    }
  }

  /** From a register's digits to packed sums. */
  #gather(register: number): void {
    const [registers, sums] = [this.#registers, this.#sums]
    const size = this.#points * this.#width
    let from = register * this.#points * this.#field.degree
    for (let w = 0; w < size; w++) {
      let packed = 0
      for (let d = 0, unit = 1; d < this.#digits; d++, unit *= this.#place) packed += (registers[from++] ?? 0) * unit
      sums[w] = packed
    }
  }

  /** From packed sums to the digits of a register. */
  #reduce(register: number): void {
    const [registers, sums] = [this.#registers, this.#sums]
    const { p } = this.#field
    const [digits, place, perPlace, perP] = [this.#digits, this.#place, 1 / this.#place, 1 / p]
    const size = this.#points * this.#width
    let to = register * this.#points * this.#field.degree
    for (let w = 0; w < size; w++) {
      let rest = sums[w] ?? 0
      for (let d = 0; d < digits; d++) {
        const above = Math.floor(rest * perPlace)
        const sum = rest - above * place
        // The quotient by multiplication is off by one at most.
        const digit = sum - Math.floor(sum * perP) * p
        registers[to++] = digit < 0 ? digit + p : digit >= p ? digit - p : digit
        rest = above
      }
    }
  }

  /** The monomial's value. Monomials come as terms do, so that most begin with the exponents of the one before. */
  #power(exponents: Uint8Array, point: number): Digits {
    const latest = this.#latest[point] ?? { exponents: new Uint8Array(this.#n), products: new Array<Digits>(this.#n).fill(this.#one) }
    this.#latest[point] = latest
    let v = 0
    while (v < this.#n && exponents[v] === latest.exponents[v]) v++
    for (; v < this.#n; v++) {
      const [before, exponent] = [v === 0 ? this.#one : latest.products[v - 1] ?? this.#one, exponents[v] ?? 0]
      latest.exponents[v] = exponent
      latest.products[v] = exponent === 0 ? before : this.#field.multiply(before, this.#coordinatePower(point, v, exponent))
    }
    return latest.products[this.#n - 1] ?? this.#one
  }

  #coordinatePower(point: number, v: number, exponent: number): Digits {
    const { degree, multiply, p } = this.#field
    const of = point * this.#n + v
    let known = this.#coordinates[of]
    if (known === undefined) {
      const stream = this.#stream.at(of)
      known = [this.#one, Array.from({ length: degree }, () => stream.integer(p))]
      this.#coordinates[of] = known
    }
    for (let k = known.length; k <= exponent; k++) known.push(multiply(known[k - 1] ?? this.#one, known[1] ?? this.#one))
    return known[exponent] ?? this.#one
  }

  /** Writes digits into doubles that lie `step` apart. */
  #pack(digits: Digits, into: Float64Array, at: number, step: number): void {
    for (let w = 0; w < this.#width; w++) {
      let packed = 0
      for (let d = this.#digits - 1; d >= 0; d--) packed = packed * this.#place + (digits[w * this.#digits + d] ?? 0)
      into[at + w * step] = packed
    }
  }
}
