/** Sweeps as declared, and the values of their axes under given parameters. */
import { Result } from "effect"
import type { JsonArray, JsonObject } from "../stage/json.ts"
import { isJsonObject } from "../stage/json.ts"
import { ArgumentProblem, isArray, range } from "./expression/functions.ts"
import { evaluateParameters, type Parameters } from "./params.ts"
import type { Sweep, Template } from "./pipeline.ts"
import { samplePoints, type Sampling } from "./sampling.ts"
import { cellsOf, type Search } from "./search.ts"
import { evaluateTemplate, type Path, type TemplateError } from "./template.ts"

/** One axis: a list, an expression that gives one, or the bounds of a range, `[start, end, step?]` with the end left out. */
export interface Axis {
  readonly form: "values" | "range"
  readonly template: Template
  /** Where the axis stands in the file. */
  readonly path: Path
}

export interface SweepDeclaration {
  readonly name: string
  readonly path: Path
  readonly set: Readonly<Record<string, Template>>
  readonly grid: Readonly<Record<string, Axis>>
  readonly zip: Readonly<Record<string, Axis>>
  readonly list: ReadonlyArray<{ readonly template: Template; readonly path: Path }>
  readonly targets: ReadonlyArray<string> | undefined
  /** Points that are drawn; they stand in the place of a list. */
  readonly sampling?: Sampling | undefined
  /** Points that run as far as they are worth it; they stand in the place of a list, too. */
  readonly search?: Search | undefined
}

/** A sweep of more points is taken for a mistake: its plan would not fit into memory. */
export const mostPoints = 200_000
/** The same for all sweeps of a file. */
export const mostPointsTogether = 1_000_000

export const axisValues = ({ form, path, template }: Axis, scope: JsonObject): Result.Result<JsonArray, TemplateError> => {
  const evaluated = Result.mapError(evaluateTemplate(template, scope), (error) => ({ ...error, path: [...path, ...(form === "range" ? ["range"] : []), ...error.path] }))
  if (Result.isFailure(evaluated)) return Result.fail(evaluated.failure)
  const value = evaluated.success
  const fault = (message: string, hint?: string) => Result.fail(faultAt(path, message, hint))
  if (!isArray(value)) return fault("an axis is a list of values, { range: [start, end] }, or an expression that gives a list", isJsonObject(value) ? undefined : "put one value in brackets: [value]")
  const values = form === "values" ? Result.succeed(value) : rangeValues(value, path)
  if (Result.isSuccess(values) && values.success.length === 0) return fault("this axis has no values", form === "range" ? "the end of a range is not included" : undefined)
  return values
}

const rangeValues = (bounds: JsonArray, path: Path): Result.Result<JsonArray, TemplateError> => {
  const [start, end, step = 1] = bounds
  if (typeof start !== "number" || typeof end !== "number" || typeof step !== "number" || bounds.length > 3) {
    return Result.fail(faultAt([...path, "range"], "a range is [start, end] or [start, end, step], all numbers"))
  }
  try {
    return Result.succeed(range(start, end, step))
  } catch (problem) {
    if (problem instanceof ArgumentProblem) return Result.fail(faultAt([...path, "range"], problem.message))
    throw problem
  }
}

/** A problem at a place of the file that is no expression. */
export const faultAt = (path: Path, message: string, hint?: string): TemplateError =>
  ({ message, path, offset: -1, part: 0, source: "", ...(hint === undefined ? {} : { hint }) })

export interface ResolvedSweep {
  readonly sweep: Sweep
  readonly faults: ReadonlyArray<TemplateError>
}

/**
 * The axes under the parameters of the file and those that the sweep sets itself. Axes with a fault are left out.
 * @param values of the parameters, if they are known already
 */
export const resolveSweep = (declaration: SweepDeclaration, params: Parameters, values?: JsonObject): ResolvedSweep => {
  const { grid, list, name, path, sampling, search, set, targets, zip } = declaration
  const own = values === undefined || Object.keys(set).length > 0
  const scope: JsonObject = { params: own ? evaluateParameters({ ...params, ...set }).values : values }
  const faults: Array<TemplateError> = []
  const resolve = (axes: Readonly<Record<string, Axis>>): Readonly<Record<string, JsonArray>> => {
    const resolved: Array<[string, JsonArray]> = []
    for (const [axis, declared] of Object.entries(axes)) {
      const values = axisValues(declared, scope)
      if (Result.isFailure(values)) faults.push(values.failure)
      else resolved.push([axis, values.success])
    }
    return Object.fromEntries(resolved)
  }
  const points = list.flatMap((entry): ReadonlyArray<JsonObject> => {
    const value = evaluateTemplate(entry.template, scope)
    if (Result.isFailure(value)) {
      faults.push({ ...value.failure, path: [...entry.path, ...value.failure.path] })
      return []
    }
    return isJsonObject(value.success) ? [value.success] : []
  })
  const drawn = search !== undefined ? cellsOf(search).map(({ values }) => values) : sampling === undefined ? points : samplePoints(sampling)
  const sweep: Sweep = { name, set, grid: resolve(grid), zip: resolve(zip), list: drawn, targets, ...(search === undefined ? {} : { search }) }
  faults.push(...lengthFaults(sweep, zip, path))
  return { sweep, faults }
}

const lengthFaults = (sweep: Sweep, zip: SweepDeclaration["zip"], path: Path): ReadonlyArray<TemplateError> => {
  const faults: Array<TemplateError> = []
  const [first, ...others] = Object.entries(sweep.zip)
  for (const [axis, values] of others) {
    if (first !== undefined && values.length !== first[1].length) {
      faults.push(faultAt(zip[axis]?.path ?? path, `the axes of a zip are walked together, but ${axis} has ${values.length} values and ${first[0]} has ${first[1].length}`, "axes that are combined freely go under grid"))
    }
  }
  const points = pointCount(sweep)
  if (points > mostPoints) faults.push(faultAt(path, `this sweep has ${points.toLocaleString("en")} points; the limit is ${mostPoints.toLocaleString("en")}`))
  return faults
}

/** How many points the sweep has, those that are alike counted apart. */
export const pointCount = ({ grid, list, zip }: Sweep): number => {
  const [walked] = Object.values(zip)
  return Object.values(grid).reduce((product, values) => product * values.length, Math.max(1, list.length) * (walked?.length ?? 1))
}

/** Every parameter that the sweep gives a value of its own. */
export const sweptParameters = ({ grid, list, sampling, search, set, zip }: SweepDeclaration): ReadonlySet<string> =>
  new Set([...Object.keys((sampling ?? search?.sampling)?.axes ?? {}), ...(search === undefined ? [] : [search.resource]), ...[set, grid, zip, ...list.map(({ template }) => template.kind === "object" ? template.entries : {})].flatMap((axes: Readonly<Record<string, Template | Axis>>) => Object.keys(axes))])

