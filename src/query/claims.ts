/** Claims: what a paper says, beside what was measured. A claim is a query that gives one number. */
import { Effect } from "effect"
import type { Claim } from "../spec/pipeline.ts"
import type { Database, QueryResult } from "./database.ts"
import { formatResult, shortNumber, type TextFormat } from "./format.ts"

export type Verdict = "reproduced" | "not reproduced" | "no data"

export interface ClaimResult {
  readonly id: string
  readonly source: string
  readonly measured: number | null
  readonly published: number
  readonly tolerance: number
  readonly compare: Claim["compare"]
  /** Measured over published; null where there is nothing to divide, or nothing to divide by. */
  readonly ratio: number | null
  readonly verdict: Verdict
  /** Why there is no data. */
  readonly error?: string
}

/** Room for the rounding of decimal numbers: 0.99 - 0.97 is a little more than 0.02. */
const slack = (claim: Claim): number => 4 * Number.EPSILON * Math.max(Math.abs(claim.published), claim.tolerance)

const holds = (claim: Claim, measured: number): boolean => {
  const above = measured - claim.published
  const allowed = claim.tolerance + slack(claim)
  switch (claim.compare) {
    case "equal":
      return Math.abs(above) <= allowed
    case "at-least":
      return above >= -allowed
    case "at-most":
      return above <= allowed
  }
}

/** The one number of an answer, or what the answer is instead. */
const numberOf = ({ columns, rows }: QueryResult): number | string => {
  if (rows.length === 0) return "the query gives no row: nothing was measured"
  if (rows.length > 1 || columns.length !== 1) return `the query gives ${rows.length} rows of ${columns.length} columns, and a claim is about one number`
  const value = rows[0]?.[0] ?? null
  if (value === null) return "the query gives NULL: there is nothing that it could measure"
  if (typeof value === "bigint" || typeof value === "boolean") return Number(value)
  if (typeof value !== "number") return `the query gives ${typeof value === "string" ? `the text "${value}"` : columns[0]?.type ?? "a value"}, and a claim is about a number`
  return Number.isNaN(value) ? "the query gives NaN" : value
}

/** The verdict on a claim from the answer to its query, or from why there is none. Pure. */
export const judge = (claim: Claim, answer: QueryResult | string): ClaimResult => {
  const { compare, id, published, source, tolerance } = claim
  const value = typeof answer === "string" ? answer : numberOf(answer)
  if (typeof value === "string") return { id, source, measured: null, published, tolerance, compare, ratio: null, verdict: "no data", error: value }
  return {
    id, source, measured: value, published, tolerance, compare,
    ratio: published === 0 ? null : value / published,
    verdict: holds(claim, value) ? "reproduced" : "not reproduced"
  }
}

/** Asks every claim's query. A query that fails is a verdict too: there is no data. */
export const checkClaims = (claims: ReadonlyArray<Claim>, database: Database): Effect.Effect<ReadonlyArray<ClaimResult>> =>
  Effect.forEach(claims, (claim) =>
    database.query(claim.sql).pipe(
      Effect.map((answer) => judge(claim, answer)),
      Effect.catch((error) => Effect.succeed(judge(claim, error.message.split("\n")[0] ?? error.message)))
    ))

const bound = (result: ClaimResult): string => {
  const number = shortNumber(result.published)
  const tolerance = result.tolerance === 0 ? "" : ` ± ${shortNumber(result.tolerance)}`
  return result.compare === "equal" ? number + tolerance : `${result.compare === "at-least" ? "≥" : "≤"} ${number}${tolerance}`
}

/** The claims as a table: what was measured, what the paper says, their ratio, the verdict, and why where there is none. */
export const formatClaims = (results: ReadonlyArray<ClaimResult>, format: Extract<TextFormat, "table" | "markdown">, width?: number): string => {
  const text = { type: "utf8" } as const
  const number = { type: "float64" } as const
  const table: QueryResult = {
    columns: [
      { name: "claim", type: "VARCHAR", column: text },
      { name: "measured", type: "DOUBLE", column: number },
      { name: "published", type: "DOUBLE", column: number },
      { name: "ratio", type: "DOUBLE", column: number },
      { name: "verdict", type: "VARCHAR", column: text }
    ],
    rows: results.map((result) => [
      result.id,
      result.measured === null ? "-" : shortNumber(result.measured),
      bound(result),
      result.ratio === null ? "-" : result.ratio.toFixed(3),
      result.verdict
    ])
  }
  const alike = Map.groupBy(results.filter(({ error }) => error !== undefined), ({ error }) => error)
  const reasons = [...alike].map(([error, claims]) => `${claims.map(({ id }) => id).join(", ")}: ${error}`)
  return [formatResult(table, format, { width, ...(width === undefined ? { all: true } : {}) }), ...reasons].join("\n")
}
