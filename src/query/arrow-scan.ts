/**
 * The table function through which DuckDB reads our tables in place: a relation is a list of pieces, each a stretch of rows
 * of one table with constant columns beside it. Only the columns that a query names are read.
 */
import type * as api from "@duckdb/node-api"
import type { ColumnType } from "../table/schema.ts"
import type { Engine } from "./engine.ts"
import type { OpenTables, Part, Scalar, TableSource } from "./parts.ts"
import { type Bindings, fillVector } from "./vectors.ts"

export type DuckDB = Engine["api"]

export interface RelationColumn {
  readonly name: string
  readonly type: ColumnType
  /** Name of the tables' own column, or place among a piece's constants. */
  readonly from: { readonly column: string } | { readonly constant: number }
}

export interface Piece {
  readonly source: TableSource
  readonly start: number
  readonly rows: number
  readonly constants: ReadonlyArray<Scalar>
}

export interface Relation {
  readonly columns: ReadonlyArray<RelationColumn>
  /** Worked out when a query first needs them. */
  readonly pieces: () => ReadonlyArray<Piece>
}

/** DuckDB's ARRAY takes at least one item and at most this many; others become lists. */
const mostArrayItems = 100_000

/** The type under which DuckDB sees a column. */
export const duckdbType = (api: DuckDB, type: ColumnType): api.DuckDBType => {
  switch (type.type) {
    case "float64":
      return api.DOUBLE
    case "float32":
      return api.FLOAT
    case "int64":
      return api.BIGINT
    case "int32":
      return api.INTEGER
    case "uint8":
      return api.UTINYINT
    case "bool":
      return api.BOOLEAN
    case "utf8":
    case "category":
      return api.VARCHAR
    case "timestamp":
      return api.TIMESTAMP_MS
    case "list":
      return api.LIST(duckdbType(api, type.item))
    case "fixedList":
      return isArray(type.size) ? api.ARRAY(duckdbType(api, type.item), type.size) : api.LIST(duckdbType(api, type.item))
  }
}

const isArray = (size: number): boolean => size >= 1 && size <= mostArrayItems

/** What `fillVector` is to make of a type: the same, but lists where DuckDB has no array of that size. */
const storedType = (type: ColumnType): ColumnType =>
  type.type === "list" ? { ...type, item: storedType(type.item) }
    : type.type === "fixedList" ? isArray(type.size) ? { ...type, item: storedType(type.item) } : { type: "list", item: storedType(type.item) }
    : type

interface Scan {
  readonly relation: Relation
  readonly columns: ReadonlyArray<RelationColumn>
  readonly types: ReadonlyArray<ColumnType>
  readonly pieces: ReadonlyArray<Piece>
  piece: number
  row: number
}

/** Moves the scan on by at most `most` rows and gives the parts of each of its columns. */
const advance = (scan: Scan, open: OpenTables, most: number): { readonly rows: number; readonly parts: ReadonlyArray<ReadonlyArray<Part>> } => {
  const parts = scan.columns.map((): Array<Part> => [])
  let rows = 0
  while (rows < most) {
    const piece = scan.pieces[scan.piece]
    if (piece === undefined) break
    const count = Math.min(most - rows, piece.rows - scan.row)
    if (count > 0) {
      scan.columns.forEach(({ from }, i) => {
        const into = parts[i]
        if (into === undefined) return
        if ("constant" in from) into.push({ kind: "constant", value: piece.constants[from.constant] ?? null, count })
        else for (const part of open.get(piece.source).parts(from.column, piece.start + scan.row, count)) push(into, part)
      })
      rows += count
      scan.row += count
    }
    if (scan.row >= piece.rows) {
      scan.piece++
      scan.row = 0
    }
  }
  return { rows, parts }
}

/** Appends a part; one that goes on where the last one ends becomes one with it, so that it is copied at once. */
const push = (parts: Array<Part>, part: Part): void => {
  const last = parts.at(-1)
  if (last?.kind === "chunk" && part.kind === "chunk" && last.chunk === part.chunk && last.start + last.count === part.start) {
    parts[parts.length - 1] = { ...last, count: last.count + part.count }
  } else parts.push(part)
}

const isScan = (data: object | undefined): data is Scan => data !== undefined && "relation" in data && "piece" in data

const manyRows = 500_000

export const scanFunction = "stored_table"

/** Makes `stored_table(name)` known to the connection's database; `relations` may grow afterwards. */
export const registerScan = (
  api: DuckDB,
  duckdb: Bindings,
  connection: api.DuckDBConnection,
  relations: ReadonlyMap<string, Relation>,
  open: OpenTables
): void => {
  const say = (info: { setError(message: string): void }, action: () => void): void => {
    try {
      action()
    } catch (error) {
      info.setError(error instanceof Error ? error.message : String(error))
    }
  }
  const vectorSize = duckdb.vector_size()
  connection.registerTableFunction(api.DuckDBTableFunction.create({
    name: scanFunction,
    parameterTypes: [api.VARCHAR],
    supportsProjectionPushdown: true,
    bindFunction: (info) => say(info, () => {
      const relation = relations.get(String(info.getParameter(0)))
      if (relation === undefined) throw new Error(`there is no stored table ${String(info.getParameter(0))}`)
      for (const column of relation.columns) info.addResultColumn(column.name, duckdbType(api, column.type))
      info.setBindData(relation)
    }),
    initFunction: (info) => say(info, () => {
      const bound = info.getBindData()
      const relation = [...relations.values()].find((one) => one === bound)
      if (relation === undefined) throw new Error("the scan was not bound")
      const columns = info.getColumnIndexes().flatMap((index) => relation.columns[index] ?? [])
      const pieces = relation.pieces()
      const scan: Scan = { relation, columns, types: columns.map((column) => storedType(column.type)), pieces, piece: 0, row: 0 }
      info.setInitData(scan)
      // JavaScript hands out one chunk at a time, and a second thread works on the last one meanwhile. Threads add up floats in
      // any order, so that last digits differ from one query to the next: only where the time is worth it.
      info.setMaxThreads(pieces.reduce((rows, piece) => rows + piece.rows, 0) >= manyRows ? 2 : 1)
    }),
    mainFunction: (info, output) => say(info, () => {
      const scan = info.getInitData()
      if (!isScan(scan)) throw new Error("the scan was not initialised")
      const { parts, rows } = advance(scan, open, vectorSize)
      duckdb.data_chunk_set_size(output.chunk, rows)
      scan.types.forEach((type, i) => {
        if (rows > 0) fillVector(duckdb, duckdb.data_chunk_get_vector(output.chunk, i), type, parts[i] ?? [])
      })
    })
  }))
}
