/**
 * Column types of Reprise's tables: a small closed set that Arrow, DuckDB and TypeScript all carry. A schema is plain
 * data, so that it can stand in a record and be compared.
 */

export type ColumnType =
  | { readonly type: "float64" | "float32" | "int64" | "int32" | "uint8" | "bool" | "utf8"; readonly nullable?: boolean; readonly doc?: string }
  /** Few distinct strings: Arrow dictionary encoding. */
  | { readonly type: "category"; readonly nullable?: boolean; readonly doc?: string }
  /** Milliseconds since 1970-01-01 UTC. */
  | { readonly type: "timestamp"; readonly nullable?: boolean; readonly doc?: string }
  | { readonly type: "list"; readonly item: ColumnType; readonly nullable?: boolean; readonly doc?: string }
  | { readonly type: "fixedList"; readonly item: ColumnType; readonly size: number; readonly nullable?: boolean; readonly doc?: string }

export type TableSchema = Readonly<Record<string, ColumnType>>

/** The value of one cell of a column, as a stage author writes it. */
export type CellOf<C extends ColumnType> = C extends { readonly nullable: true } ? Cell<C> | null : Cell<C>
type Cell<C extends ColumnType> = C extends { readonly type: "float64" | "float32" | "int32" | "uint8" } ? number
  : C extends { readonly type: "int64" } ? number | bigint
  : C extends { readonly type: "bool" } ? boolean
  : C extends { readonly type: "utf8" | "category" } ? string
  : C extends { readonly type: "timestamp" } ? Date | number
  : C extends { readonly type: "list" | "fixedList"; readonly item: infer I extends ColumnType }
    ? ReadonlyArray<CellOf<I>> | Float32Array | Float64Array | Int32Array | Uint8Array
  : never

export type RowOf<S extends TableSchema> = { readonly [K in keyof S]: CellOf<S[K]> }

/** Column types by the names that stage authors use: `table({ accuracy: Float64, label: Category })`. */
export const Float64 = { type: "float64" } as const
export const Float32 = { type: "float32" } as const
export const Int64 = { type: "int64" } as const
export const Int32 = { type: "int32" } as const
export const UInt8 = { type: "uint8" } as const
export const Bool = { type: "bool" } as const
export const Utf8 = { type: "utf8" } as const
export const Category = { type: "category" } as const
export const Timestamp = { type: "timestamp" } as const
export const listOf = <const I extends ColumnType>(item: I) => ({ type: "list", item }) as const
export const fixedListOf = <const I extends ColumnType>(item: I, size: number) => ({ type: "fixedList", item, size }) as const
/** The same column, in which a cell may be null. */
export const nullable = <const C extends ColumnType>(column: C) => ({ ...column, nullable: true }) as const
/** The same column with a sentence on what it holds and in which unit. */
export const column = <const C extends ColumnType>(type: C, doc: string | undefined): C => (doc === undefined ? type : { ...type, doc })
