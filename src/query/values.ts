/** DuckDB's values as plain JavaScript ones, and the column types of our own tables that hold them. */
import type * as api from "@duckdb/node-api"
import type { ColumnType } from "../table/schema.ts"
import type { DuckDB } from "./arrow-scan.ts"


/** The shortest number that is the same float32: 0.1, not 0.10000000149011612. */
const shortFloat = (value: number): number => {
  if (!Number.isFinite(value)) return value
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return short
  }
  return Number(value.toPrecision(9))
}

const safe = (value: bigint): number | bigint =>
  value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value

const isInteger = (duckdb: DuckDB, id: api.DuckDBTypeId): boolean => {
  const ids = duckdb.DuckDBTypeId
  return id === ids.BIGINT || id === ids.UBIGINT || id === ids.HUGEINT || id === ids.UHUGEINT || id === ids.BIGNUM
}

/**
 * Numbers as numbers (bigint only where a number would not hold it), times as Date, dates as `2026-01-31`, lists as arrays,
 * structs and maps as objects, anything rarer as its text.
 */
export const plainValue = (duckdb: DuckDB, value: api.DuckDBValue, type: api.DuckDBType): unknown => {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value
  if (typeof value === "number") return type.typeId === duckdb.DuckDBTypeId.FLOAT ? shortFloat(value) : value
  if (typeof value === "bigint") return isInteger(duckdb, type.typeId) ? safe(value) : String(value)
  if (value instanceof duckdb.DuckDBDecimalValue) return value.toDouble()
  if (value instanceof duckdb.DuckDBTimestampMillisecondsValue) return new Date(Number(value.millis))
  if (value instanceof duckdb.DuckDBTimestampValue || value instanceof duckdb.DuckDBTimestampTZValue) return dateOr(Number(value.micros) / 1000, value)
  if (value instanceof duckdb.DuckDBTimestampSecondsValue) return dateOr(Number(value.seconds) * 1000, value)
  if (value instanceof duckdb.DuckDBTimestampNanosecondsValue) return dateOr(Number(value.nanos) / 1e6, value)
  if (value instanceof duckdb.DuckDBListValue && type instanceof duckdb.DuckDBListType) {
    return value.items.map((item) => plainValue(duckdb, item, type.valueType))
  }
  if (value instanceof duckdb.DuckDBArrayValue && type instanceof duckdb.DuckDBArrayType) {
    return value.items.map((item) => plainValue(duckdb, item, type.valueType))
  }
  if (value instanceof duckdb.DuckDBStructValue && type instanceof duckdb.DuckDBStructType) {
    return Object.fromEntries(type.entryNames.map((name, i) => [name, plainValue(duckdb, value.entries[name] ?? null, type.entryTypes[i] ?? duckdb.ANY)]))
  }
  if (value instanceof duckdb.DuckDBMapValue && type instanceof duckdb.DuckDBMapType) {
    return Object.fromEntries(value.entries.map((entry) => [String(entry.key), plainValue(duckdb, entry.value, type.valueType)]))
  }
  return String(value)
}

/** A Date where one holds it; infinity and the like as DuckDB writes them. */
const dateOr = (milliseconds: number, value: { toString(): string }): Date | string => {
  const date = new Date(milliseconds)
  return Number.isNaN(date.getTime()) ? value.toString() : date
}

/** The column type of our tables that holds a DuckDB type: the same where there is one, else text (numbers: float64). */
export const columnTypeOf = (duckdb: DuckDB, type: api.DuckDBType): ColumnType => ({ ...plainType(duckdb, type), nullable: true })

const plainType = (duckdb: DuckDB, type: api.DuckDBType): ColumnType => {
  const ids = duckdb.DuckDBTypeId
  switch (type.typeId) {
    case ids.BOOLEAN:
      return { type: "bool" }
    case ids.UTINYINT:
      return { type: "uint8" }
    case ids.TINYINT:
    case ids.SMALLINT:
    case ids.USMALLINT:
    case ids.INTEGER:
      return { type: "int32" }
    case ids.UINTEGER:
    case ids.BIGINT:
      return { type: "int64" }
    case ids.FLOAT:
      return { type: "float32" }
    // Sums of integers are HUGEINT; a table that holds them as float64 is of more use than one that holds text.
    case ids.UBIGINT:
    case ids.HUGEINT:
    case ids.UHUGEINT:
    case ids.DOUBLE:
    case ids.DECIMAL:
      return { type: "float64" }
    case ids.TIMESTAMP:
    case ids.TIMESTAMP_S:
    case ids.TIMESTAMP_MS:
    case ids.TIMESTAMP_NS:
    case ids.TIMESTAMP_TZ:
      return { type: "timestamp" }
    default:
      if (type instanceof duckdb.DuckDBListType) return { type: "list", item: columnTypeOf(duckdb, type.valueType) }
      if (type instanceof duckdb.DuckDBArrayType) return { type: "fixedList", item: columnTypeOf(duckdb, type.valueType), size: type.length }
      return { type: "utf8" }
  }
}
