/**
 * Fan-out within one point: which instances a stage has, and what each is given. A stage has one instance for each
 * combination of its own matrix and of the combinations of what feeds it; inputs that share an axis are joined on it. An input that
 * takes many gathers all instances instead, and does not fan its stage out.
 *
 * Axes are walked in the order of their names and inputs in theirs, so that the order of keys in the file changes nothing.
 */
import type { StageDeclaration } from "../spec/pipeline.ts"
import type { JsonObject } from "../stage/json.ts"
import type { StageInterface } from "../stage/protocol.ts"
import { product } from "./expand.ts"
import type { Interner } from "./intern.ts"
import type { Draft } from "./task-table.ts"

export interface Instance {
  readonly draft: Draft
  readonly combination: JsonObject
  /** Stands for `combination`; empty outside of any matrix. */
  readonly key: string
}

/** The instances of one stage at a point. Equal ones at two points are one object. */
export interface Instances {
  readonly id: number
  readonly axes: ReadonlyArray<string>
  readonly items: ReadonlyArray<Instance>
}

/** What one instance of the consumer is given. */
export interface Feed {
  readonly combination: JsonObject
  readonly key: string
  readonly inputs: Readonly<Record<string, ReadonlyArray<Source>>>
}

export interface Source {
  readonly draft: Draft
  readonly output: string
  /** Where instances are gathered: the matrix values of this one. */
  readonly item?: JsonObject
}

export interface Feeds {
  readonly axes: ReadonlyArray<string>
  readonly items: ReadonlyArray<Feed>
  /** Path in the stage's entry of an input, or of its matrix, whose combinations agree with none of the others on the axes that they
   * share, though there are some of both. */
  readonly apart: ReadonlyArray<string> | undefined
}

/** `instancesOf`: the instances, at this point, of a stage that feeds this one. */
export const fanOut = (
  declaration: StageDeclaration,
  stage: StageInterface,
  instancesOf: (stage: string) => Instances | undefined,
  intern: Interner
): Feeds => {
  const given = Object.entries(declaration.in).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const single = given.filter(([name]) => stage.inputs[name]?.many !== true)
  const required = single.filter(([name]) => stage.inputs[name]?.optional !== true)
  const optional = single.filter(([name]) => stage.inputs[name]?.optional === true)

  let joined: Joined = { axes: [], rows: [{ combination: {}, picks: new Map() }] }
  let apart: ReadonlyArray<string> | undefined
  const joinWith = (path: ReadonlyArray<string>, right: Side, isOptional: boolean): void => {
    const next = join(joined, path.join("."), right, isOptional, intern)
    if (next.rows.length === 0 && joined.rows.length > 0 && right.items.length > 0) apart ??= path
    joined = next
  }
  for (const [name, references] of required) joinWith(["in", name], instancesOf(references[0]?.stage ?? "") ?? nothing, false)
  joinWith(["matrix"], ownMatrix(declaration.matrix), false)
  for (const [name, references] of optional) joinWith(["in", name], instancesOf(references[0]?.stage ?? "") ?? nothing, true)

  const gathered: Array<readonly [string, ReadonlyArray<Source>]> = []
  for (const [name, references] of given.filter(([name]) => stage.inputs[name]?.many === true)) {
    const all = references.flatMap(({ output, stage: source }) =>
      (instancesOf(source)?.items ?? []).map(({ combination, draft, key }): Source => ({ draft, output, ...(key === "" ? {} : { item: combination }) }))
    )
    if (all.length === 0 && stage.inputs[name]?.optional !== true) return { axes: joined.axes, items: [], apart }
    gathered.push([name, all])
  }
  const items = joined.rows.map(({ combination, picks }): Feed => ({
    combination,
    key: combinationKey(joined.axes, combination, intern),
    inputs: Object.fromEntries([
      ...single.flatMap(([name, references]) => {
        const draft = picks.get(`in.${name}`)?.draft
        return draft === undefined ? [] : [[name, [{ draft, output: references[0]?.output ?? "" }]] as const]
      }),
      ...gathered
    ])
  }))
  return { axes: joined.axes, items, apart }
}

/** Stands for the values of a combination on its axes. */
export const combinationKey = (axes: ReadonlyArray<string>, combination: JsonObject, intern: Interner): string =>
  axes.map((axis) => `${intern(axis)}=${intern(combination[axis] ?? null)}`).join(",")

interface Joined {
  readonly axes: ReadonlyArray<string>
  readonly rows: ReadonlyArray<{ readonly combination: JsonObject; readonly picks: ReadonlyMap<string, Instance> }>
}

/** What rows are joined with: the instances of a stage, or the combinations of a matrix. */
interface Side {
  readonly axes: ReadonlyArray<string>
  readonly items: ReadonlyArray<{ readonly combination: JsonObject } | Instance>
}

const nothing: Side = { axes: [], items: [] }

const noMatrix: Side = { axes: [], items: [{ combination: {} }] }

const ownMatrix = (matrix: StageDeclaration["matrix"]): Side => {
  const axes = Object.keys(matrix).toSorted()
  if (axes.length === 0) return noMatrix
  const combinations = product(axes.map((axis) => [axis, matrix[axis] ?? []]))
  return { axes, items: Array.from(combinations, (combination) => ({ combination })) }
}

/** Each row with each item that agrees with it on the axes that both have; an optional side keeps rows that have no match. */
const join = (left: Joined, name: string, right: Side, optional: boolean, intern: Interner): Joined => {
  if (right === noMatrix) return left
  const shared = right.axes.filter((axis) => left.axes.includes(axis))
  const bySharedValues = Map.groupBy(right.items, (item) => combinationKey(shared, item.combination, intern))
  const rows = left.rows.flatMap((row) => {
    const matches = bySharedValues.get(combinationKey(shared, row.combination, intern))
    if (matches === undefined) return optional ? [row] : []
    return matches.map((item) => ({
      combination: { ...row.combination, ...item.combination },
      picks: "draft" in item ? new Map([...row.picks, [name, item]]) : row.picks
    }))
  })
  return { axes: [...new Set([...left.axes, ...right.axes])].toSorted(), rows }
}
