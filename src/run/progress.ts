/** How far a run has come, as a fold over its events. Pure: the display (progress-lines.ts, reporter.ts) only shows this. */
import type { RunCounts, RunEvent } from "./events.ts"

export interface StageProgress {
  readonly total: number
  readonly cached: number
  readonly ran: number
  readonly failed: number
  readonly skipped: number
  readonly pruned: number
  readonly running: number
  /** When its first task was started. */
  readonly startedAt: number | undefined
  /** What its tasks took that ran to their end, and what all of them took that have ended, milliseconds summed over the tasks. */
  readonly ranMs: number
  readonly spentMs: number
}

export interface RunningTask {
  readonly task: string
  readonly stage: string
  readonly startedAt: number
  readonly attempt: number
  /** What the task itself says, and when it said so. */
  readonly progress: { readonly at: number; readonly done: number; readonly total: number; readonly message?: string } | undefined
}

export interface Progress {
  readonly run: string | undefined
  readonly pipeline: string
  readonly startedAt: number
  readonly tasks: number
  /** By stage id, in the order in which the run meets them. */
  readonly stages: Readonly<Record<string, StageProgress>>
  readonly running: ReadonlyMap<string, RunningTask>
  readonly end: { readonly status: "succeeded" | "failed" | "interrupted"; readonly counts: RunCounts; readonly wallMs: number } | undefined
}

export const noProgress: Progress = { run: undefined, pipeline: "", startedAt: 0, tasks: 0, stages: {}, running: new Map(), end: undefined }

const noStage: StageProgress = { total: 0, cached: 0, ran: 0, failed: 0, skipped: 0, pruned: 0, running: 0, startedAt: undefined, ranMs: 0, spentMs: 0 }

export const stageDone = (stage: StageProgress): number => stage.cached + stage.ran + stage.failed + stage.skipped + stage.pruned

export const advance = (progress: Progress, event: RunEvent): Progress => {
  switch (event.type) {
    case "run-started":
      return {
        ...noProgress,
        run: event.run,
        pipeline: event.pipeline,
        startedAt: event.at,
        tasks: event.tasks,
        stages: Object.fromEntries(Object.entries(event.stages).map(([stage, total]) => [stage, { ...noStage, total }]))
      }
    case "task-cached":
      return inStage(progress, event.stage, (stage) => ({ cached: stage.cached + 1 }))
    case "task-skipped":
      return inStage(progress, event.stage, (stage) => ({ skipped: stage.skipped + 1 }))
    case "task-pruned":
      return inStage(progress, event.stage, (stage) => ({ pruned: stage.pruned + 1 }))
    case "task-started": {
      const task: RunningTask = { task: event.task, stage: event.stage, startedAt: event.at, attempt: event.attempt, progress: undefined }
      const running = new Map(progress.running).set(event.task, task)
      return inStage({ ...progress, running }, event.stage, (stage) => ({ running: stage.running + 1, startedAt: stage.startedAt ?? event.at }))
    }
    case "task-event": {
      const task = progress.running.get(event.task)
      if (task === undefined || event.event.type !== "progress") return progress
      const { done, message, total } = event.event
      const said = { at: event.at, done, total, ...(message === undefined ? {} : { message }) }
      return { ...progress, running: new Map(progress.running).set(event.task, { ...task, progress: said }) }
    }
    case "task-finished":
      return inStage(ended(progress, event), event.stage, (stage) => ({ ran: stage.ran + 1, ranMs: stage.ranMs + tookOf(progress, event) }))
    case "task-failed":
      return inStage(ended(progress, event), event.stage, (stage) => ({ failed: stage.failed + (event.willRetry ? 0 : 1) }))
    case "run-finished":
      // What an interruption cut short runs no more.
      return { ...progress, stages: mapValues(progress.stages, (stage) => ({ ...stage, running: 0 })), running: new Map(), end: { status: event.status, counts: event.counts, wallMs: event.wallMs } }
  }
}

const mapValues = <A, B>(values: Readonly<Record<string, A>>, change: (value: A) => B): Readonly<Record<string, B>> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]))

const inStage = (progress: Progress, id: string, change: (stage: StageProgress) => Partial<StageProgress>): Progress => {
  const stage = progress.stages[id] ?? noStage
  return { ...progress, stages: { ...progress.stages, [id]: { ...stage, ...change(stage) } } }
}

interface End {
  readonly at: number
  readonly stage: string
  readonly task: string
}

const tookOf = (progress: Progress, { at, task }: End): number => at - (progress.running.get(task)?.startedAt ?? at)

const ended = (progress: Progress, end: End): Progress => {
  const running = new Map(progress.running)
  if (!running.delete(end.task)) return progress // it shared the work of another task, and never ran itself
  return inStage({ ...progress, running }, end.stage, (before) => ({ running: before.running - 1, spentMs: before.spentMs + tookOf(progress, end) }))
}
