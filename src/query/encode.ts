/** Answers as files for other programs: Arrow, and Parquet by way of it. */
import { Effect } from "effect"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { ColumnType, TableSchema } from "../table/schema.ts"
import { openTableWriter } from "../table/write.ts"
import { registerScan, scanFunction } from "./arrow-scan.ts"
import type { QueryResult } from "./database.ts"
import { loadEngine } from "./engine.ts"
import { type QueryError, queryError } from "./error.ts"
import { arrowSource, makeOpenTables } from "./parts.ts"
import { asText } from "./text.ts"

export type BinaryFormat = "arrow" | "parquet"

/** A value as its column holds it. */
const cellOf = (value: unknown, type: ColumnType): unknown => {
  if (value === null || value === undefined) return null
  switch (type.type) {
    case "float64":
    case "float32":
      return Number(value)
    case "timestamp":
      return value instanceof Date ? value : null // an infinite one has no milliseconds
    case "list":
    case "fixedList":
      return Array.isArray(value) ? value.map((item) => cellOf(item, type.item)) : value
    case "utf8":
      return asText(value)
    default:
      return value
  }
}

/** Two columns of one name stay two. */
const namesOf = (result: QueryResult): ReadonlyArray<string> => {
  const taken = new Set<string>()
  return result.columns.map(({ name }) => {
    let free = name
    for (let i = 2; taken.has(free.toLowerCase()); i++) free = `${name}_${i}`
    taken.add(free.toLowerCase())
    return free
  })
}

const writeArrow = (path: string, result: QueryResult): TableSchema => {
  const names = namesOf(result)
  const types = result.columns.map(({ column }) => column)
  const schema = Object.fromEntries(names.map((name, i) => [name, types[i] ?? { type: "utf8" as const }]))
  const writer = openTableWriter(path, schema)
  try {
    writer.appendColumns(Object.fromEntries(names.map((name, i) => {
      const type = types[i]
      return [name, result.rows.map((row) => type === undefined ? null : cellOf(row[i], type))]
    })))
    writer.close()
  } catch (error) {
    writer.abort()
    throw error
  }
  return schema
}

/** A DuckDB of our own, that may write, reads the Arrow file and writes the Parquet one; no user's statement runs in it. */
const arrowToParquet = async (arrow: string, schema: TableSchema, rows: number, parquet: string): Promise<void> => {
  const { api, bindings } = await loadEngine()
  const instance = await api.DuckDBInstance.create(":memory:")
  const open = makeOpenTables()
  try {
    const connection = await instance.connect()
    const columns = Object.entries(schema).map(([name, type]) => ({ name, type, from: { column: name } }))
    registerScan(api, bindings, connection, new Map([["answer", { columns, pieces: () => [{ source: arrowSource(arrow), start: 0, rows, constants: [] }] }]]), open)
    await connection.run(`copy (from ${scanFunction}('answer')) to '${parquet.replaceAll("'", "''")}' (format parquet)`)
    connection.closeSync()
  } finally {
    open.closeAll()
    instance.closeSync()
  }
}

/** The bytes of a file that holds the answer. */
export const encodeResult = (result: QueryResult, format: BinaryFormat): Effect.Effect<Uint8Array, QueryError> =>
  Effect.tryPromise({
    try: async () => {
      const folder = mkdtempSync(join(tmpdir(), "reprise-answer-"))
      try {
        const arrow = join(folder, "answer.arrow")
        const schema = writeArrow(arrow, result)
        if (format === "arrow") return readFileSync(arrow)
        const parquet = join(folder, "answer.parquet")
        await arrowToParquet(arrow, schema, result.rows.length, parquet)
        return readFileSync(parquet)
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    },
    catch: queryError
  })
