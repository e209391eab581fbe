/**
 * Checks the parameters of stages against the stages' own schemas, under the file's default parameters and under each
 * profile. What a sweep sets is left to the plan, which knows every point.
 */
import { Result } from "effect"
import type { Json, JsonArray, JsonObject } from "../stage/json.ts"
import type { DecodeResult, StageInterface } from "../stage/protocol.ts"
import type { Unsound } from "./check-references.ts"
import { evaluate, type Expression, references } from "./expression.ts"
import { typeName } from "./expression/functions.ts"
import type { Field } from "./field.ts"
import { offsetOf } from "./node.ts"
import type { StageDraft } from "./read-stages.ts"
import { axisValues } from "./sweep.ts"
import { evaluateTemplate, parametersRead, templateReferences } from "./template.ts"

/** One assignment of parameters to check under. */
export interface Setting {
  /** Of the profile; undefined for the file's defaults. */
  readonly profile: string | undefined
  /** Those that have a value; others have been reported. */
  readonly params: JsonObject
}

/** So many combinations of a matrix are tried; the plan tries them all. */
const mostCombinations = 16

/** What checking one stage needs to know of the rest of the file. */
export interface Surroundings {
  /** The whole file. */
  readonly root: Field
  readonly settings: ReadonlyArray<Setting>
  /** Parameters that some sweep sets, and those computed from them. */
  readonly swept: ReadonlySet<string>
  /** How many instances of stages may still be tried, in the whole file. */
  readonly budget: { left: number }
}

/** A large file stays quick to check; the plan tries every instance at every point. */
export const mostInstances = 20_000

export const checkWith = (draft: StageDraft, stage: StageInterface, unsound: Unsound, { budget, root, settings, swept }: Surroundings): void => {
  if (unsound.when) return
  const seen = new Set<string>()
  for (const { params, profile } of settings) {
    const report = (key: string, add: (suffix: string) => void) => {
      if (seen.has(key)) return
      seen.add(key)
      add(profile === undefined ? "" : ` (with --profile ${profile})`)
    }
    for (const combination of combinations(draft, params)) {
      if (--budget.left < 0) return
      const { item, ...matrix } = combination
      const scope: JsonObject = item === undefined ? { params, matrix } : { params, matrix: combination, item }
      if (planned(draft, scope, swept, report)) checkInstance(root, draft, stage, unsound.with, scope, swept, report)
    }
  }
}

type Report = (key: string, add: (suffix: string) => void) => void

const reads = (expression: Expression) => parametersRead(references(expression))

/** Whether every parameter read has a value here, and whether one of them varies over a sweep. */
const standing = (read: ReadonlySet<string> | undefined, scope: JsonObject, swept: ReadonlySet<string>): { readonly known: boolean; readonly varies: boolean } => {
  const { params } = scope
  const known = read === undefined || [...read].every((name) => typeof params === "object" && params !== null && Object.hasOwn(params, name))
  return { known, varies: read === undefined ? swept.size > 0 : [...read].some((name) => swept.has(name)) }
}

const planned = ({ when }: StageDraft, scope: JsonObject, swept: ReadonlySet<string>, report: Report): boolean => {
  if (when === undefined) return true
  const { known, varies } = standing(reads(when.expression), scope, swept)
  if (!known) return false
  const value = evaluate(when.expression, scope)
  if (Result.isSuccess(value) && typeof value.success === "boolean") return value.success
  if (varies) return false
  const error = Result.isFailure(value) ? value.failure : { message: `when must be true or false, not ${typeName(value.success)}`, offset: 0, hint: "write a comparison, such as params.x > 0" }
  report(`when ${error.message}`, (suffix) => when.field.failExpression({ ...error, message: error.message + suffix, path: [], part: 0, source: when.expression.source }))
  return false
}

const checkInstance = (root: Field, draft: StageDraft, stage: StageInterface, unsound: ReadonlySet<string>, scope: JsonObject, swept: ReadonlySet<string>, report: Report): void => {
  const values: Array<[string, Json]> = []
  /** Keys whose value here says nothing about the values at the points of a sweep, or that have none. */
  const open = new Set<string>()
  for (const [name, { field, template }] of draft.with) {
    if (template === undefined || unsound.has(name)) {
      open.add(name)
      continue
    }
    const { known, varies } = standing(parametersRead(templateReferences(template)), scope, swept)
    if (!known || varies) open.add(name)
    if (!known) continue
    const value = evaluateTemplate(template, scope)
    if (Result.isSuccess(value)) values.push([name, value.success])
    else {
      open.add(name)
      const error = value.failure
      if (!varies) report(`${name} ${error.message}`, (suffix) => field.failExpression({ ...error, message: error.message + suffix }))
    }
  }
  const decoded = decode(stage, Object.fromEntries(values))
  if (decoded.ok) return
  for (const { message, path } of decoded.issues) {
    const [first] = path
    if (first === undefined ? open.size > 0 : open.has(String(first))) continue
    const full = ["stages", draft.id, "with", ...path]
    // A key that should not be there is the mistake itself; of any other it is the value.
    const which = message.startsWith("unknown") ? "key" : "value"
    report(`${path.join(".")} ${message}`, (suffix) => root.collector.add(offsetOf(root.node, full, which), full, message + suffix))
  }
}

/** A stage module is the project's own code: one that throws is reported like any other problem. */
const decode = (stage: StageInterface, params: JsonObject): DecodeResult => {
  try {
    return stage.decode(params)
  } catch (cause) {
    return { ok: false, issues: [{ path: [], message: `the stage ${stage.name} failed to check its parameters: ${cause instanceof Error ? cause.message : String(cause)}` }] }
  }
}

/** The first combinations of the matrix; one empty one without a matrix, none when an axis has no values. */
const combinations = ({ matrix }: StageDraft, params: JsonObject): ReadonlyArray<JsonObject> => {
  let all: ReadonlyArray<JsonObject> = [{}]
  for (const [name, axis] of Object.entries(matrix)) {
    const resolved = axisValues(axis, { params })
    const values: JsonArray = Result.isSuccess(resolved) ? resolved.success : []
    all = all.flatMap((combination) => values.slice(0, mostCombinations).map((value) => ({ ...combination, [name]: value }))).slice(0, mostCombinations)
  }
  return all
}
