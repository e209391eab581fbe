/**
 * A stage in words: what `reprise stages NAME` shows and what an editor completes from. Presentation only, so it is left out
 * when a stage's code is fingerprinted (like doc.ts).
 */
import { Schema, SchemaAST } from "effect"
import type { Doc } from "./doc.ts"
import { isJsonObject, type Json, type JsonObject } from "./json.ts"
import type { ParamsSchema } from "./decode.ts"
import { unitAnnotation } from "./params.ts"
import type { InputSpec, OutputSpec, ParameterDescription, StageDescription } from "./protocol.ts"

/** What there is to describe about a stage. */
export interface Describable {
  readonly name: string
  readonly summary: Doc | undefined
  readonly params: ParamsSchema
  readonly inputs: Readonly<Record<string, InputSpec>>
  readonly outputs: Readonly<Record<string, OutputSpec>>
}

export const describeStage = (stage: Describable): StageDescription => {
  const schema = parameterSchema(stage.params)
  const params = parameters(stage.params, schema)
  return {
    name: stage.name,
    summary: stage.summary?.text ?? "",
    params,
    schema,
    inputs: stage.inputs,
    outputs: stage.outputs,
    example: example(stage, params, schema)
  }
}

/** JSON Schema of `with`, draft 2020-12. */
const parameterSchema = (params: ParamsSchema): JsonObject => {
  const document = Schema.toJsonSchemaDocument(params, { onExcessProperty: "error" })
  const schema = asJson(document.schema)
  const definitions = asJson(document.definitions)
  return {
    ...(isJsonObject(schema) ? schema : {}),
    ...(isJsonObject(definitions) && Object.keys(definitions).length > 0 ? { $defs: definitions } : {})
  }
}

/** The document is JSON by construction; its type does not say so. */
const asJson = (value: unknown): Json => JSON.parse(JSON.stringify(value))

const parameters = (params: ParamsSchema, schema: JsonObject): ReadonlyArray<ParameterDescription> => {
  const required = Array.isArray(schema["required"]) ? schema["required"] : []
  const units = SchemaAST.isObjects(params.ast)
    ? new Map(params.ast.propertySignatures.map((property) => [String(property.name), SchemaAST.resolveAt<string>(unitAnnotation)(property.type)]))
    : new Map<string, string | undefined>()
  return Object.entries(objectAt(schema, "properties")).map(([name, property]) => {
    const about = isJsonObject(property) ? property : {}
    const unit = units.get(name)
    return {
      name,
      type: typeInWords(about, schema),
      doc: textAt(about, "description"),
      ...(unit === undefined ? {} : { unit }),
      required: required.includes(name),
      ...(about["default"] === undefined ? {} : { default: about["default"] })
    }
  })
}

/** A JSON Schema in the words of a manual: `whole number >= 1`, `one of iid, balanced`, `list of text`. */
const typeInWords = (schema: JsonObject, root: JsonObject): string => {
  const target = textAt(schema, "$ref").match(/^#\/\$defs\/(.+)$/)?.[1]
  if (target !== undefined) return typeInWords(objectAt(objectAt(root, "$defs"), target), { ...root, $defs: {} })
  const values = schema["enum"]
  if (Array.isArray(values)) return values.length === 1 ? plain(values[0]) : `one of ${values.map(plain).join(", ")}`
  if (schema["const"] !== undefined) return plain(schema["const"])
  const choices = schema["anyOf"] ?? schema["oneOf"]
  if (Array.isArray(choices)) return choices.map((choice) => isJsonObject(choice) ? typeInWords(choice, root) : "anything").join(" or ")
  switch (schema["type"]) {
    case "integer":
      return `whole number${boundsInWords(schema)}`
    case "number":
      return `number${boundsInWords(schema)}`
    case "string":
      return "text"
    case "boolean":
      return "true or false"
    case "null":
      return "null"
    case "array": {
      const items = schema["items"]
      return isJsonObject(items) ? `list of ${typeInWords(items, root)}` : "list"
    }
    case "object": {
      const names = Object.keys(objectAt(schema, "properties"))
      return names.length === 0 ? "mapping" : `mapping of ${names.join(", ")}`
    }
    default:
      return "anything"
  }
}

const boundsInWords = (schema: JsonObject): string => {
  const bound = (key: string, sign: string): ReadonlyArray<string> => {
    const value = schema[key]
    return typeof value === "number" && Math.abs(value) < Number.MAX_SAFE_INTEGER ? [`${sign} ${value}`] : []
  }
  const all = [...bound("exclusiveMinimum", ">"), ...bound("minimum", ">="), ...bound("exclusiveMaximum", "<"), ...bound("maximum", "<=")]
  return all.length === 0 ? "" : ` ${all.join(" and ")}`
}

/** An entry as one would write it under `stages:`, with every parameter. */
const example = (stage: Describable, params: ReadonlyArray<ParameterDescription>, schema: JsonObject): string => {
  const id = stage.name.split("/").at(-1) ?? stage.name
  const inputs = Object.entries(stage.inputs).filter(([, input]) => !input.optional)
  const references = inputs.map(([name, input]) => {
    const reference = `"\${{ ${name}.${input.kind === "dataset" ? "data" : input.kind === "any" ? "output" : input.kind} }}"`
    return `    ${name}: ${input.many ? `[${reference}]` : reference}`
  })
  const values = params.map((param) => {
    const about = objectAt(objectAt(schema, "properties"), param.name)
    const value = param.default === undefined ? sample(about, schema) : param.default
    const note = [param.doc, param.unit === undefined ? "" : `[${param.unit}]`].filter((part) => part !== "").join(" ")
    return `    ${param.name}: ${JSON.stringify(value)}${note === "" ? "" : `  # ${note.replaceAll("\n", " ")}`}`
  })
  return [
    `${id}:`,
    `  uses: ${stage.name}`,
    ...(references.length === 0 ? [] : ["  in:", ...references]),
    ...(values.length === 0 ? [] : ["  with:", ...values])
  ].join("\n")
}

/** Some value that the schema takes, the plainest there is. */
const sample = (schema: JsonObject, root: JsonObject): Json => {
  const target = textAt(schema, "$ref").match(/^#\/\$defs\/(.+)$/)?.[1]
  if (target !== undefined) return sample(objectAt(objectAt(root, "$defs"), target), { ...root, $defs: {} })
  if (schema["const"] !== undefined) return schema["const"]
  const first = firstOf(schema["examples"]) ?? firstOf(schema["enum"])
  if (first !== undefined) return first
  const choice = firstOf(schema["anyOf"]) ?? firstOf(schema["oneOf"])
  if (isJsonObject(choice)) return sample(choice, root)
  switch (schema["type"]) {
    case "integer":
    case "number":
      return sampleNumber(schema)
    case "string":
      return "text"
    case "boolean":
      return false
    case "array":
      return []
    case "object": {
      const properties = objectAt(schema, "properties")
      const required = Array.isArray(schema["required"]) ? schema["required"].filter((name) => typeof name === "string") : []
      return Object.fromEntries(required.map((name) => [name, sample(objectAt(properties, name), root)]))
    }
    default:
      return null
  }
}

const sampleNumber = (schema: JsonObject): number => {
  const bound = (key: string): number | undefined => {
    const value = schema[key]
    return typeof value === "number" && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : undefined
  }
  const above = bound("exclusiveMinimum")
  const below = bound("exclusiveMaximum")
  const least = bound("minimum")
  const most = bound("maximum")
  if (above !== undefined) return (below ?? most) === undefined ? above + 1 : (above + (below ?? most ?? above)) / 2
  if (below !== undefined) return least ?? below - 1
  if (least !== undefined) return least
  return most === undefined ? 1 : Math.min(1, most)
}

const firstOf = (value: Json | undefined): Json | undefined => Array.isArray(value) ? value[0] : undefined
const objectAt = (object: JsonObject, key: string): JsonObject => {
  const value = object[key]
  return isJsonObject(value) ? value : {}
}
const textAt = (object: JsonObject, key: string): string => {
  const value = object[key]
  return typeof value === "string" ? value : ""
}
const plain = (value: Json | undefined): string => typeof value === "string" ? value : JSON.stringify(value)
