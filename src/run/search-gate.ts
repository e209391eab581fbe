/**
 * Keeps tasks of searches back until their cell opens: follows what becomes of tasks, and tells which of those kept back may go on.
 * What opens follows from the results alone (plan/promotion.ts). Plain state, used alike by a run and by a look ahead.
 */
import { type Promotions, startPromotions } from "../plan/promotion.ts"
import type { Plan, PlannedTask, TaskId } from "../plan/plan.ts"
import type { PlannedCell, PlannedSearch } from "../plan/searches.ts"
import type { Cell } from "../spec/search.ts"

/** The last value of each metric that a task reported; null where it was not finite. */
export type Metrics = Readonly<Record<string, number | null>>

export interface SearchGate {
  isOpen(task: TaskId): boolean
  /** Keeps a task that is closed until `settle` gives it back. */
  hold(task: PlannedTask): void
  /** The task has ended; without metrics where it failed or cannot run. Gives the tasks that may go on because of it. */
  settle(task: TaskId, metrics: Metrics | undefined): ReadonlyArray<PlannedTask>
  /** Those that are kept back still. */
  held(): ReadonlyArray<PlannedTask>
  /** No search goes on: what is kept back will never run. */
  readonly over: boolean
  /** What a task that is closed waits for. */
  rungOf(task: TaskId): Rung | undefined
}

/** Where in a search a task stands. */
export interface Rung {
  readonly sweep: string
  /** From 1. */
  readonly rung: number
  readonly resource: string
  readonly amount: number
  /** Of the rung below. */
  readonly below: number
  readonly metric: string
  readonly reduction: number
}

export interface SearchGateOptions {
  /** Told once for each search whose stage does not report its metric. */
  readonly onMissing: (task: TaskId, metric: string, reported: ReadonlyArray<string>) => void
}

/** Where a plan has no search, nothing is ever kept back. */
export const openSearchGate = (plan: Pick<Plan, "searches">, options: SearchGateOptions): SearchGate =>
  plan.searches === undefined ? nothingHeld : searchGate(plan.searches, options)

const nothingHeld: SearchGate = {
  isOpen: () => true,
  hold: () => undefined,
  settle: () => [],
  held: () => [],
  over: true,
  rungOf: () => undefined
}

interface Side {
  readonly planned: PlannedSearch
  readonly promotions: Promotions
  readonly cells: ReadonlyMap<string, PlannedCell>
  readonly opened: Set<string>
  warned: boolean
}

const keyOf = ({ bracket, config, rung }: Cell): string => `${bracket}/${config}/${rung}`

const searchGate = ({ searches, unconditional }: NonNullable<Plan["searches"]>, options: SearchGateOptions): SearchGate => {
  const open = new Set(unconditional)
  const kept = new Map<TaskId, PlannedTask>()
  /** What ended tasks have reported; undefined of those that failed. */
  const ended = new Map<TaskId, Metrics | undefined>()
  const cellsOfTask = new Map<TaskId, Array<readonly [Side, PlannedCell]>>()
  const judges = new Map<TaskId, Array<readonly [Side, PlannedCell]>>()
  const note = (map: typeof judges, task: TaskId, side: Side, cell: PlannedCell) => {
    const known = map.get(task) ?? []
    known.push([side, cell])
    map.set(task, known)
  }
  const sides = searches.map((planned): Side => ({
    planned, promotions: startPromotions(planned.search), cells: new Map(planned.cells.map((each) => [keyOf(each.cell), each])), opened: new Set(), warned: false
  }))
  for (const side of sides) {
    for (const cell of side.planned.cells) {
      for (const task of cell.tasks) note(cellsOfTask, task, side, cell)
      for (const task of cell.judged) note(judges, task, side, cell)
    }
  }

  /** The mean over the tasks that decide, greater being better; undefined where one has failed, and `open` while one has not ended. */
  const scoreOf = (side: Side, { judged }: PlannedCell): number | undefined | "open" => {
    const { goal, metric } = side.planned.search
    let sum = 0
    for (const task of judged) {
      if (!ended.has(task)) return "open"
      const reported = ended.get(task)
      const value = reported === undefined ? undefined : Object.hasOwn(reported, metric) ? reported[metric] : undefined
      if (reported !== undefined && value === undefined && !side.warned) {
        side.warned = true
        options.onMissing(task, metric, Object.keys(reported))
      }
      if (value === undefined || value === null) return undefined
      sum += value
    }
    return judged.length === 0 ? undefined : ((goal === "max" ? 1 : -1) * sum) / judged.length
  }

  /** Opens cells, and those that open because of what is known of them already. */
  const openCells = (side: Side, cells: ReadonlyArray<Cell>): ReadonlyArray<PlannedTask> => {
    const released: Array<PlannedTask> = []
    const pending = [...cells]
    for (const cell of pending) { // grows while it is walked
      const planned = side.cells.get(keyOf(cell))
      side.opened.add(keyOf(cell))
      for (const task of planned?.tasks ?? []) {
        open.add(task)
        const waiting = kept.get(task)
        kept.delete(task)
        if (waiting !== undefined) released.push(waiting)
      }
      // A cell outside of what was asked for counts as one that failed.
      const score = planned === undefined ? undefined : scoreOf(side, planned)
      if (score !== "open") pending.push(...side.promotions.settle(cell, score))
    }
    return released
  }
  for (const side of sides) openCells(side, side.promotions.first)

  return {
    isOpen: (task) => open.has(task),
    hold: (task) => void kept.set(task.id, task),
    settle: (task, metrics) => {
      if (!judges.has(task)) return []
      ended.set(task, metrics)
      return (judges.get(task) ?? []).flatMap(([side, planned]) => {
        // A task that is shared with a cell which has not opened is looked at again when that does.
        const score = side.opened.has(keyOf(planned.cell)) ? scoreOf(side, planned) : "open"
        return score === "open" ? [] : openCells(side, side.promotions.settle(planned.cell, score))
      })
    },
    held: () => [...kept.values()],
    get over() {
      return sides.every(({ promotions }) => promotions.over)
    },
    rungOf: (task) => {
      const [first] = cellsOfTask.get(task) ?? []
      if (first === undefined) return undefined
      const [{ planned: { search, sweep } }, { cell, values }] = first
      const amountOf = (value: unknown) => (typeof value === "number" ? value : 0)
      const lower = first[0].cells.get(keyOf({ ...cell, rung: cell.rung - 1 }))
      return {
        sweep, rung: cell.rung + 1, resource: search.resource, amount: amountOf(values[search.resource]), below: amountOf(lower?.values[search.resource]),
        metric: search.metric, reduction: search.reduction
      }
    }
  }
}
