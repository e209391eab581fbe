/**
 * Writing a table as an Arrow IPC file: rows or columns go into buffers, and every eight mebibytes or 65,536 rows of them
 * become a record batch on disk, so that a long table needs no memory. Where a batch ends depends on the rows alone, not
 * on how they were handed over: the same rows are the same bytes.
 */
import { closeSync, openSync, rmSync, writevSync } from "node:fs"
import {
  batchMessage, type Block, bodyAlignment, dictionaryMessage, fileEnd, layoutOf, magic, type Metadata, schemaMessage
} from "./arrow-format.ts"
import { BadCell, type BatchParts, type ColumnBuilder } from "./builder.ts"
import { fixedWidth, makeBuilder } from "./column-builder.ts"
import { TableError } from "./error.ts"
import type { Dictionary } from "./list-builders.ts"
import type { ColumnType, TableSchema } from "./schema.ts"

export type Row = Readonly<Record<string, unknown>>
/** Columns of one length. A typed array for a fixed-size list holds all items, one list after another. */
export type Columns = Readonly<Record<string, ArrayLike<unknown>>>

export interface TableFileWriter {
  /** Throws TableError for a missing or surplus column and for a value that its column cannot hold; the table is then lost. */
  append(rows: ReadonlyArray<Row>): void
  appendColumns(columns: Columns): void
  /** Finishes the file and gives its number of rows. */
  close(): number
  /** Gives up and removes the file. */
  abort(): void
}

const batchRows = 65_536
const batchBytes = 8 * 2 ** 20
/** How many rows of varying size are written between two looks at the batch's size. */
const variableStride = 64

const padding = new Uint8Array(bodyAlignment)
const padOf = (length: number): number => (bodyAlignment - (length % bodyAlignment)) % bodyAlignment

const show = (value: unknown): string => {
  const text = typeof value === "bigint" ? `${value}n`
    : typeof value === "number" || value === undefined ? String(value)
    : typeof value === "function" ? "a function"
    : JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

/** Columns of the file, each with its builder. */
interface Column {
  readonly name: string
  readonly type: ColumnType
  readonly builder: ColumnBuilder
}

/** Puts messages one after another into the file and notes where they lie. */
class MessageFile {
  readonly #file: number
  #offset = 0

  constructor(path: string) {
    this.#file = openSync(path, "w")
  }

  write(bytes: ReadonlyArray<Uint8Array>): void {
    let rest = bytes.filter((part) => part.length > 0)
    while (rest.length > 0) {
      // The system takes at most 1024 parts at once, and may take fewer bytes than offered.
      const some = rest.slice(0, 512)
      let taken = writevSync(this.#file, some)
      this.#offset += taken
      let whole = 0
      for (const part of some) {
        if (taken < part.length) break
        taken -= part.length
        whole++
      }
      const partial = taken > 0 ? rest[whole] : undefined
      rest = partial === undefined ? rest.slice(whole) : [partial.subarray(taken), ...rest.slice(whole + 1)]
    }
  }

  writeMessage(parts: BatchParts, length: number, encode: (batch: Parameters<typeof batchMessage>[0], bodyLength: number) => Uint8Array): Block {
    const places: Array<number> = []
    const body: Array<Uint8Array> = []
    let bodyLength = 0
    for (const buffer of parts.buffers) {
      places.push(bodyLength, buffer.length)
      const pad = padOf(buffer.length)
      body.push(buffer, padding.subarray(0, pad))
      bodyLength += buffer.length + pad
    }
    const metadata = encode({ length, nodes: parts.nodes, buffers: places }, bodyLength)
    const block = { offset: this.#offset, metadataLength: metadata.length, bodyLength }
    this.write([metadata, ...body])
    return block
  }

  close(): void {
    closeSync(this.#file)
  }
}

/**
 * Opens `path` for a table of this schema; an existing file is replaced. `metadata` goes into the file, and `columnMetadata` to
 * its columns. Throws TableError.
 */
export const openTableWriter = (
  path: string,
  schema: TableSchema,
  metadata: Metadata = {},
  columnMetadata: Readonly<Record<string, Metadata>> = {}
): TableFileWriter => {
  const fail = (message: string, column?: string) =>
    new TableError({ path, message: `${path}: ${message}`, ...(column === undefined ? {} : { column }) })
  const onDisk = <A>(action: () => A): A => {
    try {
      return action()
    } catch (error) {
      throw error instanceof TableError ? error : fail(`the table cannot be written (${error instanceof Error ? error.message : String(error)})`)
    }
  }

  const dictionaries: Array<Dictionary> = []
  const columns: ReadonlyArray<Column> = Object.entries(schema).map(([name, type]) => ({ name, type, builder: makeBuilder(type, dictionaries) }))
  const layout = layoutOf(schema, columnMetadata)
  const widths = columns.map((column) => fixedWidth(column.type))
  const rowBytes = widths.reduce<number>((sum, width) => sum + (width ?? 0), 0)
  const maxRows = Math.max(1, Math.min(batchRows, Math.floor(batchBytes / Math.max(1, rowBytes))))
  const stride = widths.includes(undefined) ? Math.min(variableStride, maxRows) : maxRows

  const file = onDisk(() => new MessageFile(path))
  onDisk(() => file.write([magic, padding.subarray(0, padOf(magic.length)), schemaMessage(layout, metadata)]))
  const batches: Array<Block> = []
  let state: "open" | "failed" | "closed" = "open"
  let written = 0
  let pending = 0

  const flush = (): void => {
    const parts: BatchParts = { nodes: [], buffers: [] }
    for (const column of columns) column.builder.take(parts)
    batches.push(file.writeMessage(parts, pending, batchMessage))
    written += pending
    pending = 0
  }

  /** Takes `rows` rows through `add`, a run at a time, so that batches end where the rows say. */
  const take = (rows: number, add: (start: number, end: number) => void): void => {
    if (state !== "open") throw fail(`rows were added after the table had ${state === "closed" ? "been closed" : "failed"}`)
    state = "failed"
    for (let start = 0; start < rows;) {
      const end = Math.min(rows, start + stride - (pending % stride), start + maxRows - pending)
      add(start, end)
      pending += end - start
      start = end
      const full = pending >= maxRows ||
        (pending % stride === 0 && columns.reduce((sum, column) => sum + column.builder.bytes, 0) >= batchBytes)
      if (full) onDisk(flush)
    }
    state = "open"
  }

  const badCell = (error: unknown, column: Column, row: number): TableError => {
    if (!(error instanceof BadCell)) throw error
    return fail(`column "${column.name}", row ${row}: ${show(error.value)} is not ${error.message}`, column.name)
  }

  const checkNames = (given: ReadonlyArray<string>, where: string): void => {
    const missing = columns.filter((column) => !given.includes(column.name)).map((column) => column.name)
    const surplus = given.filter((name) => !Object.hasOwn(schema, name))
    const [name] = [...missing, ...surplus]
    if (name === undefined) return
    const declared = columns.map((column) => column.name).join(", ")
    throw fail(`${where} ${missing.includes(name) ? "lacks" : "has the surplus"} column "${name}" (declared are ${declared})`, name)
  }

  const append = (rows: ReadonlyArray<Row>): void =>
    take(rows.length, (start, end) => {
      for (let i = start; i < end; i++) {
        const row = rows[i] ?? {}
        let known = 0
        for (const name in row) if (Object.hasOwn(schema, name)) known++
          else checkNames(Object.keys(row), `row ${written + pending + i - start}`)
        if (known !== columns.length) checkNames(Object.keys(row), `row ${written + pending + i - start}`)
      }
      for (const column of columns) {
        let i = start
        try {
          for (; i < end; i++) column.builder.add(rows[i]?.[column.name])
        } catch (error) {
          throw badCell(error, column, written + pending + i - start)
        }
      }
    })

  const lengthOf = (column: Column, values: ArrayLike<unknown>): number => {
    const perRow = column.type.type === "fixedList" && ArrayBuffer.isView(values) ? column.type.size : 1
    if (values.length % perRow !== 0) throw fail(`column "${column.name}" has ${values.length} values, not a multiple of ${perRow}`, column.name)
    return values.length / perRow
  }

  const appendColumns = (given: Columns): void => {
    checkNames(Object.keys(given), "the batch")
    const [first] = columns
    const rows = first === undefined ? 0 : lengthOf(first, given[first.name] ?? [])
    for (const column of columns) {
      const length = lengthOf(column, given[column.name] ?? [])
      if (length !== rows) throw fail(`column "${column.name}" has ${length} rows, but "${first?.name}" has ${rows}`, column.name)
    }
    take(rows, (start, end) => {
      for (const column of columns) {
        const before = column.builder.length
        try {
          column.builder.addRange(given[column.name] ?? [], start, end)
        } catch (error) {
          throw badCell(error, column, written + pending + column.builder.length - before)
        }
      }
    })
  }

  /** Written last, when all values are known: readers of a file find dictionaries by the footer. */
  const writeDictionaries = (): ReadonlyArray<Block> =>
    dictionaries.map((dictionary, id) => {
      const values = dictionary.values
      const builder = makeBuilder({ type: "utf8" }, [])
      builder.addRange(values, 0, values.length)
      const parts: BatchParts = { nodes: [], buffers: [] }
      builder.take(parts)
      return file.writeMessage(parts, values.length, (batch, bodyLength) => dictionaryMessage(id, batch, bodyLength))
    })

  const close = (): number => {
    if (state !== "open") throw fail(`the table ${state === "closed" ? "was closed already" : "failed, so it cannot be finished"}`)
    onDisk(() => {
      // A table that fits one batch has its dictionaries before it, so that it reads as a stream too.
      const early = batches.length === 0 ? writeDictionaries() : undefined
      if (pending > 0) flush()
      file.write([fileEnd({ columns: layout, metadata, dictionaries: early ?? writeDictionaries(), batches })])
      file.close()
    })
    state = "closed"
    return written
  }

  const abort = (): void => {
    if (state === "closed") return
    state = "closed"
    file.close()
    rmSync(path, { force: true })
  }

  return { append, appendColumns, close, abort }
}
