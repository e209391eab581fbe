/**
 * Columns of Parquet, CSV and Arrow files, read some thousand rows at a time, so that a file may be larger than memory. Parquet and CSV are read by DuckDB, Arrow
 * by our own reader. Several files of one kind are read one after another, as one.
 */
import { extname } from "node:path"
import type { DuckDBConnection } from "@duckdb/node-api"
import { Effect, StageError } from "../../../src/stage.ts"
import { openArrowFile } from "../../../src/table/arrow-file.ts"
import { valuesOf } from "../../../src/table/read.ts"

/** Some rows: for each column asked for its values, of one length. */
export type Rows = ReadonlyArray<ArrayLike<unknown>>

export interface ColumnFile {
  readonly names: ReadonlyArray<string>
  /** Names of the columns that hold image files as bytes, alone or as `bytes` in a struct. */
  readonly images: ReadonlySet<string>
  /** Calls `use` with the rows of these columns, in order. */
  each<E>(columns: ReadonlyArray<string>, use: (rows: Rows) => Effect.Effect<void, E>): Effect.Effect<void, E | StageError>
}

const readers: Readonly<Record<string, (files: string) => string>> = {
  ".parquet": (files) => `read_parquet(${files})`,
  ".csv": (files) => `read_csv(${files}, header = true)`,
  ".tsv": (files) => `read_csv(${files}, header = true)`,
  ".gz": (files) => `read_csv(${files}, header = true)`
}
const arrowEndings = [".arrow", ".feather", ".ipc"]

/** Opens files by their ending, until the scope ends. Fails with what is wrong with which file. */
export const openColumns = Effect.fn("openColumns")(function*(paths: ReadonlyArray<string>) {
  const endings = [...new Set(paths.map((path) => extname(path).toLowerCase()))]
  const [ending = ""] = endings
  const reader = readers[ending]
  if (endings.length !== 1 || (reader === undefined && !arrowEndings.includes(ending))) {
    return yield* new StageError({
      message: `${paths.join(", ")} ${endings.length > 1 ? "are of different kinds" : "is of no known kind"}.`,
      hint: `Files end in ${[...Object.keys(readers).filter((known) => known !== ".gz"), ".csv.gz", ...arrowEndings].join(", ")}; several files of one kind can be named.`
    })
  }
  return reader === undefined ? yield* openArrow(paths) : yield* openDuck(paths, reader)
})

const failure = (paths: ReadonlyArray<string>, cause: unknown): StageError =>
  new StageError({
    message: `${paths.join(", ")} cannot be read: ${(cause instanceof Error ? cause.message : String(cause)).split("\n")[0]}`,
    hint: "Look whether the file is whole and of the kind that its ending says.",
    cause
  })

const openArrow = Effect.fn("openArrow")(function*(paths: ReadonlyArray<string>) {
  const attempt = <A>(path: string, action: () => A) => Effect.try({ try: action, catch: (cause) => failure([path], cause) })
  const files = yield* Effect.forEach(paths, (path) => Effect.acquireRelease(attempt(path, () => openArrowFile(path)), (file) => Effect.sync(file.close)))
  const [names = []] = files.map(({ layout }) => layout.columns.map(({ name }) => name))
  const opened: ColumnFile = {
    names,
    images: new Set(),
    each: (columns, use) =>
      Effect.forEach(files, (file) =>
        Effect.forEach(file.batches.keys(), (batch) =>
          Effect.flatMap(
            attempt(file.path, () => columns.map((name) => {
              const at = file.layout.columns.findIndex((column) => column.name === name)
              if (at < 0) throw new Error(`it has no column ${name}`)
              return valuesOf(file, file.chunk(batch, at))
            })),
            use
          ), { discard: true }), { discard: true })
  }
  return opened
})

const openDuck = Effect.fn("openDuck")(function*(paths: ReadonlyArray<string>, reader: (files: string) => string) {
  const attempt = <A>(action: () => Promise<A>) => Effect.tryPromise({ try: action, catch: (cause) => failure(paths, cause) })
  const { DuckDBArrayValue, DuckDBBlobValue, DuckDBInstance, DuckDBListValue } = yield* attempt(() => import("@duckdb/node-api"))
  // One thread: rows in the order of the file.
  const database = yield* Effect.acquireRelease(attempt(() => DuckDBInstance.create(":memory:", { threads: "1", autoinstall_known_extensions: "false" })), (open) => Effect.sync(() => open.closeSync()))
  const connection: DuckDBConnection = yield* Effect.acquireRelease(attempt(() => database.connect()), (open) => Effect.sync(() => open.closeSync()))
  const from = reader(`[${paths.map((path) => `'${path.replaceAll("'", "''")}'`).join(", ")}]`)
  const described = yield* attempt(async () => (await connection.runAndReadAll(`describe select * from ${from}`)).getRowObjects())
  const types = new Map(described.map(({ column_name, column_type }) => [String(column_name), String(column_type)]))
  const plain = (value: unknown): unknown =>
    value instanceof DuckDBListValue || value instanceof DuckDBArrayValue ? value.items.map(plain) : value instanceof DuckDBBlobValue ? value.bytes : value
  const expression = (name: string): string => {
    const quoted = `"${name.replaceAll('"', '""')}"`
    const type = types.get(name) ?? ""
    // Decimals and the like, as numbers.
    const float = /^(DECIMAL|HUGEINT|UHUGEINT)/.test(type) ? (type.endsWith("[]") ? "::DOUBLE[]" : "::DOUBLE") : ""
    return type.startsWith("STRUCT") ? `${quoted}.bytes` : quoted + float
  }
  const opened: ColumnFile = {
    names: [...types.keys()],
    images: new Set([...types].flatMap(([name, type]) => (/^(BLOB$|STRUCT\(.*\bbytes BLOB)/.test(type) ? [name] : []))),
    each: (columns, use) =>
      Effect.gen(function*() {
        const unknown = columns.find((name) => !types.has(name))
        if (unknown !== undefined) return yield* failure(paths, `it has no column ${unknown}, but ${[...types.keys()].join(", ")}`)
        const found = yield* attempt(() => connection.stream(`select ${columns.map(expression).join(", ")} from ${from}`))
        for (;;) {
          const chunk = yield* attempt(() => found.fetchChunk())
          if (chunk === null || chunk.rowCount === 0) return
          yield* use(columns.map((_, at) => chunk.getColumnValues(at).map(plain)))
        }
      })
  }
  return opened
})
