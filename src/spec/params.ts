/** The values of a pipeline's parameters: plain ones as they are, expressions over others in the order that they need each other. */
import { Result } from "effect"
import type { Json, JsonObject } from "../stage/json.ts"
import { inOrder, type Needs } from "./graph.ts"
import type { Template } from "./pipeline.ts"
import { evaluateTemplate, parametersRead, type TemplateError, templateReferences } from "./template.ts"

export type Parameters = Readonly<Record<string, Template>>

export interface ParameterFailure {
  readonly name: string
  readonly error: TemplateError
}

/** For each parameter the other parameters that its expression reads. */
export const parameterNeeds = (params: Parameters): Needs => {
  const names = Object.keys(params)
  return new Map(names.map((name) => {
    const template = params[name]
    const read = template === undefined ? new Set<string>() : parametersRead(templateReferences(template))
    // All parameters together are this one too.
    return [name, read === undefined ? [name] : [...read]]
  }))
}

/** Every parameter that depends on one of `names`, those included. */
export const dependents = (needs: Needs, names: Iterable<string>): ReadonlySet<string> => {
  const reached = new Set(names)
  for (const name of inOrder(needs).order) {
    if (needs.get(name)?.some((needed) => reached.has(needed)) === true) reached.add(name)
  }
  return reached
}

export interface ParameterValues {
  readonly values: JsonObject
  /** Parameters whose expression has no value, in the order met. Those that need them are missing from `values` without an entry here. */
  readonly failures: ReadonlyArray<ParameterFailure>
}

/** Evaluates as many parameters as have a value. Members of a cycle have none, and no failure either: they are reported as a cycle. */
export const evaluateParameters = (params: Parameters): ParameterValues => {
  const needs = parameterNeeds(params)
  const { order } = inOrder(needs)
  const values = new Map<string, Json>()
  const failures: Array<ParameterFailure> = []
  for (const name of order) {
    const template = params[name]
    const needed = needs.get(name) ?? []
    if (template === undefined || needed.some((other) => !values.has(other))) continue
    const scope = { params: Object.fromEntries(needed.map((other) => [other, values.get(other) ?? null])) }
    const value = evaluateTemplate(template, scope)
    if (Result.isFailure(value)) failures.push({ name, error: value.failure })
    else values.set(name, value.success)
  }
  return { values: Object.fromEntries(Object.keys(params).flatMap((name) => values.has(name) ? [[name, values.get(name) ?? null]] : [])), failures }
}
