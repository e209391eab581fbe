/** Tables on their way to a program and back: Arrow, CSV (RFC 4180), NDJSON, Parquet (duck.ts). */
import { copyFileSync, readFileSync, writeFileSync } from "node:fs"
import type { ColumnType } from "../../../src/table/schema.ts"
import { readSchema, readTable } from "../../../src/table/read.ts"
import { openTableWriter } from "../../../src/table/write.ts"
import { parseCsv, type CsvType } from "../../data/lib/csv.ts"
import type { TableFormat } from "./params.ts"

/** A cell as JSON has it. */
const plain = (value: unknown): unknown =>
  typeof value === "bigint" ? (Number.isSafeInteger(Number(value)) ? Number(value) : String(value))
  : value instanceof Date ? value.toISOString()
  : ArrayBuffer.isView(value) || Array.isArray(value) ? Array.from(listOf(value), plain)
  : value

const listOf = (value: unknown): ReadonlyArray<unknown> =>
  Array.isArray(value) ? value
  : value instanceof Float32Array || value instanceof Float64Array || value instanceof Int32Array || value instanceof Uint8Array || value instanceof BigInt64Array ? [...value]
  : []

const csvCell = (value: unknown): string => {
  if (value === null || value === undefined) return ""
  const text = typeof value === "object" ? JSON.stringify(value) : String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll("\"", "\"\"")}"` : text
}

/** Writes an Arrow file in another format. In CSV a list of fixed length is a column for each item: `x_0`, `x_1`. */
export const giveTable = async (from: string, to: string, format: Exclude<TableFormat, "arrow">): Promise<void> => {
  if (format === "parquet") return (await import("./duck.ts")).giveParquet(from, to)
  const { columns, rows } = readTable(from)
  const names = Object.keys(columns)
  const { schema } = readSchema(from)
  const lines: Array<string> = []
  if (format === "csv") {
    lines.push(names.flatMap((name) => {
      const type = schema[name]
      return type?.type === "fixedList" ? Array.from({ length: type.size }, (_, at) => csvCell(`${name}_${at}`)) : [csvCell(name)]
    }).join(","))
  }
  for (let row = 0; row < rows; row++) {
    const cells = names.map((name) => plain(columns[name]?.[row]))
    lines.push(format === "ndjson"
      ? JSON.stringify(Object.fromEntries(names.map((name, at) => [name, cells[at]])))
      : cells.flatMap((cell, at) => (schema[names[at] ?? ""]?.type === "fixedList" ? listOf(cell) : [cell])).map(csvCell).join(","))
  }
  writeFileSync(to, lines.map((line) => `${line}\n`).join(""))
}

/** Takes what a program wrote as an Arrow file; gives the number of rows. Rejects with an Error that says what is wrong, and in which line. */
export const takeTable = async (from: string, to: string, format: TableFormat, columns: Readonly<Record<string, CsvType>>): Promise<number> => {
  if (format === "parquet") return (await import("./duck.ts")).takeParquet(from, to)
  if (format === "arrow") {
    const { rows } = readSchema(from)
    copyFileSync(from, to)
    return rows
  }
  const text = readFileSync(from, "utf8")
  const table = format === "csv" ? parseCsv(text, columns) : parseNdjson(text)
  if ("message" in table) throw new Error(`line ${table.line}: ${table.message}`)
  const writer = openTableWriter(to, table.schema)
  writer.append(table.rows)
  return writer.close()
}

type Cell = number | boolean | string | null
type Row = Readonly<Record<string, Cell>>

const parseNdjson = (text: string): { readonly schema: Readonly<Record<string, ColumnType>>; readonly rows: ReadonlyArray<Row> } | { readonly line: number; readonly message: string } => {
  const rows: Array<Record<string, Cell>> = []
  const names = new Set<string>()
  for (const [at, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue
    let value: unknown
    try {
      value = JSON.parse(line)
    } catch (error) {
      return { line: at + 1, message: error instanceof Error ? error.message : String(error) }
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) return { line: at + 1, message: "a row is an object, { \"column\": value }" }
    const row: Record<string, Cell> = {}
    for (const [name, cell] of Object.entries(value)) {
      names.add(name)
      row[name] = cell === null || ["number", "boolean", "string"].includes(typeof cell) ? cell : JSON.stringify(cell)
    }
    rows.push(row)
  }
  const whole = rows.map((row) => Object.fromEntries([...names].map((name) => [name, row[name] ?? null])))
  const schema = Object.fromEntries([...names].map((name) => [name, typeOf(whole.map((row) => row[name] ?? null))]))
  const texts = new Set(Object.entries(schema).flatMap(([name, { type }]) => (type === "utf8" ? [name] : [])))
  return { schema, rows: whole.map((row) => Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, texts.has(name) && cell !== null ? String(cell) : cell]))) }
}

/** The narrowest type that all cells have; text where they differ. */
const typeOf = (cells: ReadonlyArray<Cell>): ColumnType => {
  const there = cells.filter((cell) => cell !== null)
  const all = (type: string) => there.length > 0 && there.every((cell) => typeof cell === type)
  const type = all("boolean") ? "bool" : !all("number") ? "utf8" : there.every((cell) => Number.isSafeInteger(cell)) ? "int64" : "float64"
  return { type, nullable: true }
}
