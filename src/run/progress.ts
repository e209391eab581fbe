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
  /** When its first task was started, and how much of the clock its tasks have taken since, by the last one's end. */
  readonly startedAt: number | undefined
  readonly lastEndAt: number | undefined
}

export interface RunningTask {
  readonly task: string
  readonly stage: string
  readonly startedAt: number
  readonly attempt: number
  /** What the task itself says. */
  readonly progress: { readonly done: number; readonly total: number; readonly message?: string } | undefined
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

const noStage: StageProgress = { total: 0, cached: 0, ran: 0, failed: 0, skipped: 0, pruned: 0, running: 0, startedAt: undefined, lastEndAt: undefined }

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
      const said = { done, total, ...(message === undefined ? {} : { message }) }
      return { ...progress, running: new Map(progress.running).set(event.task, { ...task, progress: said }) }
    }
    case "task-finished":
      return inStage(ended(progress, event), event.stage, (stage) => ({ ran: stage.ran + 1, lastEndAt: event.at }))
    case "task-failed":
      return inStage(ended(progress, event), event.stage, (stage) => ({ failed: stage.failed + (event.willRetry ? 0 : 1), lastEndAt: event.at }))
    case "run-finished":
      return { ...progress, running: new Map(), end: { status: event.status, counts: event.counts, wallMs: event.wallMs } }
  }
}

const inStage = (progress: Progress, id: string, change: (stage: StageProgress) => Partial<StageProgress>): Progress => {
  const stage = progress.stages[id] ?? noStage
  return { ...progress, stages: { ...progress.stages, [id]: { ...stage, ...change(stage) } } }
}

const ended = (progress: Progress, { stage, task }: { readonly stage: string; readonly task: string }): Progress => {
  const running = new Map(progress.running)
  if (!running.delete(task)) return progress // it shared the work of another task, and never ran itself
  return inStage({ ...progress, running }, stage, (before) => ({ running: before.running - 1 }))
}

export interface Pace {
  /** Tasks per second. */
  readonly rate: number
  readonly leftMs: number
}

/** How fast a stage's tasks have run so far, and how long the rest takes at that; undefined before one has ended. */
export const paceOf = (stage: StageProgress, now: number): Pace | undefined => {
  if (stage.startedAt === undefined || stage.ran === 0) return undefined
  const left = stage.total - stageDone(stage)
  // Between two ends the rate would seem to fall and jump up again: time counts up to the last end, or beyond if the next is overdue.
  const upToEnd = Math.max(1, (stage.lastEndAt ?? now) - stage.startedAt)
  const elapsed = left > 0 && now - stage.startedAt > (upToEnd / stage.ran) * (stage.ran + stage.running) ? now - stage.startedAt : upToEnd
  const rate = stage.ran / (elapsed / 1000)
  return { rate, leftMs: (left / rate) * 1000 }
}
