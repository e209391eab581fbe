/** An architecture: a network's layers as they are written down in a file, checked, before the shape of the data is known. */
import { Result, Schema } from "effect"
import { type DataType } from "../tensor.ts"
import type { Shape } from "../shape.ts"
import { type Block, readLayers, type Reading } from "./compose.ts"
import { isRecord, resolve, type Variables } from "./formula.ts"
import { Count, decodeSettings, type Forward } from "./layer.ts"
import { architectureError, type ArchitectureError, type Path, type Problem, unknown } from "./problem.ts"

/** What one sample of an input is. */
export interface InputType {
  readonly shape: Shape
  readonly type: DataType
}

/** Fixed statistics of the data, one number for each channel or one for all: inputs become (x - mean) / deviation. */
export interface Normalisation {
  readonly mean: ReadonlyArray<number>
  readonly deviation: ReadonlyArray<number>
}

export interface Architecture {
  readonly description?: string
  /** As the file says; the first one is what the first layer gets. */
  readonly inputs: Readonly<Record<string, InputType>>
  readonly normalisation?: Normalisation
  /** Names of the classes, in the order of the scores. */
  readonly classes?: ReadonlyArray<string>
  /** Values of the file's settings. */
  readonly settings: Variables
  /** What was read. */
  readonly source: unknown
  readonly forward: Forward
}

const Numbers = Schema.Union([Schema.Finite, Schema.NonEmptyArray(Schema.Finite)])
const InputShape = Schema.Array(Count)
const Head = Schema.Struct({
  description: Schema.optionalKey(Schema.String),
  input: Schema.optionalKey(InputShape),
  inputs: Schema.optionalKey(Schema.Record(Schema.String, Schema.Struct({
    shape: InputShape,
    type: Schema.optionalKey(Schema.Literals(["float32", "int64"]))
  }))),
  normalisation: Schema.optionalKey(Schema.Struct({ mean: Numbers, deviation: Numbers })),
  classes: Schema.optionalKey(Schema.NonEmptyArray(Schema.String)),
  settings: Schema.optionalKey(Schema.Record(Schema.String, Schema.Unknown)),
  blocks: Schema.optionalKey(Schema.Record(Schema.String, Schema.Unknown)),
  layers: Schema.Unknown
})

/**
 * Reads what a YAML file of an architecture holds. Other values for the file's settings can be given.
 * Fails with everything that is wrong, each with the path to it.
 */
export const readArchitecture = (file: unknown, settings: Variables = {}): Result.Result<Architecture, ArchitectureError> => {
  const problems: Array<Problem> = []
  if (!isRecord(file)) return Result.fail(architectureError([{ path: [], message: "an architecture has a list of `layers`" }]))
  const own = settingsOf(file["settings"], settings, problems)
  const { blocks, layers, settings: _, ...rest } = file
  const resolved = resolve(rest, own, (message, path) => problems.push({ path, message }))
  const head = decodeSettings("an architecture", Head, { ...(isRecord(resolved) ? resolved : {}), layers, ...(blocks === undefined ? {} : { blocks }) })
  if (head._tag === "Failure") return Result.fail(architectureError([...problems, ...head.failure]))
  const reading: Reading = { blocks: blocksOf(blocks, problems), settings: own, problems, count: 0 }
  const forward = readLayers(layers, reading, { path: ["layers"], variables: own, within: [], words: "" })
  if (problems.length > 0) return Result.fail(architectureError(problems))
  const { classes, description, normalisation } = head.success
  return Result.succeed({
    ...(description === undefined ? {} : { description }),
    ...(classes === undefined ? {} : { classes }),
    ...(normalisation === undefined ? {} : { normalisation: { mean: listed(normalisation.mean), deviation: listed(normalisation.deviation) } }),
    inputs: inputsOf(head.success),
    settings: own,
    source: Object.keys(settings).length === 0 ? file : { ...file, settings: own },
    forward
  })
}

const listed = (numbers: number | ReadonlyArray<number>): ReadonlyArray<number> => (typeof numbers === "number" ? [numbers] : numbers)

const inputsOf = ({ input, inputs = {} }: typeof Head.Type): Readonly<Record<string, InputType>> => ({
  ...(input === undefined ? {} : { x: { shape: input, type: "float32" as const } }),
  ...Object.fromEntries(Object.entries(inputs).map(([name, { shape, type = "float32" }]) => [name, { shape, type }]))
})

/** The file's settings with those that were given in their place; a formula may use the ones before it. */
const settingsOf = (declared: unknown, given: Variables, problems: Array<Problem>): Variables => {
  const file = isRecord(declared) ? declared : {}
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(file, name)) problems.push({ path: ["settings", name], message: unknown("setting", name, Object.keys(file)) })
  }
  const all: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(file)) {
    all[name] = given[name] ?? resolve(value, all, (message, path) => problems.push({ path: ["settings", name, ...path], message }))
  }
  return all
}

const blocksOf = (blocks: unknown, problems: Array<Problem>): ReadonlyMap<string, Block> => {
  const read = new Map<string, Block>()
  for (const [name, block] of Object.entries(isRecord(blocks) ? blocks : {})) {
    const path: Path = ["blocks", name]
    if (!isRecord(block)) {
      problems.push({ path, message: "expected a block with `layers`, and its `settings` if it has any" })
      continue
    }
    for (const key of Object.keys(block)) {
      if (key !== "settings" && key !== "layers") problems.push({ path: [...path, key], message: unknown("key of a block", key, ["settings", "layers"]) })
    }
    const settings = block["settings"]
    read.set(name, { settings: isRecord(settings) ? settings : {}, layers: block["layers"], path: [...path, "layers"] })
  }
  return read
}
