/** Writers for what a stage declared that it gives, and the check at the end that it gave all of it. */
import { existsSync, writeFileSync } from "node:fs"
import { Effect } from "effect"
import type { Dataset } from "../table/dataset.ts"
import { type DatasetFileWriter, openDatasetWriter } from "../table/dataset-file.ts"
import type { ColumnType, TableSchema } from "../table/schema.ts"
import { openTableWriter, type Columns, type Row, type TableFileWriter } from "../table/write.ts"
import { StageError } from "./error.ts"
import { attempt } from "./files.ts"
import type { OutputFacts, OutputSpec } from "./protocol.ts"

/** An output while the stage runs: what the stage gets, and how it ends. */
export interface OpenOutput {
  /** A `TableWriter`, `DatasetWriter` or `FileWriter` (context.ts). */
  readonly writer: object
  /** After the stage has succeeded: completes the file. Fails if nothing was written. */
  readonly finish: Effect.Effect<OutputFacts, StageError>
  /** After it has failed: lets go of open files. */
  abandon(): void
}

export const openOutput = (name: string, spec: OutputSpec, path: string): OpenOutput => {
  switch (spec.kind) {
    case "table":
      return tableOutput(`output "${name}"`, spec.columns, path)
    case "dataset":
      return datasetOutput(`output "${name}"`, path)
    default:
      return fileOutput(`output "${name}"`, path)
  }
}

const tableOutput = (about: string, columns: TableSchema, path: string): OpenOutput => {
  // Descriptions stay out of the file: they are no part of the code's fingerprint, so they may not change bytes either.
  const schema = Object.fromEntries(Object.entries(columns).map(([name, type]) => [name, withoutDoc(type)]))
  let opened: TableFileWriter | undefined
  const file = () => opened ??= openTableWriter(path, schema)
  return {
    writer: {
      append: (rows: ReadonlyArray<Row>) => attempt(about, () => file().append(rows)),
      appendColumns: (values: Columns) => attempt(about, () => file().appendColumns(values))
    },
    finish: attempt(about, () => ({ rows: file().close() })), // a table without rows is a table still
    abandon: () => opened?.abort()
  }
}

const datasetOutput = (about: string, path: string): OpenOutput => {
  let opened: { readonly writer: DatasetFileWriter; readonly shape: ReadonlyArray<number>; readonly whole: boolean } | undefined
  const add = (data: Dataset, whole: boolean) => attempt(about, () => {
    if (opened !== undefined && (whole || opened.whole)) throw new Error("written twice")
    opened ??= { writer: openDatasetWriter(path, data.shape, data.metadata), shape: data.shape, whole }
    if (data.shape.join() !== opened.shape.join()) throw new Error(`a part has samples of shape [${data.shape.join(", ")}], the first one of [${opened.shape.join(", ")}]`)
    opened.writer.append(data)
  })
  return {
    writer: { write: (data: Dataset) => add(data, true), append: (part: Dataset) => add(part, false) },
    finish: Effect.suspend(() => opened === undefined ? neverWritten(about) : attempt(about, () => ({ rows: opened?.writer.close() ?? 0 }))),
    abandon: () => opened?.writer.abort()
  }
}

const fileOutput = (about: string, path: string): OpenOutput => ({
  writer: {
    path,
    write: (bytes: Uint8Array) => attempt(about, () => writeFileSync(path, bytes, { flag: "wx" }))
  },
  finish: Effect.suspend(() => existsSync(path) ? Effect.succeed({}) : neverWritten(about)),
  abandon: () => undefined
})

const neverWritten = (about: string): Effect.Effect<never, StageError> =>
  Effect.fail(new StageError({
    message: `${about} was never written`,
    hint: "The stage's code ended without writing an output that it declares: write it, or take it out of `outputs`."
  }))

const withoutDoc = (type: ColumnType): ColumnType => {
  const { doc: _doc, ...rest } = type
  return rest.type === "list" || rest.type === "fixedList" ? { ...rest, item: withoutDoc(rest.item) } : rest
}
