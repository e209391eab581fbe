/** A run as its record tells it: which tasks are under way, what they reported, where their logs are. For looking at runs, also while
 * they go on. */
import { readJournal } from "../store/journal.ts"
import type { RunTask } from "../store/layout.ts"
import { readJsonFile } from "../store/json-file.ts"
import type { StorePaths } from "../store/paths.ts"
import { readRunTasks } from "../store/runs.ts"
import type { RunEvent } from "./events.ts"

const eventTypes: ReadonlySet<unknown> = new Set<RunEvent["type"]>([
  "run-started", "task-cached", "task-started", "task-event", "task-finished", "task-failed", "task-skipped", "task-pruned", "run-finished"
])
const isRunEvent = (value: unknown): value is RunEvent =>
  typeof value === "object" && value !== null && "type" in value && eventTypes.has(value.type) && "at" in value && typeof value.at === "number"

export interface UnderWay {
  readonly task: string
  readonly stage: string
  /** Milliseconds since 1970. */
  readonly since: number
  readonly attempt: number
  /** Where in the sweeps; empty where there are none. */
  readonly point: string
}

/** A task that has failed and is to be tried again. */
export interface Pausing {
  readonly task: string
  readonly stage: string
  /** Which attempt comes next, and when, in milliseconds since 1970. */
  readonly attempt: number
  readonly at: number
  /** How the last one failed. */
  readonly message: string
}

export interface RunLog {
  /** What each task came to; the last word where there are several. */
  readonly tasks: ReadonlyMap<string, RunTask>
  readonly underWay: ReadonlyArray<UnderWay>
  readonly pausing: ReadonlyArray<Pausing>
  /** Tasks of each stage. */
  readonly planned: Readonly<Record<string, number>>
  /** The last value of each metric, by task. */
  readonly metrics: ReadonlyMap<string, Readonly<Record<string, number>>>
  /** Warnings and errors that stages gave. */
  readonly warnings: ReadonlyArray<{ readonly task: string; readonly message: string }>
}

const isPlanRecord = (value: unknown): value is { readonly tasks: ReadonlyArray<{ readonly id: string }> } =>
  typeof value === "object" && value !== null && "tasks" in value && Array.isArray(value.tasks) &&
  value.tasks.every((task: unknown) => typeof task === "object" && task !== null && "id" in task && typeof task.id === "string")

/** Ids of all tasks that the run set out to do, also those that it has not come to. */
export const plannedTasks = (paths: StorePaths, run: string): ReadonlyArray<string> =>
  readJsonFile(paths.run(run).plan, isPlanRecord)?.tasks.map(({ id }) => id) ?? []

/** Throws `StoreError` where the record cannot be read. */
export const readRunLog = (paths: StorePaths, run: string): RunLog => {
  const underWay = new Map<string, UnderWay>()
  const pausing = new Map<string, Pausing>()
  const metrics = new Map<string, Record<string, number>>()
  const warnings: Array<{ readonly task: string; readonly message: string }> = []
  let planned: Readonly<Record<string, number>> = {}
  for (const event of readJournal(paths.run(run).events, isRunEvent)) {
    switch (event.type) {
      case "run-started":
        planned = event.stages
        break
      case "task-started":
        pausing.delete(event.task)
        underWay.set(event.task, { task: event.task, stage: event.stage, since: event.at, attempt: event.attempt, point: event.point ?? "" })
        break
      case "task-event": {
        const said = event.event
        if (said.type === "metric") metrics.set(event.task, { ...metrics.get(event.task), [said.name]: said.value })
        else if (said.type === "log" && (said.level === "warn" || said.level === "error")) warnings.push({ task: event.task, message: said.message })
        break
      }
      case "task-cached":
      case "task-finished":
      case "task-failed":
      case "task-skipped":
      case "task-pruned":
        underWay.delete(event.task)
        pausing.delete(event.task)
        if (event.type === "task-failed" && event.willRetry) {
          pausing.set(event.task, { task: event.task, stage: event.stage, attempt: event.attempt + 1, at: event.at + (event.delayMs ?? 0), message: event.message })
        }
        break
      case "run-finished":
        underWay.clear()
        pausing.clear()
    }
  }
  return { tasks: new Map(readRunTasks(paths, run).map((task) => [task.task, task])), underWay: [...underWay.values()], pausing: [...pausing.values()], planned, metrics, warnings }
}
