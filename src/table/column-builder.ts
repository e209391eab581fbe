/**
 * Columns being written: values come in one by one or in runs, Arrow buffers come out. Every value is checked against the
 * column's type on its way in.
 */
import type { ColumnType } from "./schema.ts"

/** A value that its column cannot hold; the writer adds the column and the row. */
export class BadCell extends Error {
  readonly value: unknown
  constructor(expected: string, value: unknown) {
    super(expected)
    this.value = value
  }
}

/** The columns of one record batch, depth first. Buffers are views that hold until the builder takes its next value. */
export interface BatchParts {
  /** (length, nulls) for each column. */
  readonly nodes: Array<number>
  readonly buffers: Array<Uint8Array>
}

export interface ColumnBuilder {
  readonly length: number
  /** Bytes that the pending values take, about. */
  readonly bytes: number
  add(value: unknown): void
  /** Appends `values[start]` up to `values[end - 1]`. */
  addRange(values: ArrayLike<unknown>, start: number, end: number): void
  /** Moves what is pending to `parts` and starts anew. */
  take(parts: BatchParts): void
}

/** Bytes of one row of a type whose rows all take the same; undefined for strings and lists. */
export const fixedWidth = (type: ColumnType): number | undefined => {
  switch (type.type) {
    case "float64":
    case "int64":
    case "timestamp":
      return 8
    case "float32":
    case "int32":
    case "category":
      return 4
    case "uint8":
    case "bool":
      return 1
    case "fixedList": {
      const item = fixedWidth(type.item)
      return item === undefined ? undefined : item * type.size
    }
    default:
      return undefined
  }
}

type Numbers = Float64Array | Float32Array | Int32Array | Uint8Array

const grown = (needed: number, length: number): number => Math.max(needed, length * 2, 64)
const asBytes = (array: ArrayBufferView): Uint8Array => new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
const isArrayLike = (value: unknown): value is ArrayLike<unknown> =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))

/** Which of the pending values are there; nothing is kept as long as all are. */
class Validity {
  #bits: Uint8Array | undefined
  nulls = 0

  setNull(index: number): void {
    const needed = (index >> 3) + 1
    if (this.#bits === undefined || this.#bits.length < needed) {
      const bits = new Uint8Array(grown(needed, this.#bits?.length ?? 0)).fill(255)
      if (this.#bits !== undefined) bits.set(this.#bits)
      this.#bits = bits
    }
    const byte = this.#bits[index >> 3] ?? 255
    this.#bits[index >> 3] = byte & ~(1 << (index & 7))
    this.nulls++
  }

  take(parts: BatchParts, length: number): void {
    parts.nodes.push(length, this.nulls)
    if (this.nulls === 0) {
      parts.buffers.push(new Uint8Array(0))
      return
    }
    const bits = new Uint8Array((length + 7) >> 3).fill(255)
    if (this.#bits !== undefined) bits.set(this.#bits.subarray(0, bits.length))
    // Bits after the last value are zero, so that the same rows are the same bytes.
    if (length % 8 !== 0) bits[bits.length - 1] = (bits[bits.length - 1] ?? 0) & ((1 << (length % 8)) - 1)
    parts.buffers.push(bits)
    this.#bits = undefined
    this.nulls = 0
  }
}

/** What all builders share: nulls, and runs of values taken one by one. */
abstract class Builder implements ColumnBuilder {
  length = 0
  abstract readonly bytes: number
  protected readonly validity = new Validity()
  readonly #nullable: boolean

  constructor(nullable: boolean) {
    this.#nullable = nullable
  }

  add(value: unknown): void {
    if (value !== null) this.push(value)
    else if (this.#nullable) {
      this.validity.setNull(this.length)
      this.pushNull()
    } else throw new BadCell("a value (the column is not nullable)", null)
    this.length++
  }

  addRange(values: ArrayLike<unknown>, start: number, end: number): void {
    for (let i = start; i < end; i++) this.add(values[i])
  }

  take(parts: BatchParts): void {
    this.validity.take(parts, this.length)
    this.takeBuffers(parts)
    this.length = 0
  }

  protected abstract push(value: unknown): void
  protected abstract pushNull(): void
  protected abstract takeBuffers(parts: BatchParts): void
}

class NumberBuilder extends Builder {
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
class WordBuilder extends Builder {
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

class BoolBuilder extends Builder {
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

const maxOffset = 2 ** 31 - 1

/** The ends of variable-length values: `length + 1` offsets from 0. */
class Offsets {
  #ends = new Int32Array(64)

  /** End of the last value; 0 at the start. */
  last(length: number): number {
    return this.#ends[length] ?? 0
  }

  push(length: number, end: number): void {
    if (end > maxOffset) throw new BadCell("less than 2 GiB of values in one record batch", end)
    if (length + 1 >= this.#ends.length) {
      const ends = new Int32Array(grown(length + 2, this.#ends.length))
      ends.set(this.#ends)
      this.#ends = ends
    }
    this.#ends[length + 1] = end
  }

  take(parts: BatchParts, length: number): void {
    parts.buffers.push(asBytes(this.#ends.subarray(0, length + 1)))
  }
}

class TextBuilder extends Builder {
  #text = Buffer.alloc(1024)
  readonly #offsets = new Offsets()

  get bytes(): number {
    return this.#offsets.last(this.length) + 4 * this.length
  }

  protected push(value: unknown): void {
    if (typeof value !== "string") throw new BadCell("text", value)
    const start = this.#offsets.last(this.length)
    // A UTF-16 code unit takes at most three bytes of UTF-8.
    if (start + 3 * value.length > this.#text.length) this.#reserve(start + Buffer.byteLength(value))
    this.#offsets.push(this.length, start + this.#text.write(value, start))
  }

  protected pushNull(): void {
    this.#offsets.push(this.length, this.#offsets.last(this.length))
  }

  protected takeBuffers(parts: BatchParts): void {
    this.#offsets.take(parts, this.length)
    parts.buffers.push(this.#text.subarray(0, this.#offsets.last(this.length)))
  }

  #reserve(length: number): void {
    if (length <= this.#text.length) return
    const text = Buffer.alloc(grown(length, this.#text.length))
    text.set(this.#text)
    this.#text = text
  }
}

/** The distinct strings of a category column over all its batches, in the order in which they first came. */
export class Dictionary {
  readonly #indices = new Map<string, number>()

  index(value: unknown): number {
    if (typeof value !== "string") throw new BadCell("text", value)
    const known = this.#indices.get(value)
    if (known !== undefined) return known
    const index = this.#indices.size
    this.#indices.set(value, index)
    return index
  }

  get values(): ReadonlyArray<string> {
    return [...this.#indices.keys()]
  }
}

class ListBuilder extends Builder {
  readonly #item: ColumnBuilder
  readonly #offsets = new Offsets()

  constructor(nullable: boolean, item: ColumnBuilder) {
    super(nullable)
    this.#item = item
  }

  get bytes(): number {
    return this.#item.bytes + 4 * this.length
  }

  protected push(value: unknown): void {
    if (!isArrayLike(value)) throw new BadCell("a list", value)
    this.#item.addRange(value, 0, value.length)
    this.#offsets.push(this.length, this.#item.length)
  }

  protected pushNull(): void {
    this.#offsets.push(this.length, this.#item.length)
  }

  protected takeBuffers(parts: BatchParts): void {
    this.#offsets.take(parts, this.length)
    this.#item.take(parts)
  }
}

/** What stands under a null of a fixed-size list: its items exist in the file and need some value. */
const blank = (type: ColumnType): unknown => {
  if (type.nullable === true) return null
  switch (type.type) {
    case "utf8":
    case "category":
      return ""
    case "bool":
      return false
    case "list":
      return []
    case "fixedList":
      return new Array<unknown>(type.size).fill(blank(type.item))
    default:
      return 0
  }
}

class FixedListBuilder extends Builder {
  readonly #item: ColumnBuilder
  readonly #size: number
  readonly #blank: ReadonlyArray<unknown>

  constructor(nullable: boolean, item: ColumnBuilder, type: ColumnType, size: number) {
    super(nullable)
    this.#item = item
    this.#size = size
    this.#blank = new Array<unknown>(size).fill(blank(type))
  }

  get bytes(): number {
    return this.#item.bytes
  }

  /** A typed array is taken as the items of all lists, one after another; `start` and `end` still count lists. */
  override addRange(values: ArrayLike<unknown>, start: number, end: number): void {
    if (!ArrayBuffer.isView(values)) return super.addRange(values, start, end)
    this.#item.addRange(values, start * this.#size, end * this.#size)
    this.length += end - start
  }

  protected push(value: unknown): void {
    if (!isArrayLike(value) || value.length !== this.#size) throw new BadCell(`a list of ${this.#size} items`, value)
    this.#item.addRange(value, 0, this.#size)
  }

  protected pushNull(): void {
    this.#item.addRange(this.#blank, 0, this.#size)
  }

  protected takeBuffers(parts: BatchParts): void {
    this.#item.take(parts)
  }
}

const number = (value: unknown): number => {
  if (typeof value !== "number") throw new BadCell("a number", value)
  return value
}
const integer = (low: number, high: number, name: string) => (value: unknown): number => {
  if (typeof value !== "number" || !Number.isInteger(value) || value < low || value > high) throw new BadCell(name, value)
  return value
}
const word = (value: unknown): bigint => {
  if (typeof value === "bigint" && BigInt.asIntN(64, value) === value) return value
  if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value)
  throw new BadCell("a 64-bit integer (as a bigint where it is beyond 2^53)", value)
}
const moment = (value: unknown): bigint => {
  const milliseconds = value instanceof Date ? value.getTime() : value
  if (typeof milliseconds === "number" && Number.isSafeInteger(milliseconds)) return BigInt(milliseconds)
  throw new BadCell("a Date or whole milliseconds since 1970", value)
}

/** `dictionaries` collects those of the categories inside, in depth-first order. */
export const makeBuilder = (type: ColumnType, dictionaries: Array<Dictionary>): ColumnBuilder => {
  const nullable = type.nullable === true
  switch (type.type) {
    case "float64":
      return new NumberBuilder(nullable, (length) => new Float64Array(length), number)
    case "float32":
      return new NumberBuilder(nullable, (length) => new Float32Array(length), number)
    case "int32":
      return new NumberBuilder(nullable, (length) => new Int32Array(length), integer(-(2 ** 31), 2 ** 31 - 1, "a 32-bit integer"))
    case "uint8":
      return new NumberBuilder(nullable, (length) => new Uint8Array(length), integer(0, 255, "an integer from 0 to 255"))
    case "int64":
      return new WordBuilder(nullable, word)
    case "timestamp":
      return new WordBuilder(nullable, moment)
    case "bool":
      return new BoolBuilder(nullable)
    case "utf8":
      return new TextBuilder(nullable)
    case "category": {
      const dictionary = new Dictionary()
      dictionaries.push(dictionary)
      return new NumberBuilder(nullable, (length) => new Int32Array(length), (value) => dictionary.index(value))
    }
    case "list":
      return new ListBuilder(nullable, makeBuilder(type.item, dictionaries))
    case "fixedList":
      return new FixedListBuilder(nullable, makeBuilder(type.item, dictionaries), type.item, type.size)
  }
}
