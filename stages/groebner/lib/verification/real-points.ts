/** Points over R, coordinates between -1 and 1: sums are rounded, so that beside each value stands the sum of the magnitudes that were added up. */
import type { RandomStream } from "../../../../src/stage.ts"
import type { PolynomialList } from "../generation/system-table.ts"
import type { Identity, Points } from "./points.ts"

/** A double has 52 bits, so that two points leave far less to chance than rounding does. */
const points = 2

/** By point: the value, and the magnitude. */
type Register = ReadonlyArray<{ readonly value: number; readonly magnitude: number }>

const zero: Register = Array.from({ length: points }, () => ({ value: 0, magnitude: 0 }))

export class RealPoints implements Points {
  readonly #coordinates: ReadonlyArray<ReadonlyArray<number>>
  readonly #tolerance: number
  readonly #registers: Array<Register> = []
  #identity: Identity | undefined

  /** `tolerance`: the share of all magnitudes by which values that are the same may differ. */
  constructor(n: number, stream: RandomStream, tolerance: number) {
    this.#coordinates = Array.from({ length: points }, () => Array.from({ length: n }, () => 2 * stream.uniform() - 1))
    this.#tolerance = tolerance
  }

  open(identity: Identity): boolean {
    this.#identity = identity
    return true
  }

  loadF(polynomial: number, register: number): void {
    if (this.#identity !== undefined) this.#registers[register] = this.#value(this.#identity.f, polynomial)
  }

  loadBasis(polynomial: number, register: number): void {
    if (this.#identity !== undefined) this.#registers[register] = this.#value(this.#identity.basis, polynomial)
  }

  addProducts(register: number, entry: number, sources: ReadonlyArray<number>, from: number, to: number): void {
    for (let j = from; j < to && this.#identity !== undefined; j++) {
      const [factor, other] = [this.#value(this.#identity.entries, entry + j - from), this.#registers[sources[j] ?? 0] ?? zero]
      this.#registers[register] = (this.#registers[register] ?? zero).map(({ magnitude, value }, point) => ({
        value: value + (factor[point]?.value ?? 0) * (other[point]?.value ?? 0),
        magnitude: magnitude + (factor[point]?.magnitude ?? 0) * (other[point]?.magnitude ?? 0)
      }))
    }
  }

  copy(from: number, to: number): void {
    this.#registers[to] = this.#registers[from] ?? zero
  }

  clear(register: number): void {
    this.#registers[register] = zero
  }

  equal(a: number, b: number): boolean {
    const [x, y] = [this.#registers[a] ?? zero, this.#registers[b] ?? zero]
    return x.every(({ magnitude, value }, point) =>
      Math.abs(value - (y[point]?.value ?? 0)) <= this.#tolerance * (magnitude + (y[point]?.magnitude ?? 0)))
  }

  #value({ exponents, terms, values }: PolynomialList, polynomial: number): Register {
    const first = terms.subarray(0, polynomial).reduce((sum, count) => sum + count, 0)
    return this.#coordinates.map((coordinates) => {
      const n = coordinates.length
      let [value, magnitude] = [0, 0]
      for (let term = first; term < first + (terms[polynomial] ?? 0); term++) {
        const product = coordinates.reduce((product, x, v) => product * x ** (exponents[term * n + v] ?? 0), values[term] ?? 0)
        value += product
        magnitude += Math.abs(product)
      }
      return { value, magnitude }
    })
  }
}
