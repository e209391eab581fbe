/**
 * The database that answers queries: DuckDB in memory, in it a view for every stored table. A user's statements run in a
 * transaction that may only read, on a connection of their own, in an instance that can reach no file and no network, whose
 * settings are locked: a query can change nothing, and sees nothing but the store's tables.
 */
import type * as api from "@duckdb/node-api"
import { Effect, type Scope } from "effect"
import { storePaths } from "../store/paths.ts"
import { checkFormat } from "../store/format.ts"
import type { RunTask, StoredOutput } from "../store/layout.ts"
import type { ColumnType } from "../table/schema.ts"
import { advise } from "./advice.ts"
import { type DuckDB, registerScan, type Relation, scanFunction } from "./arrow-scan.ts"
import { loadEngine } from "./engine.ts"
import { queryError, QueryError } from "./error.ts"
import { makeOpenTables } from "./parts.ts"
import { readSelection, type Selected } from "./selection.ts"
import { columnTypeOf, plainValue } from "./values.ts"

/** Which results a database shows. */
export type Selection =
  /** Every run. */
  | { readonly kind: "all" }
  /** The newest run of each pipeline. */
  | { readonly kind: "latest" }
  /** The tasks of a plan, wherever they were run; what they left must be there. */
  | {
    readonly kind: "tasks"
    readonly pipeline: string
    readonly tasks: ReadonlyArray<{
      readonly task: string
      readonly stage: string
      readonly outputs: Readonly<Record<string, StoredOutput>>
      readonly coordinates: RunTask["coordinates"]
    }>
  }

export interface DatabaseOptions {
  /** The store's folder; one that is not there is an empty store. */
  readonly store: string
  readonly selection: Selection
  /** Whose views need no prefix; the pipeline of the latest run where none is named. */
  readonly pipeline?: string | undefined
}

export interface ResultColumn {
  readonly name: string
  /** As DuckDB calls it. */
  readonly type: string
  /** The type that holds it in a table of ours. */
  readonly column: ColumnType
}

export interface QueryResult {
  readonly columns: ReadonlyArray<ResultColumn>
  /** Plain values (values.ts says which). */
  readonly rows: ReadonlyArray<ReadonlyArray<unknown>>
}

/** A view that can be asked, for listings and completion. */
export interface TableInfo {
  /** `main` for what the store itself gives. */
  readonly schema: string
  readonly name: string
  readonly columns: ReadonlyArray<string>
}

export interface Database {
  /** Answers one statement that only reads. */
  readonly query: (sql: string) => Effect.Effect<QueryResult, QueryError>
  /** Answers each statement of a text, in order. */
  readonly script: (sql: string) => Effect.Effect<ReadonlyArray<QueryResult>, QueryError>
  /** The schema whose views need no prefix, if there is one. */
  readonly pipeline: string | undefined
  readonly tables: ReadonlyArray<TableInfo>
  /** What the store should have and has not, for instance objects that are damaged. */
  readonly notes: ReadonlyArray<string>
  /** On what has been asked so far: which views have results of old code or settings beside the new ones. */
  readonly remarks: () => ReadonlyArray<string>
}

const lockDown = [
  "set autoinstall_known_extensions = false",
  "set autoload_known_extensions = false",
  "set allow_community_extensions = false",
  "set temp_directory = ''", // or a large sort would write beside the user's files
  "set enable_external_access = false",
  "set lock_configuration = true"
]

export const quoteName = (name: string): string => `"${name.replaceAll("\"", "\"\"")}"`
const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`

interface Opened {
  readonly api: DuckDB
  readonly instance: api.DuckDBInstance
}

const attempt = <A>(action: () => Promise<A>): Effect.Effect<A, QueryError> => Effect.tryPromise({ try: action, catch: queryError })

const makeEngine = async (selected: Selected, closing: Array<() => void>): Promise<Opened> => {
  const { api, bindings } = await loadEngine()
  const instance = await api.DuckDBInstance.create(":memory:")
  closing.push(() => instance.closeSync())
  const connection = await instance.connect()
  try {
    const open = makeOpenTables()
    closing.push(open.closeAll)
    const relations = new Map<string, Relation>()
    registerScan(api, bindings, connection, relations, open)
    const statements: Array<string> = []
    const schemas = new Set(["main"])
    for (const { name, relation, schema } of selected.tables) {
      const key = `${schema}.${name}`
      relations.set(key, relation)
      if (!schemas.has(schema)) statements.push(`create schema ${quoteName(schema)}`)
      schemas.add(schema)
      statements.push(`create view ${quoteName(schema)}.${quoteName(name)} as from ${scanFunction}(${quoteText(key)})`)
    }
    await connection.run([...statements, ...lockDown].join(";\n"))
  } finally {
    connection.closeSync()
  }
  return { api, instance }
}

const refusal = (api: DuckDB, type: api.StatementType, sql: string): QueryError => {
  const isPivot = /\bpivot\b/i.test(sql)
  return new QueryError({
    message: `A query can only read: ${(api.StatementType[type] ?? "this statement").replaceAll("_", " ")} is refused.`,
    hint: isPivot ? "List the values of a pivot's column: pivot t on x in (1, 2) using avg(y)." : "Use SELECT, FROM, WITH, VALUES, DESCRIBE, SHOW, SUMMARIZE or EXPLAIN."
  })
}

/** Runs the statements of a text on a connection of their own. */
const runText = async (engine: Opened, pipeline: string | undefined, sql: string, most: number, signal: AbortSignal): Promise<ReadonlyArray<QueryResult>> => {
  const { api, instance } = engine
  const connection = await instance.connect()
  const interrupt = () => connection.interrupt()
  signal.addEventListener("abort", interrupt)
  try {
    if (pipeline !== undefined) await connection.run(`set search_path = ${quoteText(`${quoteName(pipeline)},main`)}`)
    if (sql.replaceAll(/--[^\n]*|\/\*[^]*?\*\/|[\s;]/g, "") === "") throw new QueryError({ message: "The query is empty." })
    await connection.run("begin transaction read only")
    const statements = await connection.extractStatements(sql)
    if (statements.count > most && !/\bpivot\b/i.test(sql)) {
      throw new QueryError({ message: `This is ${statements.count} statements, and one answer is asked for.`, hint: "Ask them one by one." })
    }
    const results: Array<QueryResult> = []
    for (let i = 0; i < statements.count; i++) {
      const statement = await statements.prepare(i)
      const type = statement.statementType
      if (type !== api.StatementType.SELECT && type !== api.StatementType.EXPLAIN) throw refusal(api, type, sql)
      if (statement.parameterCount > 0) throw new QueryError({ message: "A query has no parameters here: write the values into it." })
      results.push(await readAll(api, statement))
    }
    return results
  } finally {
    signal.removeEventListener("abort", interrupt)
    connection.closeSync()
  }
}

const readAll = async (api: DuckDB, statement: api.DuckDBPreparedStatement): Promise<QueryResult> => {
  const reader = await statement.runAndReadAll()
  const types = reader.columnTypes()
  return {
    columns: reader.columnNames().map((name, i) => {
      const type = types[i] ?? api.ANY
      return { name, type: type.toString(), column: columnTypeOf(api, type) }
    }),
    rows: reader.getRows().map((row) => row.map((value, i) => plainValue(api, value, types[i] ?? api.ANY)))
  }
}

/** Opens a database over a store. What it shows is what the store held when it was opened. */
export const openDatabase = (options: DatabaseOptions): Effect.Effect<Database, QueryError, Scope.Scope> =>
  Effect.gen(function*() {
    const paths = storePaths(options.store)
    const selected = yield* Effect.try({
      try: () => {
        checkFormat(paths)
        return readSelection(paths, options)
      },
      catch: queryError
    })
    const closing: Array<() => void> = []
    yield* Effect.addFinalizer(() => Effect.sync(() => {
      for (const close of closing.toReversed()) close()
    }))
    const engine = yield* attempt(() => makeEngine(selected, closing))

    const askable = { store: options.store, pipeline: selected.pipeline, tables: selected.tables }
    const run = (sql: string, most: number): Effect.Effect<ReadonlyArray<QueryResult>, QueryError> =>
      Effect.tryPromise({
        try: async (signal) => {
          if (/\bclaims\b/i.test(sql)) await selected.loadClaims()
          return runText(engine, selected.pipeline, sql, most, signal)
        },
        catch: queryError
      }).pipe(Effect.mapError((error) => advise(error, askable)))

    return {
      query: (sql) => Effect.flatMap(run(sql, 1), ([result]) =>
        result === undefined ? new QueryError({ message: "The query is empty." }) : Effect.succeed(result)),
      script: (sql) => run(sql, Infinity),
      pipeline: selected.pipeline,
      tables: selected.tables.map(({ name, relation, schema }) => ({ schema, name, columns: relation.columns.map((column) => column.name) })),
      notes: selected.notes,
      remarks: selected.remarks
    }
  })
