/** Columns of numbers, times and truth values being written. */
import { asBytes, BadCell, type BatchParts, Builder, grown } from "./builder.ts"

type Numbers = Float64Array | Float32Array | Int32Array | Uint8Array

export class NumberBuilder extends Builder {
  #data: Numbers
  readonly #make: (length: number) => Numbers
  readonly #check: (value: unknown) => number

  constructor(nullable: boolean, make: (length: number) => Numbers, check: (value: unknown) => number) {
    super(nullable)
    this.#make = make
    this.#check = check
    this.#data = make(64)
  }

  get bytes(): number {
    return this.length * this.#data.BYTES_PER_ELEMENT
  }

  override addRange(values: ArrayLike<unknown>, start: number, end: number): void {
    if (!this.#sameType(values)) return super.addRange(values, start, end)
    this.#reserve(this.length + end - start)
    this.#data.set(values.subarray(start, end), this.length)
    this.length += end - start
  }

  protected push(value: unknown): void {
    const number = this.#check(value)
    this.#reserve(this.length + 1)
    this.#data[this.length] = number
  }

  protected pushNull(): void {
    this.#reserve(this.length + 1)
    this.#data[this.length] = 0
  }

  protected takeBuffers(parts: BatchParts): void {
    parts.buffers.push(asBytes(this.#data.subarray(0, this.length)))
  }

  #sameType(values: unknown): values is Numbers {
    return typeof values === "object" && values !== null && Object.getPrototypeOf(values) === Object.getPrototypeOf(this.#data)
  }

  #reserve(length: number): void {
    if (length <= this.#data.length) return
    const data = this.#make(grown(length, this.#data.length))
    data.set(this.#data)
    this.#data = data
  }
}

/** 64-bit integers, and times as milliseconds. */
export class WordBuilder extends Builder {
  #data = new BigInt64Array(64)
  readonly #check: (value: unknown) => bigint

  constructor(nullable: boolean, check: (value: unknown) => bigint) {
    super(nullable)
    this.#check = check
  }

  get bytes(): number {
    return this.length * 8
  }

  override addRange(values: ArrayLike<unknown>, start: number, end: number): void {
    if (!(values instanceof BigInt64Array)) return super.addRange(values, start, end)
    this.#reserve(this.length + end - start)
    this.#data.set(values.subarray(start, end), this.length)
    this.length += end - start
  }

  protected push(value: unknown): void {
    const word = this.#check(value)
    this.#reserve(this.length + 1)
    this.#data[this.length] = word
  }

  protected pushNull(): void {
    this.#reserve(this.length + 1)
    this.#data[this.length] = 0n
  }

  protected takeBuffers(parts: BatchParts): void {
    parts.buffers.push(asBytes(this.#data.subarray(0, this.length)))
  }

  #reserve(length: number): void {
    if (length <= this.#data.length) return
    const data = new BigInt64Array(grown(length, this.#data.length))
    data.set(this.#data)
    this.#data = data
  }
}

export class BoolBuilder extends Builder {
  #bits = new Uint8Array(64)

  get bytes(): number {
    return (this.length + 7) >> 3
  }

  protected push(value: unknown): void {
    if (typeof value !== "boolean") throw new BadCell("true or false", value)
    this.#set(value ? 1 : 0)
  }

  protected pushNull(): void {
    this.#set(0)
  }

  #set(bit: 0 | 1): void {
    const at = this.length >> 3
    if (at >= this.#bits.length) {
      const bits = new Uint8Array(grown(at + 1, this.#bits.length))
      bits.set(this.#bits)
      this.#bits = bits
    }
    // The first bit of a byte clears what an earlier batch left there.
    const byte = (this.length & 7) === 0 ? 0 : this.#bits[at] ?? 0
    this.#bits[at] = byte | (bit << (this.length & 7))
  }

  protected takeBuffers(parts: BatchParts): void {
    parts.buffers.push(this.#bits.subarray(0, (this.length + 7) >> 3))
  }
}
