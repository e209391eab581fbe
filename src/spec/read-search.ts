/** Reads `asha` and `hyperband` of a sweep, and checks them against the stages that they are about. */
import type { StageInterface } from "../stage/protocol.ts"
import { kindName, whyUnfit } from "./check-inputs.ts"
import type { Field } from "./field.ts"
import { searchKeys } from "./keys.ts"
import { readAxesSampled, wholeNumber } from "./read-sampling.ts"
import type { StageDraft } from "./read-stages.ts"
import { bracketsOf, configCount, type Search } from "./search.ts"
import { suggestion } from "./suggest.ts"

/** More are taken for a mistake: each is a choice that somebody would have to look through. */
const mostConfigs = 20_000
const mostParallel = 10_000

/** Undefined where it could not be read; everything wrong has been reported. */
export const readSearch = (strategy: Search["strategy"], field: Field, params: ReadonlySet<string>): Search | undefined => {
  const keys = field.known(searchKeys, `${strategy} is { axes, stage, metric, goal, resource, min, max, ... }`)
  const needed = ["axes", "stage", "metric", "goal", "resource", "min", "max", ...(strategy === "asha" ? ["points"] as const : [])] as const
  for (const key of needed) if (keys[key] === undefined) field.failKey(`${key} is missing: ${searchKeys[key]}`)
  if (strategy === "hyperband") {
    for (const key of ["points", "parallel"] as const) keys[key]?.failKey(`hyperband has no ${key}`, "how many configurations it tries follows from min, max and reduction")
  }
  const stage = keys.stage?.filled("the id of a stage")
  const metric = keys.metric?.filled("the name of a metric that the stage reports")
  const goal = keys.goal?.oneOf(["max", "min"])
  const resource = keys.resource?.filled("the name of a parameter")
  const min = keys.min?.number("an amount above 0", (value) => value > 0)
  const max = keys.max?.number("an amount above 0", (value) => value > 0)
  const reduction = keys.reduction === undefined ? 3 : keys.reduction.number("a whole number, at least 2", (value) => wholeNumber(value) && value >= 2)
  const points = strategy === "hyperband" ? 1 : keys.points?.number(`a number of configurations, 1 to ${mostConfigs.toLocaleString("en")}`, (value) => wholeNumber(value) && value >= 1 && value <= mostConfigs)
  const parallel = strategy === "hyperband" ? 1 : keys.parallel === undefined ? 8 : keys.parallel.number("a whole number, at least 1", (value) => wholeNumber(value) && value >= 1 && value <= mostParallel)
  const seed = keys.seed?.number("a whole number, 0 or more", (value) => wholeNumber(value) && value < 2 ** 32) ?? 0
  const axes = readAxesSampled(keys.axes, params)
  const carry = readCarry(keys.carry)
  if (resource !== undefined && !params.has(resource)) return keys.resource?.fail(`the file has no parameter "${resource}"`, suggestion(resource, params) ?? "declare it under params, with its default")
  if (resource !== undefined && axes !== undefined && Object.hasOwn(axes, resource)) return keys.resource?.fail(`"${resource}" is an axis of this search already`, "the resource grows from rung to rung; it is not drawn")
  if (min !== undefined && max !== undefined && min > max) return keys.max?.fail(`max must not be below min, which is ${min}`)
  if (stage === undefined || metric === undefined || goal === undefined || resource === undefined || min === undefined || max === undefined || reduction === undefined || points === undefined || parallel === undefined || axes === undefined) return undefined
  const search: Search = { strategy, stage, metric, goal, resource, min, max, reduction, carry, parallel, sampling: { strategy: "random", points, seed, axes } }
  const configs = configCount(bracketsOf(search))
  if (configs > mostConfigs) return keys.max?.fail(`this search would try ${configs.toLocaleString("en")} configurations; the limit is ${mostConfigs.toLocaleString("en")}`, "raise min, or lower max")
  return search
}

const readCarry = (field: Field | undefined): Search["carry"] =>
  Object.fromEntries([...field?.entries("carry names inputs of the stage, each with an output of it: { state: state }") ?? []].flatMap(([input, output]): ReadonlyArray<[string, string]> => {
    const name = output.filled("the name of an output")
    return name === undefined ? [] : [[input, name]]
  }))

/** What the search says of its stage. `place` leads to the search in the file. */
export const checkSearch = (search: Search, place: Field, stages: ReadonlyMap<string, StageDraft>, interfaces: ReadonlyMap<string, StageInterface>): void => {
  const at = (...path: ReadonlyArray<string>) => place.at(path)
  const draft = stages.get(search.stage)
  if (draft === undefined) return at("stage").fail(`the file has no stage "${search.stage}"`, suggestion(search.stage, stages.keys()))
  const stage = interfaces.get(search.stage)
  if (stage === undefined) return
  for (const [input, output] of Object.entries(search.carry)) {
    const given = Object.hasOwn(stage.outputs, output) ? stage.outputs[output] : undefined
    if (given === undefined) {
      at("carry", input).fail(`${stage.name} has no output "${output}"`, suggestion(output, Object.keys(stage.outputs)))
      continue
    }
    if (draft.in.has(input)) at("carry", input).failKey(`the input "${input}" of "${search.stage}" is given under in already`)
    if (stage.shape !== undefined) continue // the file names its inputs
    const taker = Object.hasOwn(stage.inputs, input) ? stage.inputs[input] : undefined
    if (taker === undefined) at("carry", input).failKey(`${stage.name} has no input "${input}"`, suggestion(input, Object.keys(stage.inputs)))
    else if (!taker.optional) at("carry", input).failKey(`the input "${input}" of ${stage.name} must be given at the lowest rung, too`, "what is carried is an optional input")
    else {
      const unfit = whyUnfit(given, taker)
      if (unfit !== undefined) at("carry", input).fail(`the input "${input}" of ${stage.name} takes ${kindName(taker.kind)}; ${output} is ${unfit}`)
    }
  }
}
