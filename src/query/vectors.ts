/**
 * Filling DuckDB's vectors from parts. Numbers are copied as whole buffers; text is written as DuckDB's own 16-byte string
 * headers, so that a short string costs no call into native code and a repeated long one costs a single call.
 * Header (duckdb_string_t): length, then either twelve bytes of text or four bytes of prefix and a pointer.
 */
import { type Chunk, isNull } from "../table/arrow-file.ts"
import { arrayOf, indicesOf, valuesOf } from "../table/read.ts"
import type { ColumnType } from "../table/schema.ts"
import type { Engine } from "./engine.ts"
import type { Part } from "./parts.ts"
import { asText } from "./text.ts"

export type Bindings = Engine["bindings"]
type Vector = Parameters<Bindings["vector_get_column_type"]>[0]

const countOf = (parts: ReadonlyArray<Part>): number => parts.reduce((sum, part) => sum + part.count, 0)

/** Copies one bit a row, set for rows that are there, into the vector's own mask. */
class NullMask {
  readonly #bits: Uint8Array<ArrayBuffer>
  any = false

  constructor(total: number) {
    this.#bits = new Uint8Array(((total + 63) >> 6) * 8).fill(255)
  }

  set(row: number): void {
    this.#bits[row >> 3] = (this.#bits[row >> 3] ?? 0) & ~(1 << (row & 7))
    this.any = true
  }

  write(duckdb: Bindings, vector: Vector): void {
    if (!this.any) return
    duckdb.vector_ensure_validity_writable(vector)
    duckdb.copy_data_to_vector_validity(vector, 0, this.#bits.buffer, 0, this.#bits.byteLength)
  }
}

/** Marks the nulls of a part whose rows begin at `row`. */
const markNulls = (nulls: NullMask, part: Part, row: number): void => {
  if (part.kind === "chunk") {
    if (part.chunk.nulls === 0) return
    for (let i = 0; i < part.count; i++) if (isNull(part.chunk, part.start + i)) nulls.set(row + i)
  } else if (part.kind === "values") {
    for (let i = 0; i < part.count; i++) if ((part.values[part.start + i] ?? null) === null) nulls.set(row + i)
  } else if (part.value === null) {
    for (let i = 0; i < part.count; i++) nulls.set(row + i)
  }
}

const eachPart = (parts: ReadonlyArray<Part>, visit: (part: Part, row: number) => void): void => {
  let row = 0
  for (const part of parts) {
    visit(part, row)
    row += part.count
  }
}

const markAll = (duckdb: Bindings, vector: Vector, parts: ReadonlyArray<Part>, total: number): void => {
  const nulls = new NullMask(total)
  eachPart(parts, (part, row) => markNulls(nulls, part, row))
  nulls.write(duckdb, vector)
}

const isNumeric = (type: ColumnType["type"]): boolean => arrayOf(type, new Uint8Array(0)) !== undefined

/** The parts with whatever has another type than the vector's turned into plain values. */
const unified = (type: ColumnType, parts: ReadonlyArray<Part>): ReadonlyArray<Part> =>
  parts.map((part) => {
    if (part.kind !== "chunk") return part
    const from = part.chunk.layout.type
    const fits = from.type === type.type || (type.type === "utf8" && from.type === "category") ||
      (type.type === "list" && from.type === "fixedList") || (isNumeric(type.type) && isNumeric(from.type) && type.type !== "timestamp")
    return fits ? part : { kind: "values", values: valuesOf(part.file, part.chunk), start: part.start, count: part.count }
  })

// Numbers

/** The same values under another type; 64-bit integers may lose their last digits in a float, as in SQL. */
const setNumber = (target: ReturnType<typeof arrayOf>, row: number, value: unknown): void => {
  if (target instanceof BigInt64Array) target[row] = typeof value === "bigint" ? value : BigInt(Math.trunc(Number(value)))
  else if (target !== undefined) target[row] = Number(value)
}

const widthOf = (type: ColumnType["type"]): number => type === "uint8" ? 1 : type === "float32" || type === "int32" ? 4 : 8

const fillNumbers = (duckdb: Bindings, vector: Vector, type: ColumnType, parts: ReadonlyArray<Part>, total: number): void => {
  const width = widthOf(type.type)
  const [only] = parts
  if (parts.length === 1 && only?.kind === "chunk" && only.chunk.layout.type.type === type.type) {
    const { buffer, byteOffset } = only.chunk.data
    duckdb.copy_data_to_vector(vector, 0, buffer, byteOffset + only.start * width, total * width)
  } else {
    const bytes = new Uint8Array(total * width)
    const target = arrayOf(type.type, bytes)
    eachPart(parts, (part, row) => {
      if (part.kind === "chunk" && part.chunk.layout.type.type === type.type) {
        bytes.set(part.chunk.data.subarray(part.start * width, (part.start + part.count) * width), row * width)
      } else if (part.kind === "constant") {
        if (part.value !== null) for (let i = 0; i < part.count; i++) setNumber(target, row + i, part.value)
      } else {
        const values = part.kind === "chunk" ? arrayOf(part.chunk.layout.type.type, part.chunk.data) ?? [] : part.values
        for (let i = 0; i < part.count; i++) {
          const value = values[part.start + i] ?? null
          if (value !== null) setNumber(target, row + i, value)
        }
      }
    })
    duckdb.copy_data_to_vector(vector, 0, bytes.buffer, 0, bytes.byteLength)
  }
  markAll(duckdb, vector, parts, total)
}

const fillBools = (duckdb: Bindings, vector: Vector, parts: ReadonlyArray<Part>, total: number): void => {
  const bytes = new Uint8Array(total)
  eachPart(parts, (part, row) => {
    for (let i = 0; i < part.count; i++) {
      const at = part.kind === "constant" ? 0 : part.start + i
      const value = part.kind === "chunk" ? ((part.chunk.data[at >> 3] ?? 0) & (1 << (at & 7))) !== 0
        : part.kind === "values" ? part.values[at] === true
        : part.value === true
      bytes[row + i] = value ? 1 : 0
    }
  })
  duckdb.copy_data_to_vector(vector, 0, bytes.buffer, 0, total)
  markAll(duckdb, vector, parts, total)
}

// Text

const headerBytes = 16
const inlineBytes = 12

/** Headers being written for one vector. */
class Headers {
  readonly #duckdb: Bindings
  readonly #vector: Vector
  readonly #total: number
  readonly #bytes: Uint8Array<ArrayBuffer>
  readonly #words: Int32Array<ArrayBuffer>
  /** Rows whose text DuckDB keeps, and rows that have the same text as an earlier one. */
  readonly #long: Array<number> = []
  readonly #repeats: Array<readonly [row: number, of: number]> = []

  constructor(duckdb: Bindings, vector: Vector, total: number) {
    this.#duckdb = duckdb
    this.#vector = vector
    this.#total = total
    this.#bytes = new Uint8Array(total * headerBytes)
    this.#words = new Int32Array(this.#bytes.buffer)
  }

  put(row: number, text: Uint8Array, start: number, end: number): void {
    const length = end - start
    if (length > inlineBytes) {
      this.#duckdb.vector_assign_string_element_len(this.#vector, row, text.subarray(start, end))
      this.#long.push(row)
      return
    }
    this.#words[row * 4] = length
    const to = row * headerBytes + 4 - start
    for (let i = start; i < end; i++) this.#bytes[to + i] = text[i] ?? 0
  }

  repeat(row: number, of: number): void {
    this.#repeats.push([row, of])
  }

  write(): void {
    if (this.#long.length > 0) {
      const kept = this.#duckdb.vector_get_data(this.#vector, this.#total * headerBytes)
      for (const row of this.#long) {
        const at = row * headerBytes
        this.#bytes.set(kept.subarray(at, at + headerBytes), at)
      }
    }
    for (const [row, of] of this.#repeats) {
      const [to, from] = [row * 4, of * 4]
      for (let i = 0; i < 4; i++) this.#words[to + i] = this.#words[from + i] ?? 0
    }
    this.#duckdb.copy_data_to_vector(this.#vector, 0, this.#bytes.buffer, 0, this.#bytes.byteLength)
  }
}

const fillText = (duckdb: Bindings, vector: Vector, parts: ReadonlyArray<Part>, total: number): void => {
  const headers = new Headers(duckdb, vector, total)
  /** Row at which a string that is likely to come again came first. */
  const first = new Map<string, number>()
  const putShared = (row: number, text: string): void => {
    const known = first.get(text)
    if (known !== undefined) return headers.repeat(row, known)
    const bytes = Buffer.from(text)
    headers.put(row, bytes, 0, bytes.length)
    first.set(text, row)
  }
  eachPart(parts, (part, row) => {
    if (part.kind === "constant") {
      const text = part.value === null ? undefined : asText(part.value)
      if (text !== undefined) for (let i = 0; i < part.count; i++) putShared(row + i, text)
    } else if (part.kind === "values") {
      for (let i = 0; i < part.count; i++) {
        const value = part.values[part.start + i] ?? null
        if (value !== null) putShared(row + i, asText(value))
      }
    } else if (part.chunk.layout.type.type === "category") {
      putCategory(part.chunk, part.file.dictionary(part.chunk.layout.dictionary?.id ?? -1), part.start, part.count, row, putShared, headers)
    } else {
      const { data, nulls, offsets } = part.chunk
      if (offsets === undefined) return
      for (let i = 0, at = part.start; i < part.count; i++, at++) {
        if (nulls > 0 && isNull(part.chunk, at)) continue
        headers.put(row + i, data, offsets[at] ?? 0, offsets[at + 1] ?? 0)
      }
    }
  })
  headers.write()
  markAll(duckdb, vector, parts, total)
}

const putCategory = (
  chunk: Chunk,
  dictionary: ReadonlyArray<string>,
  start: number,
  count: number,
  row: number,
  put: (row: number, text: string) => void,
  headers: Headers
): void => {
  const indices = indicesOf(chunk)
  const rowOf = new Map<number, number>()
  for (let i = 0; i < count; i++) {
    if (chunk.nulls > 0 && isNull(chunk, start + i)) continue
    const index = indices[start + i] ?? -1
    const known = rowOf.get(index)
    if (known !== undefined) {
      headers.repeat(row + i, known)
      continue
    }
    const text = dictionary[index]
    if (text === undefined) throw new RangeError(`column "${chunk.layout.name}" is damaged: it has no category ${index}`)
    put(row + i, text)
    rowOf.set(index, row + i)
  }
}

// Lists

/** Items of the rows of `part`: one stretch where the rows lie one after another. `lengths` gets the number of items of each row. */
const itemsOf = (part: Part, size: number, lengths: Array<number>): ReadonlyArray<Part> => {
  if (part.kind === "constant") {
    for (let i = 0; i < part.count; i++) lengths.push(0)
    return []
  }
  if (part.kind === "values") {
    return Array.from({ length: part.count }, (_, i): Part => {
      const value = part.values[part.start + i]
      const values = isList(value) ? value : []
      lengths.push(values.length)
      return { kind: "values", values, start: 0, count: values.length }
    })
  }
  const { chunk, count, file, start } = part
  const { item, offsets } = chunk
  if (item === undefined) return []
  const from = offsets === undefined ? start * size : offsets[start] ?? 0
  const to = offsets === undefined ? (start + count) * size : offsets[start + count] ?? 0
  for (let i = start; i < start + count; i++) lengths.push(offsets === undefined ? size : (offsets[i + 1] ?? 0) - (offsets[i] ?? 0))
  return to === from ? [] : [{ kind: "chunk", file, chunk: item, start: from, count: to - from }]
}

const isList = (value: unknown): value is ArrayLike<unknown> =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))

const fillLists = (duckdb: Bindings, vector: Vector, item: ColumnType, parts: ReadonlyArray<Part>, total: number): void => {
  const lengths: Array<number> = []
  const items = parts.flatMap((part) => {
    const size = part.kind === "chunk" && part.chunk.layout.type.type === "fixedList" ? part.chunk.layout.type.size : 0
    return itemsOf(part, size, lengths)
  })
  const entries = new BigUint64Array(total * 2)
  let offset = 0
  for (let row = 0; row < total; row++) {
    const length = lengths[row] ?? 0
    entries[2 * row] = BigInt(offset)
    entries[2 * row + 1] = BigInt(length)
    offset += length
  }
  duckdb.copy_data_to_vector(vector, 0, entries.buffer, 0, entries.byteLength)
  duckdb.list_vector_reserve(vector, offset)
  duckdb.list_vector_set_size(vector, offset)
  if (offset > 0) fillVector(duckdb, duckdb.list_vector_get_child(vector), item, items)
  markAll(duckdb, vector, parts, total)
}

/** One part for each stretch of rows with, or without, a value. */
const splitNulls = (part: Part): ReadonlyArray<Part> => {
  if (part.kind === "constant" || (part.kind === "chunk" && part.chunk.nulls === 0)) return [part]
  const isNullAt = (i: number) => part.kind === "chunk" ? isNull(part.chunk, i) : (part.values[i] ?? null) === null
  const runs: Array<Part> = []
  for (let i = part.start; i < part.start + part.count;) {
    const nothing = isNullAt(i)
    let end = i + 1
    while (end < part.start + part.count && isNullAt(end) === nothing) end++
    runs.push(nothing ? { kind: "constant", value: null, count: end - i } : { ...part, start: i, count: end - i })
    i = end
  }
  return runs
}

/** In an array that is null DuckDB expects every item to be null. */
const fillArrays = (duckdb: Bindings, vector: Vector, item: ColumnType, size: number, parts: ReadonlyArray<Part>, total: number): void => {
  const items = parts.flatMap(splitNulls).flatMap((part): ReadonlyArray<Part> =>
    part.kind === "constant" ? [{ kind: "constant", value: null, count: part.count * size }] : itemsOf(part, size, []))
  fillVector(duckdb, duckdb.array_vector_get_child(vector), item, items)
  markAll(duckdb, vector, parts, total)
}

/** Fills the first rows of `vector`, whose DuckDB type is the one that `duckdbType` gives for `type`, with what the parts hold. */
export const fillVector = (duckdb: Bindings, vector: Vector, type: ColumnType, given: ReadonlyArray<Part>): void => {
  const parts = unified(type, given)
  const total = countOf(parts)
  if (total === 0) return
  switch (type.type) {
    case "bool":
      return fillBools(duckdb, vector, parts, total)
    case "utf8":
    case "category":
      return fillText(duckdb, vector, parts, total)
    case "list":
      return fillLists(duckdb, vector, type.item, parts, total)
    case "fixedList":
      return fillArrays(duckdb, vector, type.item, type.size, parts, total)
    default:
      return fillNumbers(duckdb, vector, type, parts, total)
  }
}
