/** Writes a run's record from its events: a line of tasks.ndjson for what each task came to, and events.ndjson. */
import type { PlannedTask } from "../plan/plan.ts"
import type { RunTask } from "../store/layout.ts"
import type { OpenRun } from "../store/runs.ts"
import type { RunEvent } from "./events.ts"

export interface Recorder {
  /** Throws `StoreError` where the record cannot be written. */
  event(event: RunEvent): void
}

interface Started {
  readonly at: number
  readonly fingerprint: string
  readonly facts: Pick<RunTask, "attempts" | "gpus">
}

export const makeRecorder = (run: OpenRun, tasks: ReadonlyArray<PlannedTask>): Recorder => {
  const planned = new Map(tasks.map((task) => [task.id, task]))
  const started = new Map<string, Started>()
  const write = (id: string, rest: Omit<RunTask, "task" | "stage" | "uses" | "params" | "coordinates">) => {
    const task = planned.get(id)
    if (task === undefined) return
    const facts = started.get(id)?.facts
    started.delete(id)
    run.task({ task: id, stage: task.stage, uses: task.uses, ...rest, ...facts, params: task.params, coordinates: task.coordinates })
  }
  return {
    event: (event) => {
      if (isKept(event)) run.event(event)
      switch (event.type) {
        case "task-cached":
          return write(event.task, { fingerprint: event.fingerprint, status: "cached", outputs: event.outputs, startedAt: event.at, wallMs: 0 })
        case "task-started":
          started.set(event.task, {
            at: event.at,
            fingerprint: event.fingerprint,
            facts: { ...(event.attempt > 1 ? { attempts: event.attempt } : {}), ...(event.gpus === undefined ? {} : { gpus: event.gpus }) }
          })
          return
        case "task-finished":
          return write(event.task, { fingerprint: event.fingerprint, status: "ran", outputs: event.outputs, startedAt: Math.round(event.at - event.wallMs), wallMs: event.wallMs })
        case "task-failed": {
          if (event.willRetry) return
          const start = started.get(event.task)
          const at = start?.at ?? event.at
          return write(event.task, { fingerprint: start?.fingerprint ?? null, status: "failed", outputs: {}, startedAt: at, wallMs: event.at - at, message: event.message, ...(event.kind === undefined ? {} : { failure: event.kind }) })
        }
        case "task-skipped":
          return write(event.task, { fingerprint: null, status: "skipped", outputs: {}, startedAt: event.at, wallMs: 0, message: event.because })
        case "task-pruned":
          return write(event.task, { fingerprint: null, status: "pruned", outputs: {}, startedAt: event.at, wallMs: 0 })
        case "run-finished":
          for (const [task, start] of started) {
            write(task, { fingerprint: start.fingerprint, status: "interrupted", outputs: {}, startedAt: start.at, wallMs: event.at - start.at })
          }
          return
        case "run-started":
        case "task-event":
          return
      }
    }
  }
}

/** Progress is of no interest afterwards, and what cached and pruned tasks hold is said in tasks.ndjson. */
const isKept = (event: RunEvent): boolean =>
  event.type !== "task-cached" && event.type !== "task-pruned" && !(event.type === "task-event" && event.event.type === "progress")
