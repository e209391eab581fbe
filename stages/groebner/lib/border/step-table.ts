/** Steps of the border basis algorithm as a table, a row for each: what an oracle is asked, and what it should answer. */
import { column, doc, Effect, Int32, Int64, listOf, type ReadTable, StageError, UInt8 } from "../../../../src/stage.ts"
import type { MonomialNumbers } from "./monomial-numbers.ts"
import type { Step } from "./stable-span.ts"

export const stepColumns = {
  sample: column(Int64, doc("number of the sample")),
  step: column(Int32, doc("number of the step within the last universe")),
  variables: column(Int32, doc("n")),
  characteristic: column(Int32, doc("p of F_p")),
  ideal: column(Int64, doc("digest of the border basis of the system's ideal")),
  monomials: column(Int32, doc("size of the universe")),
  universe: column(listOf(UInt8), doc("monomials of the universe of which no multiple is in it, the least first: n exponents each")),
  span_terms: column(listOf(Int32), doc("the span's basis, least leading monomial first: how many leading terms of each polynomial follow")),
  span_coefficients: column(listOf(Int32), doc("residues of these terms")),
  span_exponents: column(listOf(UInt8), doc("n exponents for each of these terms")),
  survivor_polynomials: column(listOf(Int32), doc("products that survive: which polynomial of the span")),
  survivor_variables: column(listOf(Int32), doc("and which variable it is multiplied by"))
}

export interface StepRow {
  readonly sample: number
  readonly step: number
  readonly variables: number
  readonly characteristic: number
  readonly ideal: bigint
  readonly monomials: number
  readonly universe: Uint8Array
  readonly span_terms: Int32Array
  readonly span_coefficients: Int32Array
  readonly span_exponents: Uint8Array
  readonly survivor_polynomials: Int32Array
  readonly survivor_variables: Int32Array
}

/** `leading` terms of each polynomial. */
export const stepRow = (of: Pick<StepRow, "sample" | "step" | "characteristic" | "ideal">, { maximal, span, survivors, universe }: Step, numbers: MonomialNumbers, leading: number): StepRow => {
  const heads = span.map(({ coefficients, keys }) => ({ keys: keys.subarray(0, leading), coefficients: coefficients.subarray(0, leading) }))
  const exponents = (keys: Iterable<number>) => Array.from(keys, (key) => numbers.exponents(key)).flat()
  return {
    ...of,
    variables: numbers.variables,
    monomials: universe,
    universe: Uint8Array.from(exponents(maximal)),
    span_terms: Int32Array.from(heads, ({ keys }) => keys.length),
    span_coefficients: Int32Array.from(heads.flatMap(({ coefficients }) => Array.from(coefficients))),
    span_exponents: Uint8Array.from(heads.flatMap(({ keys }) => exponents(keys))),
    survivor_polynomials: Int32Array.from(survivors, ([polynomial]) => polynomial),
    survivor_variables: Int32Array.from(survivors, ([, variable]) => variable)
  }
}

/** The steps of a part of the table; views, not copies. */
export const stepsOf = ({ columns, rows }: ReadTable): Effect.Effect<ReadonlyArray<StepRow>, StageError> =>
  Effect.try({
    try: () => Array.from({ length: rows }, (_, row): StepRow => {
      const cell = (name: keyof StepRow): unknown => columns[name]?.[row]
      const number = (name: keyof StepRow): number => {
        const value = cell(name)
        if (typeof value !== "number" && typeof value !== "bigint") throw notThis(name)
        return Number(value)
      }
      const integers = (name: keyof StepRow): Int32Array => {
        const value = cell(name)
        if (!(value instanceof Int32Array)) throw notThis(name)
        return value
      }
      const exponents = (name: keyof StepRow): Uint8Array => {
        const value = cell(name)
        if (!(value instanceof Uint8Array)) throw notThis(name)
        return value
      }
      const ideal = cell("ideal")
      if (typeof ideal !== "bigint") throw notThis("ideal")
      return {
        sample: number("sample"),
        step: number("step"),
        variables: number("variables"),
        characteristic: number("characteristic"),
        ideal,
        monomials: number("monomials"),
        universe: exponents("universe"),
        span_terms: integers("span_terms"),
        span_coefficients: integers("span_coefficients"),
        span_exponents: exponents("span_exponents"),
        survivor_polynomials: integers("survivor_polynomials"),
        survivor_variables: integers("survivor_variables")
      }
    }),
    catch: (cause) => (cause instanceof StageError ? cause : new StageError({ message: "the steps cannot be read", cause }))
  })

const notThis = (name: string) => new StageError({ message: `the column "${name}" holds something else than groebner/expansions writes`, hint: "Give the stage the output `steps` of groebner/expansions." })
