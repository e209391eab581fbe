/**
 * What a stage's `run` is given: decoded parameters, typed inputs, writers for its outputs, seeded random streams and
 * ways to report. Everything is an Effect; a failure is a `StageError` that tells the user what to do.
 */
import type { Effect, Scope } from "effect"
import type { Dataset, Samples } from "../table/dataset.ts"
import type { CellOf, ColumnType, RowOf, TableSchema } from "../table/schema.ts"
import type { StageError } from "./error.ts"
import type { JsonObject } from "./json.ts"
import type { InputSpec, OutputSpec } from "./protocol.ts"
import type { RandomStream } from "./random.ts"

/** A column of values, typed arrays where the type has one. */
export type ColumnOf<C extends ColumnType> =
  | ReadonlyArray<CellOf<C>>
  | (C extends { readonly type: "float64" } ? Float64Array : never)
  | (C extends { readonly type: "float32" } ? Float32Array : never)
  | (C extends { readonly type: "int32" } ? Int32Array : never)
  | (C extends { readonly type: "uint8" } ? Uint8Array : never)
  | (C extends { readonly type: "int64" } ? BigInt64Array : never)

export interface TableWriter<S extends TableSchema> {
  /** Appends rows; they are written in record batches as they come, so that a long table needs no memory. */
  append(rows: ReadonlyArray<RowOf<S>>): Effect.Effect<void, StageError>
  /** Appends whole columns of one length as one record batch. */
  appendColumns(columns: { readonly [K in keyof S]: ColumnOf<S[K]> }): Effect.Effect<void, StageError>
}
export interface DatasetWriter {
  /** The whole set, once. */
  write(data: Dataset): Effect.Effect<void, StageError>
  /** A part of the set, as often as you like, so that a large one needs no memory. The first part settles shape and metadata. */
  append(part: Dataset): Effect.Effect<void, StageError>
}
export interface FileWriter {
  /** Where the file must lie in the end, for a program or library that writes it itself. */
  readonly path: string
  /** Once only. */
  write(bytes: Uint8Array): Effect.Effect<void, StageError>
}

/** A table as read: columns by name, typed arrays for numeric columns without nulls. */
export interface ReadTable {
  readonly rows: number
  readonly columns: Readonly<Record<string, ArrayLike<unknown>>>
}

/** A table whose rows are read some thousand at a time. */
export interface TableBatches {
  readonly rows: number
  /** How many batches; they are numbered from 0, in the order of the rows. */
  readonly count: number
  read(batch: number): Effect.Effect<ReadTable, StageError>
}

interface Source {
  /** Where the object lies, read-only. */
  readonly path: string
  readonly digest: string
  /** Sweep coordinates of the task that made it. */
  readonly coordinates: JsonObject
}
export interface TableInput extends Source {
  readonly read: Effect.Effect<ReadTable, StageError>
  /** The table in parts, for one that may be larger than memory. */
  readonly batches: Effect.Effect<TableBatches, StageError, Scope.Scope>
}
export interface DatasetInput extends Source {
  readonly read: Effect.Effect<Dataset, StageError>
  /** The samples one by one, for sets that may be larger than memory: a small set is read at once, of a large one what is asked for. */
  readonly open: Effect.Effect<Samples, StageError, Scope.Scope>
}
export interface FileInput extends Source {
  readonly read: Effect.Effect<Uint8Array, StageError>
}

type OneInput<I extends InputSpec> = I["kind"] extends "table" ? TableInput : I["kind"] extends "dataset" ? DatasetInput : FileInput
export type InputOf<I extends InputSpec> = I["many"] extends true ? ReadonlyArray<OneInput<I>>
  : I["optional"] extends true ? OneInput<I> | undefined
  : OneInput<I>
export type OutputOf<O extends OutputSpec> = O extends { readonly kind: "table"; readonly columns: infer S extends TableSchema } ? TableWriter<S>
  : O extends { readonly kind: "dataset" } ? DatasetWriter
  : FileWriter

export type Inputs = Readonly<Record<string, InputSpec>>
export type Outputs = Readonly<Record<string, OutputSpec>>

export interface StageContext<P, I extends Inputs, O extends Outputs> {
  readonly params: P
  readonly inputs: { readonly [K in keyof I]: InputOf<I[K]> }
  readonly outputs: { readonly [K in keyof O]: OutputOf<O[K]> }
  /** The stream of random numbers keyed by (seed, stage name, purpose): the same on every machine, and apart from every other one. */
  random(seed: number, purpose: string): RandomStream
  progress(done: number, total: number, message?: string): Effect.Effect<void>
  /** A number to watch while the stage works; also kept in the run's record and queryable as `metrics`. */
  metric(name: string, value: number, step: number): Effect.Effect<void>
  log(message: string, level?: "debug" | "info" | "warn" | "error"): Effect.Effect<void>
  /** State that survives a killed attempt; gone when the task succeeds. */
  readonly checkpoint: {
    readonly load: Effect.Effect<Uint8Array | undefined, StageError>
    save(bytes: Uint8Array): Effect.Effect<void, StageError>
  }
  /** An empty folder of the task's own. */
  readonly scratch: string
  /** Resolves a parameter that names a file of the project. */
  file(path: string): string
  readonly threads: number
  readonly backend: string
  /** How the backend is configured, for whoever opens sessions. */
  readonly backendConfig?: JsonObject
}
