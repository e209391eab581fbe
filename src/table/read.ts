/** Reading a whole table into memory, column by column. */
import { type ArrowFile, type Chunk, isNull, openArrowFile, textOf } from "./arrow-file.ts"
import type { Layout, Metadata } from "./arrow-format.ts"
import { TableError } from "./error.ts"
import type { ColumnType, TableSchema } from "./schema.ts"

export interface Table {
  readonly rows: number
  /**
   * Numbers without nulls are typed arrays (int64: BigInt64Array; timestamps: Float64Array of milliseconds since 1970);
   * everything else is an array of values, with null where there is none. A list of numbers is a typed array in its cell.
   */
  readonly columns: Readonly<Record<string, ArrayLike<unknown>>>
  readonly schema: TableSchema
  readonly metadata: Metadata
}

type NumberArray = Float64Array | Float32Array | Int32Array | Uint8Array | BigInt64Array

/** The array for a type of numbers; undefined for the rest. Times are counted as 64-bit integers. */
export const arrayOf = (type: ColumnType["type"], bytes: Uint8Array): NumberArray | undefined => {
  const { buffer, byteOffset, byteLength } = bytes
  switch (type) {
    case "float64":
      return new Float64Array(buffer, byteOffset, byteLength / 8)
    case "float32":
      return new Float32Array(buffer, byteOffset, byteLength / 4)
    case "int32":
      return new Int32Array(buffer, byteOffset, byteLength / 4)
    case "uint8":
      return bytes
    case "int64":
    case "timestamp":
      return new BigInt64Array(buffer, byteOffset, byteLength / 8)
    default:
      return undefined
  }
}

const bytesPerValue = (type: ColumnType["type"]): number | undefined =>
  type === "uint8" ? 1 : type === "float32" || type === "int32" ? 4 : type === "float64" || type === "int64" || type === "timestamp" ? 8 : undefined

/** Indices of a category chunk, whatever their width. */
export const indicesOf = (chunk: Chunk): ArrayLike<number> => {
  const { buffer, byteOffset, byteLength } = chunk.data
  const { bits, signed } = chunk.layout.dictionary ?? { bits: 32, signed: true }
  if (bits === 8) return signed ? new Int8Array(buffer, byteOffset, byteLength) : chunk.data
  if (bits === 16) return signed ? new Int16Array(buffer, byteOffset, byteLength / 2) : new Uint16Array(buffer, byteOffset, byteLength / 2)
  if (bits === 32) return signed ? new Int32Array(buffer, byteOffset, byteLength / 4) : new Uint32Array(buffer, byteOffset, byteLength / 4)
  return Array.from(new BigInt64Array(buffer, byteOffset, byteLength / 8), Number)
}

const milliseconds = (values: NumberArray): NumberArray => values instanceof BigInt64Array ? Float64Array.from(values, Number) : values

/** The values of a chunk, as `readTable` gives them. */
export const valuesOf = (file: ArrowFile, chunk: Chunk): ArrayLike<unknown> => {
  const { layout, length } = chunk
  const type = layout.type.type
  const raw = arrayOf(type, chunk.data)
  if (raw !== undefined) {
    const numbers = type === "timestamp" ? milliseconds(raw) : raw
    return chunk.nulls === 0 ? numbers : Array.from({ length }, (_, i) => isNull(chunk, i) ? null : numbers[i])
  }
  switch (type) {
    case "bool":
      return Array.from({ length }, (_, i) => isNull(chunk, i) ? null : ((chunk.data[i >> 3] ?? 0) & (1 << (i & 7))) !== 0)
    case "utf8":
      return textOf(chunk)
    case "category": {
      const values = file.dictionary(layout.dictionary?.id ?? -1)
      const indices = indicesOf(chunk)
      return Array.from({ length }, (_, i) => {
        if (isNull(chunk, i)) return null
        const value = values[indices[i] ?? -1]
        if (value === undefined) throw new TableError({ path: file.path, column: layout.name, message: `${file.path}: column "${layout.name}", row ${i}: the file is damaged (no such category)` })
        return value
      })
    }
    default: {
      const item = chunk.item === undefined ? [] : valuesOf(file, chunk.item)
      const size = layout.type.type === "fixedList" ? layout.type.size : 0
      return Array.from({ length }, (_, i) => {
        if (isNull(chunk, i)) return null
        const start = chunk.offsets === undefined ? i * size : chunk.offsets[i] ?? 0
        return slice(item, start, chunk.offsets === undefined ? start + size : chunk.offsets[i + 1] ?? 0)
      })
    }
  }
}

const isTyped = (values: ArrayLike<unknown>): values is NumberArray => ArrayBuffer.isView(values)

/** Views into typed arrays, copies of the rest. */
const slice = (values: ArrayLike<unknown>, start: number, end: number): ArrayLike<unknown> =>
  isTyped(values) ? values.subarray(start, end) : Array.isArray(values) ? values.slice(start, end) : Array.from(values).slice(start, end)

const readColumn = (file: ArrowFile, column: Layout, index: number): ArrayLike<unknown> => {
  if (file.batches.length === 1) return valuesOf(file, file.chunk(0, index))
  const width = bytesPerValue(column.type.type)
  if (width !== undefined) {
    const bytes = new Uint8Array(file.rows * width)
    const values = arrayOf(column.type.type, bytes)
    if (values !== undefined && file.readInto(index, bytes)) return column.type.type === "timestamp" ? milliseconds(values) : values
  }
  const parts = file.batches.map((_, batch) => valuesOf(file, file.chunk(batch, index)))
  return parts.flatMap((part) => Array.from(part))
}

export const schemaOf = (columns: ReadonlyArray<Layout>): TableSchema =>
  Object.fromEntries(columns.map((column) => [column.name, column.type]))

/** Opens a file for as long as `use` runs. */
export const withArrowFile = <A>(path: string, use: (file: ArrowFile) => A): A => {
  const file = openArrowFile(path)
  try {
    return use(file)
  } catch (error) {
    throw error instanceof RangeError ? new TableError({ path, message: `${path}: the file is damaged (${error.message})` }) : error
  } finally {
    file.close()
  }
}

/** Reads an Arrow IPC file. Throws TableError, which names the file and, where it lies in one, the column. */
export const readTable = (path: string): Table =>
  withArrowFile(path, (file) => ({
    rows: file.rows,
    columns: Object.fromEntries(file.layout.columns.map((column, i) => [column.name, readColumn(file, column, i)])),
    schema: schemaOf(file.layout.columns),
    metadata: file.layout.metadata
  }))

/** A file whose record batches are read one at a time. Throws TableError; close it when done. */
export const openBatches = (path: string): { readonly rows: number; readonly count: number; readonly read: (batch: number) => Omit<Table, "schema" | "metadata">; readonly close: () => void } => {
  const file = openArrowFile(path)
  return {
    rows: file.rows,
    count: file.batches.length,
    read: (batch) => ({
      rows: file.batches[batch] ?? 0,
      columns: Object.fromEntries(file.layout.columns.map((column, i) => [column.name, valuesOf(file, file.chunk(batch, i))]))
    }),
    close: file.close
  }
}

/** The columns of an Arrow IPC file and how many rows they have. */
export const readSchema = (path: string): { readonly schema: TableSchema; readonly metadata: Metadata; readonly rows: number } =>
  withArrowFile(path, (file) => ({ schema: schemaOf(file.layout.columns), metadata: file.layout.metadata, rows: file.rows }))
