/**
 * The coordinates of tasks: at each point, a task stands at the values of those parameters on which it depends, and at its
 * matrix values. Points that agree on these give one coordinate, and equal coordinates are one object in memory.
 */
import { Result } from "effect"
import type { Pipeline, StageDeclaration } from "../spec/pipeline.ts"
import type { Json, JsonObject } from "../stage/json.ts"
import { canonicalJson } from "../stage/json.ts"
import type { Point } from "./expand.ts"
import { feeds } from "./graph.ts"
import type { ParameterSet } from "./parameters.ts"
import type { Coordinates } from "./plan.ts"

export interface Projection {
  /** Parameters on which a stage depends, directly or through its inputs, in the order of the file. */
  readonly names: ReadonlyArray<string>
  /** Those of them on which its own entry depends, as indexes into the parameters of the file. */
  readonly own: ReadonlyArray<number>
  /** Short name of `names`. */
  readonly key: string
}

/** By stage id. */
export type Projections = (set: ParameterSet) => ReadonlyMap<string, Projection>

/** `direct`: the parameters that each stage's own entry refers to. Stages in topological order. */
export const makeProjections = (stages: ReadonlyArray<StageDeclaration>, direct: ReadonlyMap<string, ReadonlyArray<string>>): Projections => {
  const bySet = new Map<ParameterSet, ReadonlyMap<string, Projection>>()
  const keys = new Map<string, string>()
  const project = (set: ParameterSet): ReadonlyMap<string, Projection> => {
    const projections = new Map<string, Projection>()
    for (const stage of stages) {
      const own = new Set((direct.get(stage.id) ?? []).flatMap((name) => [...set.closure(name)]))
      const all = new Set([...own, ...[...feeds(stage)].flatMap((feed) => projections.get(feed)?.names ?? [])])
      const names = set.names.filter((name) => all.has(name))
      const text = names.join("\n")
      const key = keys.get(text) ?? String(keys.size)
      keys.set(text, key)
      projections.set(stage.id, { names, own: set.names.flatMap((name, index) => (own.has(name) ? [index] : [])), key })
    }
    return projections
  }
  return (set) => {
    const known = bySet.get(set) ?? project(set)
    bySet.set(set, known)
    return known
  }
}

/** All coordinates of a plan, each made once. */
export interface CoordinateTable {
  /** `place` stands for the sweep and the projected values at the point, `combinationKey` for the matrix values. */
  readonly at: (place: number, point: Point, projection: Projection, combination: JsonObject, combinationKey: string) => Coordinates
  /** Names that occur in any of them: parameters in the order of the file, then matrix axes in theirs. */
  readonly columns: (pipeline: Pipeline) => ReadonlyArray<string>
}

export const makeCoordinateTable = (): CoordinateTable => {
  const known = new Map<string, Coordinates>()
  const names = new Set<string>()
  return {
    at: (place, point, projection, combination, combinationKey) => {
      const full = `${place}#${combinationKey}`
      const found = known.get(full)
      if (found !== undefined) return found
      const params = Result.getOrElse(point.params, (): JsonObject => ({}))
      const values = [...projection.names.map((name) => [name, params[name] ?? null] as const), ...Object.entries(combination)]
      for (const [name] of values) names.add(name)
      const made: Coordinates = {
        sweep: point.sweep === undefined || point.sweep.name === "" ? null : point.sweep.name,
        values: Object.fromEntries(values.map(([name, value]) => [name, columnValue(value)]))
      }
      known.set(full, made)
      return made
    },
    columns: (pipeline) => {
      const inOrder = [...Object.keys(pipeline.params), ...Object.values(pipeline.stages).flatMap((stage) => Object.keys(stage.matrix))]
      return [...new Set(inOrder)].filter((name) => names.has(name))
    }
  }
}

/** A column holds one scalar; a list or an object stands in it as text. */
const columnValue = (value: Json): Json => (typeof value === "object" && value !== null ? canonicalJson(value) : value)
