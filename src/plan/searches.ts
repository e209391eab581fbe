/** The cells of a plan's searches (spec/search.ts) with the tasks that stand at them: what a run needs to open and close them. */
import type { Cell, Search } from "../spec/search.ts"
import type { JsonObject } from "../stage/json.ts"
import type { PointCell } from "./expand.ts"
import type { Instances } from "./fan-out.ts"
import type { TaskId } from "./plan.ts"

export interface PlannedCell {
  readonly cell: Cell
  /** What the axes give there. */
  readonly values: JsonObject
  /** Of every stage. */
  readonly tasks: ReadonlySet<TaskId>
  /** Those whose metric decides: one, or the instances of a fanned-out stage, of which the mean counts. */
  readonly judged: ReadonlyArray<TaskId>
}

export interface PlannedSearch {
  /** Empty for an unnamed sweep. */
  readonly sweep: string
  readonly search: Search
  readonly cells: ReadonlyArray<PlannedCell>
}

export interface PlannedSearches {
  readonly searches: ReadonlyArray<PlannedSearch>
  /** Tasks that are used outside of any search, and run in any case. */
  readonly unconditional: ReadonlySet<TaskId>
}

export interface SearchTable {
  /** The instances of the searched stage at the rung below, where there is one and the search carries something. */
  readonly below: (sweep: string, at: PointCell | undefined) => Instances | undefined
  readonly note: (sweep: string, at: PointCell | undefined, values: JsonObject, planned: ReadonlyMap<string, Instances>) => void
  /** Undefined where no sweep is a search. */
  readonly result: () => PlannedSearches | undefined
}

const keyOf = (cell: Cell): string => `${cell.bracket}/${cell.config}/${cell.rung}`

export const makeSearchTable = (): SearchTable => {
  const searches = new Map<string, { readonly sweep: string; readonly search: Search; readonly cells: Map<string, PlannedCell>; readonly instances: Map<string, Instances> }>()
  const unconditional = new Set<TaskId>()
  const searchOf = (sweep: string, { group, search }: PointCell) => {
    const key = `${sweep}|${group}`
    const found = searches.get(key) ?? { sweep, search, cells: new Map(), instances: new Map() }
    searches.set(key, found)
    return found
  }
  return {
    below: (sweep, at) => (at === undefined || at.cell.rung === 0 ? undefined : searchOf(sweep, at).instances.get(keyOf({ ...at.cell, rung: at.cell.rung - 1 }))),
    note: (sweep, at, values, planned) => {
      const tasks = [...planned.values()].flatMap(({ items }) => items.map(({ draft }) => draft.task.id))
      if (at === undefined) {
        for (const task of tasks) unconditional.add(task)
        return
      }
      const { cells, instances, search } = searchOf(sweep, at)
      const judged = planned.get(search.stage)
      if (judged !== undefined) instances.set(keyOf(at.cell), judged)
      cells.set(keyOf(at.cell), { cell: at.cell, values, tasks: new Set(tasks), judged: judged?.items.map(({ draft }) => draft.task.id) ?? [] })
    },
    result: () => (searches.size === 0 ? undefined : {
      searches: [...searches.values()].map(({ cells, search, sweep }) => ({ sweep, search, cells: [...cells.values()] })),
      unconditional
    })
  }
}
