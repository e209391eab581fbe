/** Reads `params`, `profiles` and `sweeps`. */
import type { Field } from "./field.ts"
import { sweepKeys } from "./keys.ts"
import type { Template } from "./pipeline.ts"
import { readSampling } from "./read-sampling.ts"
import { readSearch } from "./read-search.ts"
import { suggestion } from "./suggest.ts"
import type { Axis, SweepDeclaration } from "./sweep.ts"

/** Values by name. A value that does not parse is reported and left out of `templates`, its name is still known. */
export interface NamedTemplates {
  readonly names: ReadonlySet<string>
  readonly templates: Readonly<Record<string, Template>>
  readonly fields: ReadonlyMap<string, Field>
}

const readTemplates = (fields: ReadonlyMap<string, Field>): NamedTemplates => {
  const templates = [...fields].flatMap(([name, field]): ReadonlyArray<[string, Template]> => {
    const template = field.template()
    return template === undefined ? [] : [[name, template]]
  })
  return { names: new Set(fields.keys()), templates: Object.fromEntries(templates), fields }
}

export const readParams = (field: Field | undefined): NamedTemplates => {
  const fields = field?.named("parameter", "params are names with their values") ?? new Map<string, Field>()
  checkCase(fields, "parameters")
  checkCount(field, fields.size, 5000, "parameters")
  return readTemplates(fields)
}

/** More are taken for a mistake: what is checked grows with the product of these. */
const checkCount = (field: Field | undefined, count: number, most: number, what: string): void => {
  if (count > most) field?.failKey(`a file has at most ${most} ${what}; this one has ${count}`)
}

/** SQL does not tell `N` from `n`, so two such names would be one column. */
export const checkCase = (fields: ReadonlyMap<string, Field>, kind: string): void => {
  const earlier = new Map<string, string>()
  for (const [name, field] of fields) {
    const other = earlier.get(name.toLowerCase())
    if (other === undefined) earlier.set(name.toLowerCase(), name)
    else field.failKey(`the ${kind} "${other}" and "${name}" differ by case only`, "SQL does not tell them apart; rename one")
  }
}

/** Keys of a profile, a `set` or an axis are parameters of the file; others are reported and left out. */
const onlyParams = (fields: ReadonlyMap<string, Field>, params: ReadonlySet<string>): ReadonlyMap<string, Field> => {
  for (const [name, field] of fields) {
    if (!params.has(name)) field.failKey(`the file has no parameter "${name}"`, suggestion(name, params) ?? `declare it under params, with its default`)
  }
  return new Map([...fields].filter(([name]) => params.has(name)))
}

export const readProfiles = (field: Field | undefined, params: ReadonlySet<string>): ReadonlyMap<string, NamedTemplates> => {
  const profiles = field?.named("profile", "profiles are names with their parameters") ?? new Map<string, Field>()
  checkCount(field, profiles.size, 50, "profiles")
  return new Map([...profiles].slice(0, 50).map(([name, profile]) => [name, readTemplates(onlyParams(profile.entries("a profile sets parameters"), params))]))
}

export const readSweeps = (named: Field | undefined, single: Field | undefined, params: ReadonlySet<string>): ReadonlyArray<SweepDeclaration> => {
  if (named !== undefined && single !== undefined) single.failKey("a file has either sweep or sweeps", "name this one and put it under sweeps")
  const fields = named?.named("sweep", "sweeps are names with their axes") ?? new Map<string, Field>()
  checkCount(named, fields.size, 500, "sweeps")
  const sweeps = [...fields].slice(0, 500).map(([name, field]) => readSweep(name, field, params))
  return single === undefined || single.isNull ? sweeps : [...sweeps, readSweep("", single, params)]
}

const readSweep = (name: string, field: Field, params: ReadonlySet<string>): SweepDeclaration => {
  const { asha, grid, hyperband, list, random, set, sobol, targets, zip } = field.known(sweepKeys, "a sweep has axes under grid, zip or list")
  if (field.isNull || (field.node.kind === "object" && field.node.entries.size === 0)) field.failKey("this sweep is empty", "give it grid, zip, list, set or targets")
  const setFields = onlyParams(set?.entries("set gives parameters their values") ?? new Map(), params)
  const gridFields = onlyParams(grid?.entries("grid gives each axis its values") ?? new Map(), params)
  const zipFields = onlyParams(zip?.entries("zip gives each axis its values") ?? new Map(), params)
  const points = (list?.items("list is a list of points, each { parameter: value }") ?? [])
    .map((point) => ({ point, fields: onlyParams(point.entries("a point gives parameters their values"), params) }))
  const ways = Object.entries({ list, random, sobol, asha, hyperband }).flatMap(([way, given]) => (given === undefined ? [] : [{ way, given }]))
  const [drawn, ...others] = ways
  for (const { given } of others) given.failKey("a sweep has one of list, random, sobol, asha and hyperband", "put the others into sweeps of their own")
  const sampling = drawn?.way === "random" || drawn?.way === "sobol" ? readSampling(drawn.way, drawn.given, params) : undefined
  const search = drawn?.way === "asha" || drawn?.way === "hyperband" ? readSearch(drawn.way, drawn.given, params) : undefined
  const place = (...path: ReadonlyArray<string>) => field.at([drawn?.way ?? "", ...path])
  const sampledFields = new Map([
    ...Object.keys((sampling ?? search?.sampling)?.axes ?? {}).map((axis) => [axis, place("axes", axis)] as const),
    ...(search === undefined ? [] : [[search.resource, place("resource")] as const])
  ])
  reportRepeated([["grid", gridFields], ["zip", zipFields], [drawn?.way ?? "", sampledFields]], points.map(({ fields }) => fields))
  return {
    name,
    path: field.path,
    set: readTemplates(setFields).templates,
    grid: readAxes(gridFields),
    zip: readAxes(zipFields),
    list: points.map(({ fields, point }) => ({ template: { kind: "object", entries: readTemplates(fields).templates }, path: point.path })),
    sampling,
    search,
    targets: targets?.items("targets is a list of stage ids").flatMap((target) => target.text("expected the id of a stage") ?? [])
  }
}

/** An axis may go over what `set` gives; two axes of one name would contradict each other. */
const reportRepeated = (groups: ReadonlyArray<readonly [string, ReadonlyMap<string, Field>]>, points: ReadonlyArray<ReadonlyMap<string, Field>>): void => {
  const home = new Map<string, string>()
  const visit = (group: string, fields: ReadonlyMap<string, Field>) => {
    for (const [name, field] of fields) {
      const other = home.get(name) ?? group
      if (other === group) home.set(name, group)
      else field.failKey(`"${name}" is under ${other} of this sweep already`, "an axis stands in one place")
    }
  }
  for (const [group, fields] of groups) visit(group, fields)
  for (const fields of points) visit("list", fields)
}

export const readAxes = (fields: ReadonlyMap<string, Field>): Readonly<Record<string, Axis>> =>
  Object.fromEntries([...fields].flatMap(([name, field]): ReadonlyArray<[string, Axis]> => {
    const axis = readAxis(field)
    return axis === undefined ? [] : [[name, axis]]
  }))

const rangeKeys = { range: "[start, end] or [start, end, step]; the end is not included." } as const

/** `[a, b]`, `{ range: [start, end, step] }`, or an expression. */
export const readAxis = (field: Field): Axis | undefined => {
  if (field.node.kind === "object") {
    const { range } = field.known(rangeKeys, "")
    if (range === undefined) return field.fail("an axis is a list of values, { range: [start, end] }, or an expression that gives a list")
    range.items("a range is [start, end] or [start, end, step]")
    const template = range.template()
    return template === undefined || template.kind !== "array" ? undefined : { form: "range", template, path: field.path }
  }
  const template = field.template()
  return template === undefined ? undefined : { form: "values", template, path: field.path }
}
