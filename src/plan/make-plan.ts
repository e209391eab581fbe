/**
 * Pipeline -> Plan. At each point of each sweep every stage is planned after what feeds it; work that two points share is
 * found by the values that a stage really refers to, before anything is evaluated, and again by its recipe. Planning is therefore
 * linear in points x stages, a look-up for each, and evaluates a stage once for each distinct set of those values.
 *
 * Pure: digests of files and code are handed in.
 */
import { Result } from "effect"
import type { Pipeline, Sweep } from "../spec/pipeline.ts"
import type { Problem } from "../spec/source.ts"
import { suggestion } from "../spec/suggest.ts"
import type { JsonObject } from "../stage/json.ts"
import type { StageInterface } from "../stage/protocol.ts"
import { shaped } from "../stage/shape.ts"
import { writtenOutObject } from "../spec/template.ts"
import { makeCoordinateTable, makeProjections } from "./coordinates.ts"
import { expand, type Point } from "./expand.ts"
import type { Instances } from "./fan-out.ts"
import type { Engine } from "./fingerprint.ts"
import { topologicalOrder, upstreamOf } from "./graph.ts"
import { type Interner, makeInterner } from "./intern.ts"
import type { ParameterSet } from "./parameters.ts"
import type { Plan } from "./plan.ts"
import type { FileDigest } from "./prepare.ts"
import { makeSearchTable } from "./searches.ts"
import { makeStagePlanner } from "./stage-planner.ts"
import { makeTaskTable, place } from "./task-table.ts"
import { makeTrouble } from "./trouble.ts"

/** What planning needs from outside. */
export interface PlanWorld {
  readonly library: { readonly find: (uses: string) => StageInterface | undefined }
  /** Code digest of a stage. */
  readonly code: (uses: string) => string
  readonly engine: Engine
  /** Content digest of a project file, by its path from the project's folder; undefined where there is none. Asked once for each. */
  readonly fileDigest: (path: string) => FileDigest
  /** Only so many points of each sweep, the first ones. */
  readonly limit?: number
  /** Only these sweeps, and only what leads to these stages. */
  readonly only?: { readonly sweeps?: ReadonlyArray<string>; readonly stages?: ReadonlyArray<string> }
  /** Told how many points have been planned, after each. */
  readonly onPoint?: (planned: number) => void
}

export const makePlan = (pipeline: Pipeline, world: PlanWorld): Result.Result<Plan, ReadonlyArray<Problem>> => {
  const refused = [...selectionProblems(pipeline, world), ...missingStages(pipeline, world)]
  if (refused.length > 0) return Result.fail(refused)

  const trouble = makeTrouble(pipeline)
  const intern = makeInterner()
  const table = makeTaskTable()
  const order = topologicalOrder(pipeline)
  const everyFeedIsThere = order.every((stage) => stage.when === undefined)
  const fileDigest = remember(world.fileDigest)
  const planners = order.flatMap((declaration) => {
    const found = world.library.find(declaration.uses)
    if (found === undefined) return []
    const stage = shaped(found, writtenOutObject(declaration.with), Object.keys(declaration.in))
    const context = {
      stage,
      code: world.code(declaration.uses),
      engine: stage.engine ? world.engine : null,
      fileDigest,
      intern,
      parameters: Object.keys(pipeline.params)
    }
    return [makeStagePlanner(declaration, context, table, everyFeedIsThere)]
  })
  const projectionsOf = makeProjections(order, new Map(planners.map((planner) => [planner.declaration.id, planner.names])))
  const coordinates = makeCoordinateTable()
  const numbersOf = makeNumbers(intern)
  const places = new Map<string, number>()
  const asked = new Map<string, number>()
  const searches = makeSearchTable()
  const isSearched = pipeline.sweeps.some(({ search }) => search !== undefined)

  const planPoint = (point: Point, params: JsonObject, wanted: ReadonlySet<string>): void => {
    const numbers = numbersOf(point.set, params)
    const projections = projectionsOf(point.set)
    const planned = new Map<string, Instances>()
    const sweep = point.sweep?.name ?? ""
    const below = searches.below(sweep, point.cell)
    const placeOf = new Map<string, number>()
    for (const planner of planners) {
      const { id } = planner.declaration
      const projection = projections.get(id)
      if (!wanted.has(id) || projection === undefined) continue
      const instances = planner.instances(params, keyOf(numbers, planner.parameters), {
        instancesOf: (stage) => planned.get(stage),
        ...(below === undefined || point.cell?.search.stage !== id ? {} : { below: { instances: below, carry: point.cell.search.carry } }),
        report: (fault, combination) => trouble.add(fault, point, combination)
      })
      if (instances === undefined) continue
      planned.set(id, instances)
      asked.set(id, (asked.get(id) ?? 0) + instances.items.length)

      // The projected values are those of the stage's own entry and those of its feeds, whose places stand for them.
      let key = `${sweep}|${projection.key}|${keyOf(numbers, projection.own)}`
      for (const feed of planner.feeds) key += `/${placeOf.get(feed) ?? ""}`
      const here = places.get(key) ?? places.size
      places.set(key, here)
      placeOf.set(id, here)
      if (!planner.note(instances, here)) continue
      for (const { combination, draft, key } of instances.items) place(draft, coordinates.at(here, point, projection, combination, key))
    }
    if (isSearched) searches.note(sweep, point.cell, point.swept, planned)
  }

  let points = 0
  const wantedBySweep = new Map<Sweep | undefined, ReadonlySet<string>>()
  for (const point of expand(pipeline, pipeline.sweeps.filter((sweep) => world.only?.sweeps?.includes(sweep.name) ?? true), world.limit)) {
    const wanted = wantedBySweep.get(point.sweep) ?? wantedStages(pipeline, point.sweep, world.only?.stages)
    wantedBySweep.set(point.sweep, wanted)
    if (Result.isFailure(point.params)) trouble.add(point.params.failure, point)
    else planPoint(point, point.params.success, wanted)
    world.onPoint?.(++points)
  }
  if (trouble.found) return Result.fail(trouble.problems())
  const planned = searches.result()
  return Result.succeed({
    pipeline,
    tasks: table.tasks(),
    axes: coordinates.columns(pipeline),
    asked: Object.fromEntries(asked),
    ...(planned === undefined ? {} : { searches: planned })
  })
}

/** What leads to the sweep's targets and to the stages asked for, both where both are given. */
const wantedStages = (pipeline: Pipeline, sweep: Sweep | undefined, stages: ReadonlyArray<string> | undefined): ReadonlySet<string> => {
  const all = Object.keys(pipeline.stages)
  const ofSweep = upstreamOf(pipeline, sweep?.targets ?? all)
  return upstreamOf(pipeline, (stages ?? all).filter((stage) => ofSweep.has(stage)))
}

/** A number for the value of each parameter, in the order of the file; constants are numbered once for all points of a set. */
const makeNumbers = (intern: Interner) => {
  const bySet = new Map<ParameterSet, { readonly fixed: ReadonlyArray<number>; readonly varying: ReadonlyArray<readonly [number, string]> }>()
  return (set: ParameterSet, params: JsonObject): ReadonlyArray<number> => {
    const { fixed, varying } = bySet.get(set) ?? {
      fixed: set.names.map((name) => (set.varying.has(name) ? -1 : intern(params[name] ?? null))),
      varying: set.names.flatMap((name, index) => (set.varying.has(name) ? [[index, name] as const] : []))
    }
    bySet.set(set, { fixed, varying })
    const numbers = [...fixed]
    for (const [index, name] of varying) numbers[index] = intern(params[name] ?? null)
    return numbers
  }
}

const keyOf = (numbers: ReadonlyArray<number>, indexes: ReadonlyArray<number>): string => {
  let key = ""
  for (const index of indexes) key += `${numbers[index] ?? -1},`
  return key
}

const selectionProblems = (pipeline: Pipeline, { only }: PlanWorld): ReadonlyArray<Problem> => {
  const check = (kind: string, asked: ReadonlyArray<string>, known: ReadonlyArray<string>): ReadonlyArray<Problem> =>
    asked.filter((name) => !known.includes(name)).map((name) => {
      const hint = suggestion(name, known)
      return {
        file: pipeline.source.file,
        position: pipeline.source.locate([`${kind}s`]),
        path: `${kind}s`,
        message: `there is no ${kind} named ${JSON.stringify(name)}`,
        ...(hint === undefined ? {} : { hint })
      }
    })
  return [
    ...check("sweep", only?.sweeps ?? [], pipeline.sweeps.map((sweep) => sweep.name)),
    ...check("stage", only?.stages ?? [], Object.keys(pipeline.stages))
  ]
}

/** The parser has checked the names already, against a library that may have changed since. */
const missingStages = (pipeline: Pipeline, { library }: PlanWorld): ReadonlyArray<Problem> =>
  Object.values(pipeline.stages).filter((stage) => library.find(stage.uses) === undefined).map((stage) => ({
    file: pipeline.source.file,
    position: pipeline.source.locate(["stages", stage.id, "uses"]),
    path: `stages.${stage.id}.uses`,
    message: `there is no stage ${stage.uses}`
  }))

const remember = <K, V>(answer: (question: K) => V): ((question: K) => V) => {
  const known = new Map<K, { readonly value: V }>()
  return (question) => {
    const found = known.get(question) ?? { value: answer(question) }
    known.set(question, found)
    return found.value
  }
}
