/** Systems from the rows of their table. */
import { Effect, type ReadTable, StageError } from "../../../../src/stage.ts"
import { orderNames } from "../algebra/index.ts"
import { type PolynomialList, type System, systemForms } from "./system-table.ts"

const notThis = (name: string) => new StageError({ message: `the column "${name}" holds something else than groebner/generate writes`, hint: "Give the stage the output `systems` of groebner/generate." })

/** The systems of a part of the table; views, not copies. */
export const systemsOf = ({ columns, rows }: ReadTable): Effect.Effect<ReadonlyArray<System>, StageError> =>
  Effect.try({
    try: () => Array.from({ length: rows }, (_, row): System => ({
      sample: numberAt(columns, "sample", row),
      variables: numberAt(columns, "variables", row),
      characteristic: numberAt(columns, "characteristic", row),
      order: wordAt(columns, "order", orderNames, row),
      form: wordAt(columns, "form", systemForms, row),
      f: listAt(columns, "f", row),
      g: listAt(columns, "g", row),
      certificate: listAt(columns, "c", row),
      permutation: integersAt(columns, "permutation", row)
    })),
    catch: (cause) => (cause instanceof StageError ? cause : new StageError({ message: "the systems cannot be read", cause }))
  })

type Columns = ReadTable["columns"]

const numberAt = (columns: Columns, name: string, row: number): number => {
  const value = columns[name]?.[row]
  if (typeof value !== "number" && typeof value !== "bigint") throw notThis(name)
  return Number(value)
}

const wordAt = <const W extends string>(columns: Columns, name: string, words: ReadonlyArray<W>, row: number): W => {
  const value = columns[name]?.[row]
  const word = words.find((known) => known === value)
  if (word === undefined) throw notThis(name)
  return word
}

const integersAt = (columns: Columns, name: string, row: number): Int32Array => {
  const value = columns[name]?.[row]
  if (!(value instanceof Int32Array)) throw notThis(name)
  return value
}

const listAt = (columns: Columns, prefix: string, row: number): PolynomialList => {
  const values = columns[`${prefix}_values`]?.[row]
  const exponents = columns[`${prefix}_exponents`]?.[row]
  if (!(values instanceof Float64Array)) throw notThis(`${prefix}_values`)
  if (!(exponents instanceof Uint8Array)) throw notThis(`${prefix}_exponents`)
  return {
    terms: integersAt(columns, `${prefix}_terms`, row),
    coefficients: integersAt(columns, `${prefix}_coefficients`, row),
    denominators: integersAt(columns, `${prefix}_denominators`, row),
    values,
    exponents
  }
}
