/** Reads `stages`: each on its own, before it is known whether what it names is there. */
import { Result } from "effect"
import { type Expression, parseExpression, references } from "./expression.ts"
import type { Field } from "./field.ts"
import { resourceKeys, stageKeys } from "./keys.ts"
import type { StageDeclaration, Template } from "./pipeline.ts"
import { readRetry } from "./read-retry.ts"
import { checkCase, readAxes, readAxis } from "./read-sweeps.ts"
import type { Axis } from "./sweep.ts"
import { parseDuration, parseMemory } from "./units.ts"

/** What an input names; the output may be left open where the stage has just one. */
export interface InputReference {
  readonly field: Field
  readonly stage: string
  readonly output: string | undefined
}

export interface InputDraft {
  readonly field: Field
  readonly references: ReadonlyArray<InputReference>
}

/** A stage as far as it could be read; everything that could not has been reported. */
export interface StageDraft {
  readonly id: string
  readonly field: Field
  readonly uses: { readonly name: string; readonly field: Field } | undefined
  readonly withField: Field | undefined
  readonly with: ReadonlyMap<string, { readonly field: Field; readonly template: Template | undefined }>
  readonly inField: Field | undefined
  readonly in: ReadonlyMap<string, InputDraft>
  readonly when: { readonly expression: Expression; readonly field: Field } | undefined
  /** Axes of the matrix with their places. */
  readonly matrix: Readonly<Record<string, Axis>>
  readonly axisFields: ReadonlyMap<string, Field>
  readonly settings: Pick<StageDeclaration, "retry" | "timeout" | "resources">
}

/** Roots of expressions that no stage may be called. */
const reserved: ReadonlySet<string> = new Set(["params", "matrix", "item", "true", "false", "null"])

export const readStages = (root: Field, field: Field | undefined): ReadonlyMap<string, StageDraft> => {
  if (field === undefined) {
    root.fail("the file has no stages", "a pipeline needs `stages:` with at least one stage")
    return new Map()
  }
  const stages = field.named("stage", "stages are names with what they use")
  if (field.node.kind === "object" && field.node.entries.size === 0 || field.isNull) field.failKey("there are no stages")
  checkCase(stages, "stages")
  return new Map([...stages].map(([id, stage]) => [id, readStage(id, stage)]))
}

const readStage = (id: string, field: Field): StageDraft => {
  if (reserved.has(id)) field.failKey(`a stage cannot be called "${id}"`, "expressions use that name for something else")
  const keys = field.known(stageKeys, "a stage is { uses, with, in }")
  const object = field.node.kind === "object" || field.isNull
  if (keys.uses === undefined && object) field.failKey("uses is missing: which stage to run", "for example `uses: data/gauss`; `reprise stages` lists them")
  const name = keys.uses?.filled("the name of a stage")
  const parameters = keys.with?.entries("with gives the stage's parameters their values") ?? new Map<string, Field>()
  const inputs = keys.in?.entries("in gives the stage's inputs: name: \"${{ stage.output }}\"") ?? new Map<string, Field>()
  const axes = readMatrix(keys.foreach, keys.matrix)
  return {
    id,
    field,
    uses: name === undefined || keys.uses === undefined ? undefined : { name, field: keys.uses },
    withField: keys.with,
    with: new Map([...parameters].map(([key, value]) => [key, { field: value, template: value.template() }])),
    inField: keys.in,
    in: new Map([...inputs].map(([key, value]) => [key, readInput(value)])),
    when: keys.when === undefined ? undefined : readWhen(keys.when),
    ...axes,
    settings: { retry: readRetry(keys.retry), timeout: readTimeout(keys.timeout), resources: readResources(keys.resources) }
  }
}

const readMatrix = (foreach: Field | undefined, matrix: Field | undefined): Pick<StageDraft, "matrix" | "axisFields"> => {
  if (foreach !== undefined && matrix !== undefined) foreach.failKey("a stage has either foreach or matrix", "make it one more axis of the matrix")
  if (foreach !== undefined) {
    const axis = readAxis(foreach)
    return { matrix: axis === undefined ? {} : { item: axis }, axisFields: new Map([["item", foreach]]) }
  }
  const fields = matrix?.named("matrix axis", "a matrix gives each axis its values") ?? new Map<string, Field>()
  checkCase(fields, "axes")
  return { matrix: readAxes(fields), axisFields: fields }
}

const inputShape = "an input is \"${{ stage.output }}\", or \"${{ stage }}\" where that stage has one output"

const readInput = (field: Field): InputDraft => {
  const fields = field.node.kind === "array" ? field.items("") : [field]
  return { field, references: fields.flatMap((each) => readInputReference(each) ?? []) }
}

const readInputReference = (field: Field): InputReference | undefined => {
  if (field.node.kind !== "scalar" || typeof field.node.value !== "string") return field.fail(`${inputShape}; this is ${field.shape}`)
  const template = field.template()
  if (template === undefined) return undefined
  if (template.kind !== "expression") {
    const name = /^[A-Za-z_][\w-]*(?:\.[\w-]+)?$/.test(field.node.value) ? field.node.value : undefined
    return field.fail(inputShape, name === undefined ? undefined : `write "\${{ ${name} }}"`)
  }
  const [reference, ...others] = references(template.expression)
  if (reference === undefined || !reference.whole || others.length > 0 || reference.path.length > 1) return field.fail(inputShape)
  const [output] = reference.path
  return { field, stage: reference.root, output: output === undefined ? undefined : String(output) }
}

/** `when` takes an expression with or without its braces, or a plain true or false. */
const readWhen = (field: Field): StageDraft["when"] => {
  const { node } = field
  const text = node.kind === "scalar" && (typeof node.value === "string" || typeof node.value === "boolean") ? String(node.value) : field.text("expected an expression that is true or false")
  if (text === undefined) return undefined
  if (text.includes("${{")) {
    const template = field.template()
    if (template === undefined || template.kind === "expression") return template === undefined ? undefined : { expression: template.expression, field }
    return field.fail("expected one expression and nothing beside it")
  }
  const parsed = parseExpression(text.trim())
  if (Result.isSuccess(parsed)) return { expression: parsed.success, field }
  field.failExpression({ ...parsed.failure, path: [], part: 0, source: text.trim() })
  return undefined
}

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0

const readTimeout = (field: Field | undefined): number | undefined => {
  if (field === undefined || field.isNull) return undefined
  const value = field.node.kind === "scalar" ? field.node.value : undefined
  const time = typeof value === "string" ? parseDuration(value) : typeof value === "number" ? value : undefined
  return time !== undefined && time > 0 ? time : field.fail("expected a time above 0", "seconds, or text such as \"90s\", \"30m\", \"1h30m\"")
}

const readResources = (field: Field | undefined): StageDeclaration["resources"] => {
  const { cpus, gpus, memory, others } = field?.known(resourceKeys, "resources are { cpus, gpus, memory, others }") ?? {}
  return {
    cpus: cpus?.number("a number of cores, at least 1", (value) => isCount(value) && value > 0) ?? 1,
    gpus: gpus?.number("a number of cards, 0 or more", isCount) ?? 0,
    memoryMiB: memory === undefined ? undefined : readMemory(memory),
    ...(others === undefined ? {} : { others: readOthers(others) })
  }
}

const readOthers = (field: Field): Readonly<Record<string, number>> =>
  Object.fromEntries([...field.named("resource", "others are names with how many a task needs")].flatMap(([name, amount]): ReadonlyArray<[string, number]> => {
    const number = amount.number("how many, at least 1", (value) => isCount(value) && value > 0)
    return number === undefined ? [] : [[name, number]]
  }))

const readMemory = (field: Field): number | undefined => {
  const value = field.node.kind === "scalar" && typeof field.node.value === "string" ? parseMemory(field.node.value) : undefined
  return value !== undefined && value > 0 ? value : field.fail("expected an amount of memory with its unit", "for example \"2GiB\" or \"512MiB\"")
}
