/**
 * JSON values: what crosses every boundary of Reprise (parameters, records, events). Canonical text is what
 * fingerprints are taken of, so that two spellings of one value have one digest.
 */

export type Json = null | boolean | number | string | JsonArray | JsonObject
export type JsonArray = ReadonlyArray<Json>
export interface JsonObject {
  readonly [key: string]: Json
}

export const isJsonObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/**
 * Canonical JSON text: keys in code-unit order, no white space, -0 as 0. Non-finite numbers, which JSON cannot say, are
 * written as the strings ECMAScript gives them inside a one-key object, so that they differ from each other and from text.
 */
export const canonicalJson = (value: Json): string => {
  if (typeof value === "number") {
    return Number.isFinite(value) ? JSON.stringify(value === 0 ? 0 : value) : `{"$number":"${value}"}`
  }
  if (value === null || typeof value !== "object") return JSON.stringify(value)
  if (isJsonArray(value)) return `[${value.map(canonicalJson).join(",")}]`
  const keys = Object.keys(value).sort()
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] ?? null)}`).join(",")}}`
}

const isJsonArray = (value: Json): value is JsonArray => Array.isArray(value)
