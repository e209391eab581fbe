/** Many whole numbers modulo one prime after the other: cut into 30-bit words once, then for each prime one pass of the row kernel, a sum of powers of 2^30 times words. */
import { modularProduct } from "./prime.ts"
import type { RowKernel } from "./wasm/row-kernel.ts"

const bits = 30

export class ResiduesOfIntegers {
  readonly #kernel: RowKernel
  readonly #count: number
  /** Words of each number. */
  readonly #length: number
  readonly #dense: number
  readonly #pivots: number

  /** Takes its room from the kernel, which must not be cleared while it is in use. */
  constructor(kernel: RowKernel, integers: ReadonlyArray<bigint>) {
    const longest = integers.reduce((most, value) => Math.max(most, value.toString(16).length * 4), 1)
    const length = Math.ceil(longest / bits) + 1
    this.#kernel = kernel
    this.#count = integers.length
    this.#length = length
    this.#dense = kernel.allocateZero(8 * (length + integers.length))
    this.#pivots = kernel.allocateZero(4 * (length + integers.length))
    const records = kernel.allocate(12 * length)
    const columns = kernel.allocate(4 * (length + length * integers.length))
    const coefficients = kernel.allocate(4 * length * (integers.length + 1))
    const words = kernel.words()
    const row = integers.length + 1
    for (let word = 0; word < length; word++) {
      const record = records / 4 + 3 * word
      words[this.#pivots / 4 + word] = record * 4
      words[record] = row
      words[record + 1] = columns + 4 * word * row
      words[record + 2] = coefficients + 4 * word * row
      words[columns / 4 + word * row] = word
      words[coefficients / 4 + word * row] = 1
      for (let at = 0; at < integers.length; at++) words[columns / 4 + word * row + 1 + at] = length + at
    }
    // Made positive by adding 2^(30 (length - 1)).
    const offset = 1n << BigInt(bits * (length - 1))
    const mask = (1n << BigInt(bits)) - 1n
    for (const [at, value] of integers.entries()) {
      let rest = value + offset
      for (let word = 0; word < length; word++) {
        words[coefficients / 4 + word * row + 1 + at] = Number(rest & mask)
        rest >>= BigInt(bits)
      }
    }
  }

  /** Modulo a prime between 2^30 and 2^31. */
  modulo(p: number): Int32Array {
    const words = this.#kernel.words()
    const [dense, length] = [this.#dense / 4, this.#length]
    const times = modularProduct(p)
    const base = 2 ** bits % p
    let power = 1
    for (let word = 0; word < length; word++) {
      // Rows are subtracted.
      words[dense + 2 * word] = p - power
      if (word < length - 1) power = times(power, base)
    }
    this.#kernel.reduce(this.#dense, 0, length + this.#count, this.#pivots, p)
    const result = new Int32Array(this.#count)
    for (let at = 0; at < this.#count; at++) {
      const place = dense + 2 * (length + at)
      const value = words[place] ?? 0
      result[at] = value >= power ? value - power : value - power + p
      words[place] = 0
    }
    return result
  }
}
