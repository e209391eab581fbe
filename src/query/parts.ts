/**
 * The rows that a scan hands out: stretches of Arrow columns, of values in memory, and constants, one after another. Every
 * column of a query's input is a list of such parts.
 */
import { isUtf8 } from "node:buffer"
import { type ArrowFile, type Chunk, openArrowFile } from "../table/arrow-file.ts"
import { TableError } from "../table/error.ts"

export type Scalar = null | boolean | number | string

export type Part =
  | { readonly kind: "chunk"; readonly file: ArrowFile; readonly chunk: Chunk; readonly start: number; readonly count: number }
  /** JavaScript values as `readTable` gives them. */
  | { readonly kind: "values"; readonly values: ArrayLike<unknown>; readonly start: number; readonly count: number }
  | { readonly kind: "constant"; readonly value: Scalar; readonly count: number }

/** A table while it is being read. */
export interface OpenTable {
  /** The parts that make up rows `start` to `start + count` of a column; nulls where the table has no such column. Throws TableError. */
  parts(column: string, start: number, count: number): ReadonlyArray<Part>
  close(): void
}

/** A table that can be opened; equal keys are the same table. */
export interface TableSource {
  readonly key: string
  open(): OpenTable
}

/** Text goes to DuckDB as it is, and DuckDB trusts it to be UTF-8. */
const checkText = (file: ArrowFile, chunk: Chunk): void => {
  const { data, item, layout, offsets } = chunk
  if (layout.type.type === "utf8" && offsets !== undefined) {
    const split = (at: number) => at < data.length && ((data[at] ?? 0) & 0xc0) === 0x80
    if (!isUtf8(data) || offsets.some(split)) {
      throw new TableError({ path: file.path, column: layout.name, message: `${file.path}: column "${layout.name}" is damaged: its text is not UTF-8` })
    }
  }
  if (item !== undefined) checkText(file, item)
}

export const arrowTable = (file: ArrowFile): OpenTable => {
  const columnAt = new Map(file.layout.columns.map((column, i) => [column.name, i]))
  const firstRow = [0]
  for (const rows of file.batches) firstRow.push((firstRow.at(-1) ?? 0) + rows)
  // Scans go forward, so the last batch of each column is all that is worth keeping.
  const kept = new Map<number, { readonly batch: number; readonly chunk: Chunk }>()
  const chunkOf = (batch: number, column: number): Chunk => {
    const known = kept.get(column)
    if (known?.batch === batch) return known.chunk
    const chunk = file.chunk(batch, column)
    checkText(file, chunk)
    kept.set(column, { batch, chunk })
    return chunk
  }
  let batch = 0
  return {
    parts: (name, start, count) => {
      const column = columnAt.get(name)
      if (column === undefined) return [{ kind: "constant", value: null, count }]
      if (start < (firstRow[batch] ?? 0)) batch = 0
      while (batch + 1 < file.batches.length && start >= (firstRow[batch + 1] ?? 0)) batch++
      const parts: Array<Part> = []
      for (let at = batch, row = start, left = count; left > 0 && at < file.batches.length; at++) {
        const offset = row - (firstRow[at] ?? 0)
        const taken = Math.min(left, (file.batches[at] ?? 0) - offset)
        if (taken > 0) parts.push({ kind: "chunk", file, chunk: chunkOf(at, column), start: offset, count: taken })
        row += taken
        left -= taken
      }
      return parts
    },
    close: file.close
  }
}

export const arrowSource = (path: string): TableSource => ({ key: path, open: () => arrowTable(openArrowFile(path)) })

/** Columns of one length in memory. */
export const memorySource = (key: string, columns: Readonly<Record<string, ArrayLike<unknown>>>): TableSource => ({
  key,
  open: () => ({
    parts: (name, start, count) => {
      const values = columns[name]
      return [values === undefined ? { kind: "constant", value: null, count } : { kind: "values", values, start, count }]
    },
    close: () => {}
  })
})

/** Tables that scans have open, the most recently used ones only, so that ten thousand files need no ten thousand descriptors. */
export interface OpenTables {
  get(source: TableSource): OpenTable
  closeAll(): void
}

const mostOpen = 64

export const makeOpenTables = (): OpenTables => {
  const open = new Map<string, OpenTable>()
  return {
    get: (source) => {
      const known = open.get(source.key)
      const table = known ?? source.open()
      if (known !== undefined) open.delete(source.key)
      open.set(source.key, table)
      if (open.size > mostOpen) {
        for (const [key, oldest] of open) {
          open.delete(key)
          oldest.close()
          break
        }
      }
      return table
    },
    closeAll: () => {
      for (const table of open.values()) table.close()
      open.clear()
    }
  }
}
