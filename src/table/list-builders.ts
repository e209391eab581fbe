/** Columns of text, categories and lists being written. */
import { asBytes, BadCell, type BatchParts, Builder, type ColumnBuilder, grown } from "./builder.ts"
import type { ColumnType } from "./schema.ts"

const isArrayLike = (value: unknown): value is ArrayLike<unknown> =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))

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

export class TextBuilder extends Builder {
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

export class ListBuilder extends Builder {
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

export class FixedListBuilder extends Builder {
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
