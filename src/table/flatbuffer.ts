/**
 * Just enough FlatBuffers for Arrow's metadata: tables, vectors of tables, vectors of structs of 64-bit words, strings.
 * A buffer is built back to front, as the format wants: children are written before the table that points at them.
 * Format: https://flatbuffers.dev/internals/
 */

/** Place of something already written, counted in bytes from the end of the buffer. */
export type Offset = number

/** One field of a table: its slot in the schema and its value. Absent fields take the schema's default. */
export type Field =
  | { readonly slot: number; readonly as: "offset"; readonly value: Offset }
  | { readonly slot: number; readonly as: "u8" | "i16" | "i32"; readonly value: number }
  | { readonly slot: number; readonly as: "i64"; readonly value: number }

const width = { offset: 4, u8: 1, i16: 2, i32: 4, i64: 8 } as const
const utf8 = new TextEncoder()

export class FlatWriter {
  #bytes = new Uint8Array(1024)
  #view = new DataView(this.#bytes.buffer)
  /** Bytes written so far, at the end of `#bytes`. */
  #used = 0

  string(text: string): Offset {
    const bytes = utf8.encode(text)
    this.#align(4, bytes.length + 1)
    this.#grow(bytes.length + 1)
    this.#used += bytes.length + 1
    const at = this.#bytes.length - this.#used
    this.#bytes.set(bytes, at)
    this.#bytes[at + bytes.length] = 0
    return this.#int32(bytes.length)
  }

  /** A vector of tables or strings. */
  offsets(items: ReadonlyArray<Offset>): Offset {
    this.#align(4, items.length * 4)
    for (const item of items.toReversed()) this.#reference(item)
    return this.#int32(items.length)
  }

  /** A vector of structs, each of `words` 64-bit integers; `values` holds them one after another. */
  structs(values: ReadonlyArray<number>, words: number): Offset {
    this.#align(8, values.length * 8)
    for (const value of values.toReversed()) this.#put("i64", value)
    this.#align(4, 0)
    return this.#int32(values.length / words)
  }

  table(fields: ReadonlyArray<Field>): Offset {
    const start = this.#used
    const slots = fields.reduce((most, field) => Math.max(most, field.slot + 1), 0)
    const places = new Array<number>(slots).fill(0)
    for (const field of fields.toSorted((a, b) => width[b.as] - width[a.as])) {
      this.#align(width[field.as], 0)
      if (field.as === "offset") this.#reference(field.value)
      else this.#put(field.as, field.value)
      places[field.slot] = this.#used
    }
    this.#align(4, 0)
    const table = this.#int32(0)
    for (const place of places.toReversed()) this.#put("i16", place === 0 ? 0 : table - place)
    this.#put("i16", table - start)
    this.#put("i16", (slots + 2) * 2)
    this.#view.setInt32(this.#bytes.length - table, this.#used - table, true)
    return table
  }

  /** The finished buffer, its length a multiple of 8. */
  finish(root: Offset): Uint8Array {
    this.#align(8, 4)
    this.#reference(root)
    return this.#bytes.slice(this.#bytes.length - this.#used)
  }

  #grow(more: number): void {
    if (this.#used + more <= this.#bytes.length) return
    const bytes = new Uint8Array(Math.max(this.#bytes.length * 2, this.#used + more))
    bytes.set(this.#bytes.subarray(this.#bytes.length - this.#used), bytes.length - this.#used)
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer)
  }

  /** Pads, so that after `following` more bytes the buffer is aligned to `size`. */
  #align(size: number, following: number): void {
    const pad = (size - ((this.#used + following) % size)) % size
    this.#grow(pad)
    this.#used += pad
    this.#bytes.fill(0, this.#bytes.length - this.#used, this.#bytes.length - this.#used + pad)
  }

  #put(as: "u8" | "i16" | "i32" | "i64", value: number): void {
    this.#grow(width[as])
    this.#used += width[as]
    const at = this.#bytes.length - this.#used
    if (as === "u8") this.#view.setUint8(at, value)
    else if (as === "i16") this.#view.setInt16(at, value, true)
    else if (as === "i32") this.#view.setInt32(at, value, true)
    else this.#view.setBigInt64(at, BigInt(value), true)
  }

  #int32(value: number): Offset {
    this.#put("i32", value)
    return this.#used
  }

  #reference(target: Offset): void {
    this.#put("i32", this.#used - target + 4)
  }
}

const text = new TextDecoder()

/** A table inside a finished buffer. Reading past the buffer throws RangeError, so damage is never read as data. */
export class FlatTable {
  readonly #view: DataView
  readonly #at: number

  constructor(view: DataView, at: number) {
    this.#view = view
    this.#at = at
  }

  static root(bytes: Uint8Array): FlatTable {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    return new FlatTable(view, view.getUint32(0, true))
  }

  u8(slot: number): number {
    const at = this.#field(slot)
    return at === 0 ? 0 : this.#view.getUint8(at)
  }
  i16(slot: number): number {
    const at = this.#field(slot)
    return at === 0 ? 0 : this.#view.getInt16(at, true)
  }
  i32(slot: number): number {
    const at = this.#field(slot)
    return at === 0 ? 0 : this.#view.getInt32(at, true)
  }
  i64(slot: number): number {
    const at = this.#field(slot)
    return at === 0 ? 0 : Number(this.#view.getBigInt64(at, true))
  }
  has(slot: number): boolean {
    return this.#field(slot) !== 0
  }

  string(slot: number): string {
    const at = this.#field(slot)
    if (at === 0) return ""
    const start = at + this.#view.getUint32(at, true)
    const length = this.#view.getUint32(start, true)
    this.#view.getUint8(start + 3 + length)
    return text.decode(new Uint8Array(this.#view.buffer, this.#view.byteOffset + start + 4, length))
  }

  table(slot: number): FlatTable | undefined {
    const at = this.#field(slot)
    return at === 0 ? undefined : new FlatTable(this.#view, at + this.#view.getUint32(at, true))
  }

  tables(slot: number): ReadonlyArray<FlatTable> {
    const { start, length } = this.#vector(slot, 4)
    return Array.from({ length }, (_, i) => {
      const at = start + 4 * i
      return new FlatTable(this.#view, at + this.#view.getUint32(at, true))
    })
  }

  /** The 64-bit integers of a vector of structs, one after another. */
  structs(slot: number, words: number): ReadonlyArray<number> {
    const { start, length } = this.#vector(slot, 8 * words)
    return Array.from({ length: length * words }, (_, i) => Number(this.#view.getBigInt64(start + 8 * i, true)))
  }

  #vector(slot: number, size: number): { readonly start: number; readonly length: number } {
    const at = this.#field(slot)
    if (at === 0) return { start: 0, length: 0 }
    const start = at + this.#view.getUint32(at, true)
    const length = this.#view.getUint32(start, true)
    if (start + 4 + length * size > this.#view.byteLength) throw new RangeError("a vector is longer than its buffer")
    return { start: start + 4, length }
  }

  /** Position of a field's value, 0 where it is absent. */
  #field(slot: number): number {
    const vtable = this.#at - this.#view.getInt32(this.#at, true)
    const entry = 4 + 2 * slot
    if (entry >= this.#view.getUint16(vtable, true)) return 0
    const offset = this.#view.getUint16(vtable + entry, true)
    return offset === 0 ? 0 : this.#at + offset
  }
}
