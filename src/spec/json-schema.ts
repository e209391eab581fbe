/**
 * The JSON Schema (draft 2020-12) of pipeline files, with the parameters of every stage: an editor completes and checks a
 * file by it while it is typed. What needs more than one place of the file (names, cycles, kinds of outputs) is left to the parser.
 */
import type { Json, JsonObject } from "../stage/json.ts"
import { isJsonObject } from "../stage/json.ts"
import type { InputSpec, StageDescription } from "../stage/protocol.ts"
import { claimKeys, comparisons, distributionKeys, figureKeys, marks, namePattern, paperKeys, pipelineKeys, resourceKeys, retryKeys, samplingKeys, searchKeys, stageKeys, summaryKeys, sweepKeys } from "./keys.ts"
import { failureKinds } from "./retry.ts"

const ref = (name: string): JsonObject => ({ $ref: `#/$defs/${name}` })
const described = (description: string, schema: JsonObject): JsonObject => ({ description, ...schema })
const anyOf = (...options: ReadonlyArray<JsonObject>): JsonObject => ({ anyOf: options })

const text: JsonObject = { type: "string" }
const filled: JsonObject = { type: "string", pattern: "\\S" }
const count: JsonObject = { type: "integer", minimum: 0 }
const nothing: JsonObject = { type: "null" }

/** An object with exactly these keys, described as the parser knows them. */
const closed = <K extends string>(keys: Readonly<Record<K, string>>, schemas: { readonly [Key in NoInfer<K>]: JsonObject }, required: ReadonlyArray<NoInfer<K>> = []): JsonObject => {
  const descriptions: Readonly<Record<string, string>> = keys
  const properties = Object.entries<JsonObject>(schemas).map(([key, schema]) => [key, described(descriptions[key] ?? "", schema)])
  return { type: "object", additionalProperties: false, properties: Object.fromEntries(properties), ...(required.length === 0 ? {} : { required }) }
}

const names: JsonObject = { propertyNames: ref("name") }
/** An object whose keys are the user's; a key with nothing behind it is an empty one. */
const mapOf = (values: JsonObject, keys: JsonObject = names): JsonObject => ({ type: ["object", "null"], ...keys, additionalProperties: values })

/** @param descriptions of the stages that a file may use */
export const pipelineSchema = (descriptions: ReadonlyArray<StageDescription>): JsonObject => ({
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "Reprise pipeline",
  description: "The experiments of a paper: stages, their parameters, and how they feed each other.",
  ...closed(pipelineKeys, {
    name: ref("name"),
    description: text,
    paper: closed(paperKeys, { title: text, arxiv: text, doi: text, url: text }),
    params: mapOf(ref("value")),
    profiles: mapOf(mapOf(ref("value"))),
    sweeps: mapOf(ref("sweep")),
    sweep: ref("sweep"),
    stages: { type: "object", minProperties: 1, ...names, additionalProperties: ref("stage") },
    summaries: mapOf(anyOf(filled, closed(summaryKeys, { title: text, sql: filled }, ["sql"])), {}),
    figures: mapOf(closed(figureKeys, { sql: filled, mark: { enum: marks, default: "line" }, x: filled, y: filled, color: filled, title: text }, ["sql", "x", "y"]), {}),
    claims: { type: ["array", "null"], items: ref("claim") }
  }, ["name", "stages"]),
  $defs: {
    name: { type: "string", pattern: namePattern.source },
    value: { description: "Any value; a text may hold ${{ expressions }}." },
    expression: { type: "string", pattern: "\\$\\{\\{", description: "An expression, such as \"${{ params.n / 2 }}\"." },
    reference: { type: "string", pattern: "^\\$\\{\\{.*\\}\\}$", description: "An output of another stage: \"${{ stage.output }}\"." },
    references: anyOf(ref("reference"), { type: "array", minItems: 1, items: ref("reference") }),
    axis: anyOf(
      { type: "array", minItems: 1, items: ref("value") },
      {
        type: "object",
        additionalProperties: false,
        required: ["range"],
        properties: { range: { type: "array", minItems: 2, maxItems: 3, items: anyOf({ type: "number" }, ref("expression")), description: "[start, end] or [start, end, step]; the end is not included." } }
      },
      ref("expression")
    ),
    sweep: closed(sweepKeys, {
      set: mapOf(ref("value")),
      grid: mapOf(ref("axis")),
      zip: mapOf(ref("axis")),
      list: { type: ["array", "null"], items: mapOf(ref("value")) },
      random: ref("sampling"),
      sobol: ref("sampling"),
      asha: closed(searchKeys, { ...searchProperties, points: { type: "integer", minimum: 1 }, parallel: { type: "integer", minimum: 1, default: 8 } }, [...searchRequired, "points"]),
      hyperband: closed(bracketKeys, searchProperties, searchRequired),
      targets: { type: "array", items: ref("name") }
    }),
    sampling: closed(samplingKeys, {
      points: { type: "integer", minimum: 1 },
      seed: { ...count, default: 0 },
      axes: ref("distributions")
    }, ["points", "axes"]),
    distributions: {
      type: "object",
      ...names,
      additionalProperties: anyOf({ type: "array", minItems: 1 }, closed(distributionKeys, {
        min: { type: "number" },
        max: { type: "number" },
        log: { type: "boolean", default: false },
        int: { type: "boolean", default: false },
        choice: { type: "array", minItems: 1 }
      }))
    },
    claim: closed(claimKeys, {
      id: filled,
      source: filled,
      sql: filled,
      published: { type: "number" },
      tolerance: { type: "number", minimum: 0 },
      compare: { enum: comparisons, default: "equal" }
    }, ["id", "source", "sql", "published", "tolerance"]),
    stage: stageSchema(descriptions),
    ...Object.fromEntries(descriptions.map((description) => [withName(description), withSchema(description)]))
  }
})

/** What hyperband tries follows from its bounds. */
const { parallel: _parallel, points: _points, ...bracketKeys } = searchKeys
const searchRequired = ["axes", "stage", "metric", "goal", "resource", "min", "max"] as const
const searchProperties = {
  seed: { ...count, default: 0 },
  axes: ref("distributions"),
  stage: ref("name"),
  metric: filled,
  goal: { enum: ["max", "min"] },
  resource: ref("name"),
  min: { type: "number", exclusiveMinimum: 0 },
  max: { type: "number", exclusiveMinimum: 0 },
  reduction: { type: "integer", minimum: 2, default: 3 },
  carry: { type: "object", additionalProperties: filled }
} as const

/** Names of failures to complete, and the patterns of the others. */
const failureName: JsonObject = { anyOf: [{ enum: failureKinds }, { type: "string", pattern: "^(exit [1-9]\\d{0,2}|[A-Z][A-Za-z0-9_]*)$" }] }

const stageSchema = (descriptions: ReadonlyArray<StageDescription>): JsonObject => ({
  ...closed(stageKeys, {
    uses: descriptions.length === 0 ? filled : { anyOf: descriptions.map(({ name, summary }) => ({ const: name, description: summary })) },
    with: { type: ["object", "null"] },
    in: { type: ["object", "null"], additionalProperties: ref("references") },
    when: { type: ["string", "boolean"] },
    foreach: ref("axis"),
    matrix: mapOf(ref("axis")),
    retry: anyOf(count, nothing, closed(retryKeys, {
      times: count,
      delaySeconds: { type: "number", minimum: 0, default: 1 },
      factor: { type: "number", minimum: 1, default: 1 },
      mostSeconds: { type: "number", minimum: 0 },
      jitter: { type: "number", minimum: 0, maximum: 1, default: 0 },
      on: anyOf(failureName, { type: "array", minItems: 1, items: failureName })
    }, ["times"])),
    timeout: anyOf({ type: "number", exclusiveMinimum: 0 }, nothing, { type: "string", pattern: "^\\s*(\\d+(\\.\\d+)?\\s*(ms|s|m|min|h|d)\\s*)+$" }),
    resources: {
      ...closed(resourceKeys, {
        cpus: { type: "integer", minimum: 1, default: 1 },
        gpus: { ...count, default: 0 },
        memory: { type: "string", pattern: "^\\s*\\d+(\\.\\d+)?\\s*(B|[kK]B|[MGT]B|[KMGT]iB)\\s*$" },
        others: mapOf({ type: "integer", minimum: 1 })
      }),
      type: ["object", "null"]
    }
  }, ["uses"]),
  ...(descriptions.length === 0 ? {} : {
    allOf: descriptions.map((description) => ({
      if: { required: ["uses"], properties: { uses: { const: description.name } } },
      // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
      then: stagePart(description)
    }))
  })
})

/** What one stage demands of the entry that uses it. */
const stagePart = (description: StageDescription): JsonObject => {
  const inputs = Object.entries(description.inputs)
  const needed = inputs.filter(([, { optional }]) => !optional).map(([name]) => name)
  const parameters = description.params.some(({ required }) => required)
  const required = [...(parameters ? ["with"] : []), ...(needed.length > 0 ? ["in"] : [])]
  const inputSchema: JsonObject = {
    type: needed.length > 0 ? "object" : ["object", "null"],
    additionalProperties: description.anyInputs === true ? ref("references") : false,
    properties: Object.fromEntries(inputs.map(([name, input]) => [name, described(inputText(input), ref(input.many ? "references" : "reference"))])),
    ...(needed.length === 0 ? {} : { required: needed })
  }
  const parametersSchema = ref(withName(description))
  return {
    properties: { with: parameters ? parametersSchema : anyOf(parametersSchema, nothing), in: inputSchema },
    ...(required.length === 0 ? {} : { required })
  }
}

const inputText = ({ doc, kind, many }: InputSpec): string => {
  const what = kind === "any" ? "anything" : kind === "artefact" ? "a file" : kind === "dataset" ? "a data set" : `a ${kind}`
  return `${doc === undefined ? "" : `${doc} `}(Takes ${many ? `${what} of each instance` : what}.)`
}

/** Key among the definitions; a slash would have to be escaped in every pointer. */
const withName = ({ name }: StageDescription): string => `with ${name.replaceAll("/", ".")}`.replaceAll(" ", "-")

/** The stage's own schema, moved to its place among the definitions, where every value may also be an expression. */
const withSchema = (description: StageDescription): JsonObject => {
  const moved = relocate(description.schema, `#/$defs/${withName(description)}/$defs/`)
  const { $schema: _, ...schema } = isJsonObject(moved) ? moved : {}
  return described(description.summary, openParts(schema))
}

/** Rewrites references to the schema's own definitions. */
const relocate = (schema: Json, home: string): Json => {
  if (isList(schema)) return schema.map((part) => relocate(part, home))
  if (!isJsonObject(schema)) return schema
  return Object.fromEntries(Object.entries(schema).map(([key, part]) => [
    key,
    key === "$ref" && typeof part === "string" && part.startsWith("#/$defs/") ? home + part.slice("#/$defs/".length) : relocate(part, home)
  ]))
}

const isList = (value: Json): value is ReadonlyArray<Json> => Array.isArray(value)

/** Where a schema holds others: by name, in a list, or one. `contains`, `not` and conditions judge a value that an expression hides. */
const named: ReadonlySet<string> = new Set(["properties", "patternProperties", "$defs"])
const single: ReadonlySet<string> = new Set(["items", "additionalProperties", "unevaluatedProperties"])
const alternatives: ReadonlySet<string> = new Set(["anyOf", "oneOf", "allOf"])

/** The schema, its parts allowing an expression each but not the whole: `with` itself is always an object. */
const openParts = (schema: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(schema).map(([key, part]): [string, Json] => {
    if (named.has(key) && isJsonObject(part)) return [key, Object.fromEntries(Object.entries(part).map(([name, each]) => [name, open(each, key === "$defs")]))]
    if (key === "prefixItems" && isList(part)) return [key, part.map((each) => open(each))]
    if (single.has(key)) return [key, open(part)]
    if (alternatives.has(key) && isList(part)) return [key, part.map((each) => isJsonObject(each) ? openParts(each) : each)]
    return [key, part]
  }))

/** The schema or an expression. A definition stays as it is: whoever refers to it is opened. */
const open = (schema: Json, definition = false): Json => {
  if (!isJsonObject(schema)) return schema
  const inner = openParts(schema)
  if (definition) return inner
  // Editors show the description and the default of the value, not of one alternative.
  const { default: preset, description, examples, title, ...rest } = inner
  const about = { title, description, default: preset, examples }
  return { ...Object.fromEntries(Object.entries(about).flatMap(([key, value]): ReadonlyArray<[string, Json]> => value === undefined ? [] : [[key, value]])), anyOf: [rest, ref("expression")] }
}
