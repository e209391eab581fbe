/**
 * Parameters in their one plain form, which is what a task's fingerprint is taken of: defaults filled in, and two ways to say
 * the same made one. Planning only; a running stage does not pass here, so this file is left out when its code is fingerprinted.
 */
import { Result, Schema } from "effect"
import { type ParamsSchema, paramsDecoder } from "./decode.ts"
import { isJsonObject, type Json, type JsonObject } from "./json.ts"
import type { DecodeResult } from "./protocol.ts"
import { filesIn } from "./schema-walk.ts"

/** Decodes and encodes again. */
export const paramsNormaliser = <P>(schema: ParamsSchema<P>): (params: JsonObject) => DecodeResult => {
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
