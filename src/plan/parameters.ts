/**
 * The parameters of a pipeline as values. A parameter may be an expression over others, and a sweep may set some of them, so
 * which expressions are evaluated, and in what order, depends on the set of names that a point gives: one `ParameterSet` serves
 * every point that gives the same names, and evaluates what no point changes once.
 */
import { Result } from "effect"
import { inOrder, showCycle } from "../spec/graph.ts"
import { type Parameters, parameterNeeds } from "../spec/params.ts"
import { evaluateTemplate } from "../spec/template.ts"
import type { Json, JsonObject } from "../stage/json.ts"
import { type Fault, templateFault } from "./trouble.ts"

export interface ParameterSet {
  /** Every parameter of the pipeline, in the order of the file. */
  readonly names: ReadonlyArray<string>
  /** Parameters whose value can differ between points: those that the point gives, and expressions over them. */
  readonly varying: ReadonlySet<string>
  /** The parameters that this one is computed from, itself included, at any remove. */
  readonly closure: (parameter: string) => ReadonlySet<string>
  /** All values at a point. A fault hits the points at which it occurs. */
  readonly evaluate: (given: JsonObject) => Result.Result<JsonObject, Fault>
}

/**
 * @param templates what the file and the sweep's `set` say
 * @param given names that each point gives a value for
 * @param placeOf where in the file a parameter's template stands
 */
export const makeParameterSet = (
  templates: Parameters,
  given: ReadonlySet<string>,
  placeOf: (parameter: string) => ReadonlyArray<string | number>
): ParameterSet => {
  const names = Object.keys(templates)
  const written = Object.entries(templates).filter(([name]) => !given.has(name))
  const needs = parameterNeeds(Object.fromEntries(written))
  const { cycles: [cycle], order } = inOrder(needs)

  const closures = new Map(Array.from(given, (name): [string, ReadonlySet<string>] => [name, new Set([name])]))
  for (const name of order) {
    closures.set(name, new Set([name, ...(needs.get(name) ?? []).flatMap((needed) => [...(closures.get(needed) ?? [])])]))
  }
  const closure = (parameter: string): ReadonlySet<string> => closures.get(parameter) ?? new Set()
  const varying = new Set(names.filter((name) => [...closure(name)].some((source) => given.has(source))))

  /** Adds the values of these parameters, each of which comes after what it needs. */
  const evaluateOnto = (values: Record<string, Json>, wanted: ReadonlyArray<string>): Fault | undefined => {
    for (const name of wanted) {
      const template = templates[name]
      if (template === undefined) continue
      const scope = { params: Object.fromEntries((needs.get(name) ?? []).map((needed) => [needed, values[needed] ?? null])) }
      const value = evaluateTemplate(template, scope)
      if (Result.isFailure(value)) return templateFault(placeOf(name), value.failure)
      values[name] = value.success
    }
    return undefined
  }
  const constants: Record<string, Json> = {}
  const fault = cycle === undefined
    ? evaluateOnto(constants, order.filter((name) => !varying.has(name)))
    : { path: placeOf(cycle[0] ?? ""), message: `these parameters need each other's values: ${showCycle(cycle)}` }
  const computed = order.filter((name) => varying.has(name))
  return {
    names,
    varying,
    closure,
    evaluate: (point) => {
      if (fault !== undefined) return Result.fail(fault)
      const values = { ...constants, ...point }
      const faultHere = evaluateOnto(values, computed)
      return faultHere === undefined ? Result.succeed(values) : Result.fail(faultHere)
    }
  }
}
