/**
 * The points of a pipeline: each sweep is `list x zip x grid`, the first axis slowest, and every point has a value for
 * every parameter of the file. A pipeline without sweeps has one point; with sweeps there are only theirs.
 */
import type { Result } from "effect"
import type { Pipeline, Sweep, Template } from "../spec/pipeline.ts"
import { type Cell, cellsOf, cellsWithin, type Search } from "../spec/search.ts"
import { canonicalJson, type Json, type JsonObject } from "../stage/json.ts"
import { makeParameterSet, type ParameterSet } from "./parameters.ts"
import type { Fault } from "./trouble.ts"

export interface Point {
  /** Undefined for the one point of a pipeline without sweeps. */
  readonly sweep: Sweep | undefined
  /** What the axes give here: names the point to the user. */
  readonly swept: JsonObject
  /** Says which parameters are computed from which. Points that share it give the same names. */
  readonly set: ParameterSet
  /** Every parameter's value, or why one has none. */
  readonly params: Result.Result<JsonObject, Fault>
  /** Where in a search this is, if the sweep is one. */
  readonly cell: PointCell | undefined
}

export interface PointCell {
  readonly search: Search
  /** Stands for the values of the sweep's other axes: each combination of these is a search of its own. */
  readonly group: string
  readonly cell: Cell
}

/** Points as they are asked for: a sweep of 100,000 of them is never held at once.
 * @param limit only so many points of each sweep, the first ones */
export function* expand(pipeline: Pipeline, sweeps: ReadonlyArray<Sweep> = pipeline.sweeps, limit = Infinity): Generator<Point> {
  if (pipeline.sweeps.length === 0) {
    yield pointOf(undefined, {}, makeParameterSet(pipeline.params, new Set(), (name) => ["params", name]), undefined)
    return
  }
  for (const sweep of sweeps) {
    const templates: Readonly<Record<string, Template>> = { ...pipeline.params, ...sweep.set }
    const placeOf = (name: string): ReadonlyArray<string> =>
      Object.hasOwn(sweep.set, name) ? [...sweepPath(sweep), "set", name] : ["params", name]
    const sets = new Map<string, ParameterSet>()
    for (const { cell, swept } of pointsWithin(sweep, limit)) {
      const given = Object.keys(swept)
      const shape = given.toSorted().join("\n")
      const set = sets.get(shape) ?? makeParameterSet(templates, new Set(given), placeOf)
      sets.set(shape, set)
      yield pointOf(sweep, swept, set, cell)
    }
  }
}

function* pointsWithin(sweep: Sweep, limit: number): Generator<{ readonly swept: JsonObject; readonly cell: PointCell | undefined }> {
  const { list, search, ...others } = sweep
  if (search === undefined) {
    for (const swept of first(limit, combinationsOf(sweep))) yield { swept, cell: undefined }
    return
  }
  const isWithin = cellsWithin(search, limit)
  for (const [at, { cell }] of cellsOf(search).entries()) {
    if (!isWithin(cell)) continue
    for (const other of combinationsOf({ ...others, list: [] })) yield { swept: { ...list[at], ...other }, cell: { search, group: canonicalJson(other), cell } }
  }
}

function* first<A>(many: number, items: Iterable<A>): Generator<A> {
  let given = 0
  for (const item of items) {
    if (given++ >= many) return
    yield item
  }
}

const pointOf = (sweep: Sweep | undefined, swept: JsonObject, set: ParameterSet, cell: PointCell | undefined): Point =>
  ({ sweep, swept, set, params: set.evaluate(swept), cell })

/** Where in the file a sweep stands. */
export const sweepPath = (sweep: Sweep): ReadonlyArray<string> => (sweep.name === "" ? ["sweep"] : ["sweeps", sweep.name])

/** What the axes of a sweep give at each of its points. Where two of `list`, `zip` and `grid` give a name, the later counts. */
export function* combinationsOf(sweep: Sweep): Generator<JsonObject> {
  const listed = sweep.list.length === 0 ? [{}] : sweep.list
  const zipped = zip(sweep.zip)
  for (const fromList of listed) {
    for (const fromZip of zipped) {
      for (const fromGrid of product(Object.entries(sweep.grid))) yield { ...fromList, ...fromZip, ...fromGrid }
    }
  }
}

/** Axes walked together; the parser has refused axes of different lengths. */
const zip = (axes: Readonly<Record<string, ReadonlyArray<Json>>>): ReadonlyArray<JsonObject> => {
  const entries = Object.entries(axes)
  if (entries.length === 0) return [{}]
  const length = Math.min(...entries.map(([, values]) => values.length))
  return Array.from({ length }, (_, index) => Object.fromEntries(entries.map(([name, values]) => [name, values[index] ?? null])))
}

/** Every combination of the axes, the first slowest; one empty combination of none. */
export function* product(axes: ReadonlyArray<readonly [string, ReadonlyArray<Json>]>): Generator<JsonObject> {
  const [first, ...rest] = axes
  if (first === undefined) {
    yield {}
    return
  }
  const [name, values] = first
  for (const value of values) {
    for (const others of product(rest)) yield { [name]: value, ...others }
  }
}
