/** Parameters from JSON: checked against the stage's schema, every default filled in, every problem in words. */
import { Result, Schema, SchemaIssue } from "effect"
import { isJsonObject, type Json, type JsonObject } from "./json.ts"
import { nearest } from "./nearest.ts"
import type { DecodeResult, ParameterIssue } from "./protocol.ts"
import { filesIn, keysAt } from "./schema-walk.ts"

/** A parameter schema that needs no services: a `Schema.Struct`, as a rule. */
export type ParamsSchema<P = unknown> = Schema.Codec<P, unknown>

const options = { errors: "all", onExcessProperty: "error", reportInput: true } as const

/** Decoded parameters as the stage's code sees them. */
export const paramsDecoder = <P>(schema: ParamsSchema<P>): (params: JsonObject) => Result.Result<P, ReadonlyArray<ParameterIssue>> => {
  const decode = Schema.decodeUnknownResult(schema, options)
  return (params) => Result.mapError(decode(params), (error) => issuesOf(schema, error.issue))
}

/** Decodes and encodes again: plain JSON in which two ways to say the same are the same. */
export const jsonDecoder = <P>(schema: ParamsSchema<P>): (params: JsonObject) => DecodeResult => {
  const decode = paramsDecoder(schema)
  const encode = Schema.encodeResult(schema)
  return (params) => {
    const decoded = decode(params)
    if (Result.isFailure(decoded)) return { ok: false, issues: decoded.failure }
    const encoded = encode(decoded.success)
    if (Result.isFailure(encoded)) return failed(`cannot be written back as they were read: ${encoded.failure.message}`)
    const plain = asJson(encoded.success)
    if (!isJsonObject(plain)) return failed("must be plain JSON, a mapping of names to values")
    return { ok: true, params: plain, files: filesIn(schema.ast, plain) }
  }
}

const failed = (message: string): DecodeResult => ({ ok: false, issues: [{ path: [], message }] })

/** The value as plain JSON with absent keys left out; undefined where it holds something that JSON has not. */
const asJson = (value: unknown): Json | undefined => {
  if (value === null || typeof value === "string" || typeof value === "boolean" || typeof value === "number") return value
  if (Array.isArray(value)) {
    const items = value.map(asJson)
    return items.every((item) => item !== undefined) ? items : undefined
  }
  if (typeof value !== "object") return undefined
  const entries = Object.entries(value).filter(([, item]) => item !== undefined).map(([key, item]) => [key, asJson(item)] as const)
  return entries.every((entry): entry is readonly [string, Json] => entry[1] !== undefined) ? Object.fromEntries(entries) : undefined
}

// Leaf messages that only the path can complete.
const MISSING = "missing"
const UNKNOWN = "unknown"

const format = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) =>
    issue._tag === "MissingKey" ? MISSING : issue._tag === "UnexpectedKey" ? UNKNOWN : SchemaIssue.defaultLeafHook(issue)
})

const issuesOf = (schema: ParamsSchema, issue: SchemaIssue.Issue): ReadonlyArray<ParameterIssue> =>
  format(issue).issues.map(({ message, path = [] }) => {
    const keys = path.map((part) => typeof part === "object" ? part.key : part).map((key) => typeof key === "symbol" ? String(key) : key)
    const key = String(keys.at(-1) ?? "")
    if (message === MISSING) return { path: keys, message: `parameter "${key}" is required` }
    if (message === UNKNOWN) return { path: keys, message: unknownKey(key, keysAt(schema.ast, keys.slice(0, -1))) }
    return { path: keys, message: message.charAt(0).toLowerCase() + message.slice(1) }
  })

const unknownKey = (key: string, known: ReadonlyArray<string>): string => {
  const meant = nearest(key, known)
  if (meant !== undefined) return `unknown parameter "${key}"; did you mean "${meant}"?`
  return known.length === 0 ? `unknown parameter "${key}"; this stage takes none` : `unknown parameter "${key}"; known are ${known.join(", ")}`
}
