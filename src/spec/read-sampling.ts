/** Reads `random` and `sobol` of a sweep: how many points, from which seed, and what each axis is drawn from. */
import type { Field } from "./field.ts"
import { distributionKeys, samplingKeys } from "./keys.ts"
import type { Json } from "../stage/json.ts"
import { type Distribution, mostDimensions, type Sampling } from "./sampling.ts"
import { mostPoints } from "./sweep.ts"
import { suggestion } from "./suggest.ts"
import { writtenOut } from "./template.ts"

export const wholeNumber = (value: number) => Number.isSafeInteger(value) && value >= 0

/** Undefined where it could not be read; everything wrong has been reported. */
export const readSampling = (strategy: Sampling["strategy"], field: Field, params: ReadonlySet<string>): Sampling | undefined => {
  const { axes, points, seed } = field.known(samplingKeys, `${strategy} is { points, axes }`)
  if (points === undefined) field.failKey("points is missing: how many to draw")
  if (axes === undefined) field.failKey("axes is missing: what each parameter is drawn from", "for example axes: { lr: { min: 0.001, max: 1, log: true } }")
  const count = points?.number(`a number of points, 1 to ${mostPoints.toLocaleString("en")}`, (value) => wholeNumber(value) && value >= 1 && value <= mostPoints)
  const start = seed?.number("a whole number, 0 or more", (value) => wholeNumber(value) && value < 2 ** 32) ?? 0
  const read = readAxesSampled(axes, params)
  const many = Object.keys(read ?? {}).length
  if (strategy === "sobol" && many > mostDimensions) axes?.failKey(`a Sobol sequence has at most ${mostDimensions} axes here; these are ${many}`, "use random")
  return count === undefined || read === undefined ? undefined : { strategy, points: count, seed: start, axes: read }
}

/** Axes with what each is drawn from; undefined where one could not be read. */
export const readAxesSampled = (field: Field | undefined, params: ReadonlySet<string>): Sampling["axes"] | undefined => {
  const named = field?.entries("axes gives each parameter what it is drawn from") ?? new Map<string, Field>()
  const read = [...named].flatMap(([name, axis], dimension) => {
    if (!params.has(name)) axis.failKey(`the file has no parameter "${name}"`, suggestion(name, params) ?? "declare it under params, with its default")
    const distribution = readDistribution(axis)
    return distribution === undefined ? [] : [[name, { distribution, dimension }] as const]
  })
  return field === undefined || read.length < named.size ? undefined : Object.fromEntries(read)
}

const shape = "an axis is { min, max }, with log or int if wanted, or a list to choose from"

const readDistribution = (field: Field): Distribution | undefined => {
  if (field.node.kind === "array") return choice(field)
  const { choice: values, int, log, max, min } = field.known(distributionKeys, shape)
  if (values !== undefined) return choice(values)
  if (min === undefined || max === undefined) return field.fail(shape)
  const least = min.number("a number")
  const most = max.number("a number")
  const [isLog, isInt] = [flag(log), flag(int)]
  if (least === undefined || most === undefined || isLog === undefined || isInt === undefined) return undefined
  if (least >= most) return max.fail(`max must be above min, which is ${least}`)
  if (isLog && least <= 0) return min.fail("on a logarithmic scale min must be above 0")
  if (isInt && !(Number.isSafeInteger(least) && Number.isSafeInteger(most))) return field.fail("the bounds of whole numbers are whole numbers")
  return { kind: "between", min: least, max: most, log: isLog, int: isInt }
}

const choice = (field: Field): Distribution | undefined => {
  const template = field.template()
  const values: Json | undefined = template === undefined ? undefined : writtenOut(template)
  if (template === undefined) return undefined
  if (!isList(values) || values.length === 0) return field.fail("what to choose from is a list of values, written out")
  return { kind: "choice", values }
}

const isList = (value: Json | undefined): value is ReadonlyArray<Json> => Array.isArray(value)

const flag = (field: Field | undefined): boolean | undefined => {
  if (field === undefined) return false
  const value = field.node.kind === "scalar" ? field.node.value : undefined
  return typeof value === "boolean" ? value : field.fail("expected true or false")
}
