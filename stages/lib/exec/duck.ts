/** Parquet on its way to a program and back, by DuckDB, which is loaded only where a stage asks for it. */
import { readTable } from "../../../src/table/read.ts"
import type { ColumnType } from "../../../src/table/schema.ts"
import { openTableWriter } from "../../../src/table/write.ts"

const quotedName = (name: string): string => `"${name.replaceAll('"', '""')}"`
const quotedText = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** One thread: rows in the order of the file. Nothing is downloaded. */
const withDuck = async <A>(use: (duck: typeof import("@duckdb/node-api"), connection: import("@duckdb/node-api").DuckDBConnection) => Promise<A>): Promise<A> => {
  const duck = await import("@duckdb/node-api")
  const database = await duck.DuckDBInstance.create(":memory:", { threads: "1", autoinstall_known_extensions: "false" })
  const connection = await database.connect()
  try {
    return await use(duck, connection)
  } finally {
    connection.closeSync()
    database.closeSync()
  }
}

interface Plan {
  readonly type: ColumnType
  /** What the column is cast to in the query, so that its values come as `type` has them. */
  readonly as: string
}

const integers = /^(TINYINT|SMALLINT|INTEGER|UTINYINT|USMALLINT)$/

const planOf = (type: string): Plan => {
  if (type.endsWith("[]")) {
    const item = planOf(type.slice(0, -2))
    return item.type.type === "list" ? text : { type: { type: "list", item: item.type, nullable: true }, as: `${item.as}[]` }
  }
  const fixed = /^(.*)\[(\d+)\]$/.exec(type)
  if (fixed !== null) {
    const item = planOf(fixed[1] ?? "")
    return item.type.type === "list" || item.type.type === "fixedList" ? text : { type: { type: "fixedList", item: { ...item.type, nullable: false }, size: Number(fixed[2]), nullable: true }, as: `${item.as}[${fixed[2]}]` }
  }
  if (integers.test(type)) return { type: { type: "int32", nullable: true }, as: "INTEGER" }
  if (type === "BOOLEAN") return { type: { type: "bool", nullable: true }, as: "BOOLEAN" }
  if (type === "BIGINT" || type === "UINTEGER") return { type: { type: "int64", nullable: true }, as: "BIGINT" }
  if (type === "FLOAT") return { type: { type: "float32", nullable: true }, as: "FLOAT" }
  if (/^(DOUBLE|DECIMAL|HUGEINT|UHUGEINT|UBIGINT)/.test(type)) return { type: { type: "float64", nullable: true }, as: "DOUBLE" }
  return text
}
/** Whatever has no column type of its own. */
const text: Plan = { type: { type: "utf8", nullable: true }, as: "VARCHAR" }

/** Reads a Parquet file into an Arrow file; gives the number of rows. Rejects with what is wrong with the file. */
export const takeParquet = (from: string, to: string): Promise<number> =>
  withDuck(async ({ DuckDBArrayValue, DuckDBListValue }, connection) => {
    const source = `read_parquet(${quotedText(from)})`
    const described = (await connection.runAndReadAll(`describe select * from ${source}`)).getRowObjects()
    const plans = described.map(({ column_name, column_type }) => ({ name: String(column_name), ...planOf(String(column_type)) }))
    const plain = (value: unknown): unknown => (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue ? value.items.map(plain) : value)
    const writer = openTableWriter(to, Object.fromEntries(plans.map(({ name, type }) => [name, type])))
    try {
      const found = await connection.stream(`select ${plans.map(({ as, name }) => `${quotedName(name)}::${as}`).join(", ")} from ${source}`)
      for (let chunk = await found.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await found.fetchChunk()) {
        const columns: Record<string, ReadonlyArray<unknown>> = {}
        for (const [at, { name }] of plans.entries()) columns[name] = chunk.getColumnValues(at).map(plain)
        writer.appendColumns(columns)
      }
      return writer.close()
    } catch (error) {
      writer.abort()
      throw error
    }
  })

const duckType = (type: ColumnType): string => {
  switch (type.type) {
    case "float64":
      return "DOUBLE"
    case "float32":
      return "FLOAT"
    case "int64":
      return "BIGINT"
    case "int32":
      return "INTEGER"
    case "uint8":
      return "UTINYINT"
    case "bool":
      return "BOOLEAN"
    case "timestamp":
      return "TIMESTAMP"
    case "utf8":
    case "category":
      return "VARCHAR"
    case "list":
      return `${duckType(type.item)}[]`
    case "fixedList":
      return `${duckType(type.item)}[${type.size}]`
  }
}

/** A value as DuckDB reads it in text: numbers that are none by their names. */
const textOf = (value: unknown, type: ColumnType): string | null => {
  if (value === null || value === undefined) return null
  if (type.type === "timestamp") return new Date(Number(value)).toISOString().slice(0, -1)
  if (type.type === "list" || type.type === "fixedList") return `[${Array.from(itemsOf(value), (item) => textOf(item, type.item) ?? "NULL").join(", ")}]`
  return String(value)
}

const itemsOf = (value: unknown): Iterable<unknown> => (typeof value === "object" && value !== null && Symbol.iterator in value && isIterable(value) ? value : [])
const isIterable = (value: object): value is Iterable<unknown> => Symbol.iterator in value && typeof value[Symbol.iterator] === "function"

const rowsAtOnce = 500

/** Writes an Arrow file as Parquet. */
export const giveParquet = (from: string, to: string): Promise<void> =>
  withDuck(async (_, connection) => {
    const { columns, rows, schema } = readTable(from)
    const names = Object.keys(columns)
    const typeOf = (name: string): ColumnType => schema[name] ?? { type: "utf8" }
    await connection.run(`create table given (${names.map((name) => `${quotedName(name)} ${duckType(typeOf(name))}`).join(", ")})`)
    for (let start = 0; start < rows; start += rowsAtOnce) {
      const lines = Array.from({ length: Math.min(rowsAtOnce, rows - start) }, (_item, at) => {
        const cells = names.map((name) => {
          const cell = textOf(columns[name]?.[start + at], typeOf(name))
          return cell === null ? "NULL" : `${quotedText(cell)}::${duckType(typeOf(name))}`
        })
        return `(${cells.join(", ")})`
      })
      await connection.run(`insert into given values ${lines.join(", ")}`)
    }
    await connection.run(`copy given to ${quotedText(to)} (format parquet)`)
  })
