/** Systems as sequences of token numbers, without a string for a term. */
import type { PolynomialList } from "../generation/system-table.ts"
import type { Vocabulary } from "./vocabulary.ts"

/** Why a list of polynomials cannot be written. */
export type Outside =
  | { readonly what: "coefficient"; readonly value: number }
  | { readonly what: "exponent"; readonly value: number }

export class Encoder {
  readonly #vocabulary: Vocabulary
  #ids = new Int32Array(4096)
  #values = new Float32Array(4096)
  #length = 0
  #outside: Outside | undefined

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary
  }

  /** Words of a list of polynomials with `separator` between them and `eos` behind; undefined where a word is missing (`outside` says which). */
  encode(list: PolynomialList): number | undefined {
    return this.encodeAll([list], this.#vocabulary.separator)
  }

  /** Several lists with a word of their own between them. */
  encodeAll(lists: ReadonlyArray<PolynomialList>, between: number): number | undefined {
    this.#length = 0
    this.#outside = undefined
    lists.forEach((list, place) => {
      if (place > 0) this.#push(between)
      this.#list(list)
    })
    this.#push(this.#vocabulary.eos)
    return this.#outside === undefined ? this.#length : undefined
  }

  #list(list: PolynomialList): void {
    const { separator, settings, plus, variables } = this.#vocabulary
    let term = 0
    list.terms.forEach((count, polynomial) => {
      if (polynomial > 0) this.#push(separator)
      if (count === 0) this.#zero(variables)
      for (let k = 0; k < count; k++) {
        const last = k === count - 1
        if (settings.form === "prefix" && !last) this.#push(plus)
        this.#term(list, term++, variables)
        if (settings.form === "infix" && !last) this.#push(plus)
      }
    })
  }

  /** What the last call of `encode` could not write. */
  get outside(): Outside | undefined {
    return this.#outside
  }

  /** The words of the last call, filled up with `pad`. */
  padded(length: number): Int32Array {
    const row = new Int32Array(length).fill(this.#vocabulary.pad)
    row.set(this.#ids.subarray(0, this.#length))
    return row
  }

  /** The coefficients beside the words of the last call, NaN where there is none. */
  paddedValues(length: number): Float32Array {
    const row = new Float32Array(length).fill(Number.NaN)
    row.set(this.#values.subarray(0, this.#length))
    return row
  }

  #push(id: number, value = Number.NaN): void {
    if (this.#length === this.#ids.length) {
      const [ids, values] = [new Int32Array(2 * this.#length), new Float32Array(2 * this.#length)]
      ids.set(this.#ids)
      values.set(this.#values)
      this.#ids = ids
      this.#values = values
    }
    this.#ids[this.#length] = id
    this.#values[this.#length++] = value
  }

  #zero(variables: number): void {
    this.#coefficient(0, 1)
    for (let v = 0; v < variables; v++) this.#push(this.#vocabulary.firstExponent)
  }

  #term(list: PolynomialList, term: number, variables: number): void {
    const { characteristic, firstExponent, settings: { greatestExponent } } = this.#vocabulary
    if (characteristic < 0) this.#push(this.#vocabulary.numberWord, list.values[term] ?? 0)
    else this.#coefficient(list.coefficients[term] ?? 0, characteristic === 0 ? list.denominators[term] ?? 1 : 1)
    for (let v = 0; v < variables; v++) {
      const exponent = list.exponents[term * variables + v] ?? 0
      if (exponent > greatestExponent) this.#outside ??= { what: "exponent", value: exponent }
      this.#push(firstExponent + exponent)
    }
  }

  #coefficient(numerator: number, denominator: number): void {
    const { numberWord, settings, slash } = this.#vocabulary
    if (settings.coefficients === "numbers") {
      this.#push(numberWord, numerator / denominator)
      return
    }
    if (denominator !== 1 && settings.form === "prefix") this.#push(slash)
    this.#integer(numerator)
    if (denominator === 1) return
    if (settings.form === "infix") this.#push(slash)
    this.#integer(denominator)
  }

  #integer(value: number): void {
    const { base, coefficients, firstDigit, minus } = this.#vocabulary
    if (coefficients !== undefined) {
      if (value < coefficients.least || value > coefficients.greatest) this.#outside ??= { what: "coefficient", value }
      this.#push(coefficients.first + value - coefficients.least)
      return
    }
    if (value < 0) this.#push(minus)
    const size = Math.abs(value)
    let unit = 1
    while (unit * base <= size) unit *= base
    for (; unit >= 1; unit /= base) this.#push(firstDigit + (Math.floor(size / unit) % base))
  }
}
