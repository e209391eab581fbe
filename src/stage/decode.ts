/** Parameters from JSON, as the stage's code sees them. */
import { Result, Schema } from "effect"
import { issuesInWords } from "./issues.ts"
import type { JsonObject } from "./json.ts"
import type { ParameterIssue } from "./protocol.ts"

/** A parameter schema that needs no services: a `Schema.Struct`, as a rule. */
export type ParamsSchema<P = unknown> = Schema.Codec<P, unknown>

const options = { errors: "all", onExcessProperty: "error", reportInput: true } as const

/** Checks everything and fills in the defaults. */
export const paramsDecoder = <P>(schema: ParamsSchema<P>): (params: JsonObject) => Result.Result<P, ReadonlyArray<ParameterIssue>> => {
  const decode = Schema.decodeUnknownResult(schema, options)
  return (params) => Result.mapError(decode(params), (error) => issuesInWords(schema.ast, error.issue))
}
