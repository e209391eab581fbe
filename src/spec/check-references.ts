/** Checks that every name in an expression stands for something, and that parameters do not need themselves. */
import { subtractionHint } from "./expression/evaluate.ts"
import { references } from "./expression.ts"
import type { Field } from "./field.ts"
import { inOrder, showCycle } from "./graph.ts"
import { type Parameters, parameterNeeds } from "./params.ts"
import type { Template } from "./pipeline.ts"
import type { StageDraft } from "./read-stages.ts"
import { suggestion } from "./suggest.ts"
import { type TemplateExpression, templateExpressions } from "./template.ts"

/** What an expression may name at its place in the file. */
export interface Names {
  readonly params: ReadonlySet<string>
  /** Axes of the stage's matrix; undefined outside of stages. */
  readonly axes: ReadonlySet<string> | undefined
  readonly stages: ReadonlySet<string>
}

/** Whether every name stands for something; those that do not are reported. */
export const checkTemplate = (field: Field, template: Template, names: Names): boolean => checkExpressions(field, templateExpressions(template), names)

const checkExpressions = (field: Field, expressions: ReadonlyArray<TemplateExpression>, names: Names): boolean => {
  let sound = true
  for (const at of expressions) {
    for (const { offset, path: [first], root } of references(at.expression)) {
      const wrong = wrongName(root, first, names)
      if (wrong === undefined) continue
      sound = false
      field.failReference(at, offset, wrong.message, wrong.hint)
    }
  }
  return sound
}

const wrongName = (root: string, first: string | number | undefined, { axes, params, stages }: Names): { readonly message: string; readonly hint?: string } | undefined => {
  const described = (message: string, hint: string | undefined) => ({ message, ...(hint === undefined ? {} : { hint }) })
  if (root === "params") {
    if (first === undefined || (typeof first === "string" && params.has(first))) return undefined
    return described(`the file has no parameter "${first}"`, subtractionHint(String(first), params) ?? suggestion(String(first), params))
  }
  if (root === "matrix" && axes !== undefined) {
    if (first === undefined || (typeof first === "string" && axes.has(first))) return undefined
    return described(`the matrix of this stage has no axis "${first}"`, axes.size === 0 ? "give the stage a matrix" : subtractionHint(String(first), axes) ?? suggestion(String(first), axes))
  }
  if (root === "item" && axes !== undefined) {
    return axes.has("item") ? undefined : described("item has a meaning only in a stage with foreach", undefined)
  }
  if (params.has(root)) return described(`unknown name "${root}"`, `write params.${root}`)
  if (axes?.has(root) === true) return described(`unknown name "${root}"`, `write matrix.${root}`)
  if (stages.has(root)) return described(`the outputs of stage "${root}" cannot be used here`, "an output is given to an input, under `in`")
  if (root === "matrix" || root === "item") return described(`${root} has a meaning only inside a stage`, undefined)
  const roots = axes === undefined ? ["params"] : axes.has("item") ? ["params", "item"] : ["params", "matrix"]
  return described(`unknown name "${root}"`, subtractionHint(root, roots) ?? suggestion(root, roots))
}

/** Parts of a stage whose expressions name what is not there, so that they have no value either. */
export interface Unsound {
  readonly when: boolean
  /** Keys of `with`. */
  readonly with: ReadonlySet<string>
}

/** The expressions of a stage, wherever they stand. Axes are lists that hold in the whole file, so they know parameters only. */
export const checkStageReferences = (stage: StageDraft, params: ReadonlySet<string>, stages: ReadonlySet<string>): Unsound => {
  const inside: Names = { params, stages, axes: new Set(Object.keys(stage.matrix)) }
  const unsound = [...stage.with].filter(([, { field, template }]) => template !== undefined && !checkTemplate(field, template, inside))
  const sound = stage.when === undefined || checkExpressions(stage.when.field, [{ path: [], part: 0, expression: stage.when.expression }], inside)
  for (const [axis, { template }] of Object.entries(stage.matrix)) {
    const field = stage.axisFields.get(axis)
    if (field !== undefined) checkAxis(field, template, params, stages)
  }
  return { when: !sound, with: new Set(unsound.map(([name]) => name)) }
}

/** A range's template is the list behind its key. */
export const checkAxis = (field: Field, template: Template, params: ReadonlySet<string>, stages: ReadonlySet<string>): void => {
  const at = field.node.kind === "object" ? field.known({ range: "" }, "").range ?? field : field
  checkTemplate(at, template, { params, stages, axes: undefined })
}

/** Reports parameters that need themselves; `fieldOf` finds the place of one. */
export const checkParameterCycles = (params: Parameters, fieldOf: (name: string) => Field | undefined): void => {
  for (const cycle of inOrder(parameterNeeds(params)).cycles) {
    const [first] = cycle
    const field = first === undefined ? undefined : cycle.map(fieldOf).find((found) => found !== undefined)
    const message = cycle.length === 1 ? `the parameter "${first}" is defined by itself` : `these parameters need each other: ${showCycle(cycle)}`
    field?.fail(message, "give one of them a plain value")
  }
}
