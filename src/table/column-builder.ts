/**
 * Columns being written: values come in one by one or in runs, Arrow buffers come out. Every value is checked against the
 * column's type on its way in.
 */
import { BadCell, type ColumnBuilder } from "./builder.ts"
import { Dictionary, FixedListBuilder, ListBuilder, TextBuilder } from "./list-builders.ts"
import { BoolBuilder, NumberBuilder, WordBuilder } from "./number-builders.ts"
import type { ColumnType } from "./schema.ts"

/** Bytes of one row of a type whose rows all take the same; undefined for strings and lists. */
export const fixedWidth = (type: ColumnType): number | undefined => {
  switch (type.type) {
    case "float64":
    case "int64":
    case "timestamp":
      return 8
    case "float32":
    case "int32":
    case "category":
      return 4
    case "uint8":
    case "bool":
      return 1
    case "fixedList": {
      const item = fixedWidth(type.item)
      return item === undefined ? undefined : item * type.size
    }
    default:
      return undefined
  }
}

const number = (value: unknown): number => {
  if (typeof value !== "number") throw new BadCell("a number", value)
  return value
}
const integer = (low: number, high: number, name: string) => (value: unknown): number => {
  if (typeof value !== "number" || !Number.isInteger(value) || value < low || value > high) throw new BadCell(name, value)
  return value
}
const word = (value: unknown): bigint => {
  if (typeof value === "bigint" && BigInt.asIntN(64, value) === value) return value
  if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value)
  throw new BadCell("a 64-bit integer (as a bigint where it is beyond 2^53)", value)
}
const moment = (value: unknown): bigint => {
  const milliseconds = value instanceof Date ? value.getTime() : value
  if (typeof milliseconds === "number" && Number.isSafeInteger(milliseconds)) return BigInt(milliseconds)
  throw new BadCell("a Date or whole milliseconds since 1970", value)
}

/** `dictionaries` collects those of the categories inside, in depth-first order. */
export const makeBuilder = (type: ColumnType, dictionaries: Array<Dictionary>): ColumnBuilder => {
  const nullable = type.nullable === true
  switch (type.type) {
    case "float64":
      return new NumberBuilder(nullable, (length) => new Float64Array(length), number)
    case "float32":
      return new NumberBuilder(nullable, (length) => new Float32Array(length), number)
    case "int32":
      return new NumberBuilder(nullable, (length) => new Int32Array(length), integer(-(2 ** 31), 2 ** 31 - 1, "a 32-bit integer"))
    case "uint8":
      return new NumberBuilder(nullable, (length) => new Uint8Array(length), integer(0, 255, "an integer from 0 to 255"))
    case "int64":
      return new WordBuilder(nullable, word)
    case "timestamp":
      return new WordBuilder(nullable, moment)
    case "bool":
      return new BoolBuilder(nullable)
    case "utf8":
      return new TextBuilder(nullable)
    case "category": {
      const dictionary = new Dictionary()
      dictionaries.push(dictionary)
      return new NumberBuilder(nullable, (length) => new Int32Array(length), (value) => dictionary.index(value))
    }
    case "list":
      return new ListBuilder(nullable, makeBuilder(type.item, dictionaries))
    case "fixedList":
      return new FixedListBuilder(nullable, makeBuilder(type.item, dictionaries), type.item, type.size)
  }
}
