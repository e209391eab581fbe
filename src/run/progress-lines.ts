/** Progress as text: lines for a terminal, sentences for a log. Pure. */
import type { RunEvent } from "./events.ts"
import { runOutlook, stageOutlook } from "./outlook.ts"
import { stageDone, type Progress, type RunningTask, type StageProgress } from "./progress.ts"

export interface Look {
  readonly color: boolean
  /** Columns and lines of the terminal. */
  readonly width: number
  readonly height: number
  /** Where in the sweeps a task stands, `d=100, lr=0.1`. */
  readonly pointOf: (task: string) => string
}

type Tone = "plain" | "green" | "red" | "yellow" | "dim"
const codes: Readonly<Record<Exclude<Tone, "plain">, string>> = { green: "32", red: "31", yellow: "33", dim: "2" }
const toned = (text: string, tone: Tone, color: boolean): string => (color && tone !== "plain" && text !== "" ? `\u001b[${codes[tone]}m${text}\u001b[0m` : text)

/** Pieces of one line, cut to the width before they are coloured. */
const line = (pieces: ReadonlyArray<readonly [text: string, tone: Tone]>, look: Look): string => {
  let left = look.width - 1
  return pieces.map(([text, tone]) => {
    const cut = text.length <= left ? text : left > 1 ? `${text.slice(0, left - 1)}…` : ""
    left -= cut.length
    return toned(cut, tone, look.color)
  }).join("")
}

/** `0.4 s`, `12 s`, `3 min 05 s`, `2 h 10 min`. */
export const duration = (ms: number): string => {
  const seconds = ms / 1000
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")} min`
}

/** Narrower terminals have no room for bars. */
const barsFrom = 60
const barOf = (cells: number, parts: { readonly total: number; readonly good: number; readonly bad: number }, look: Look): ReadonlyArray<readonly [string, Tone]> => {
  if (look.width < barsFrom) return []
  const share = (count: number) => Math.min(1, Math.max(0, count / Math.max(1, parts.total)))
  const good = Math.floor(share(parts.good) * cells)
  const bad = Math.min(cells - good, Math.ceil(share(parts.bad) * cells))
  return [["█".repeat(good), "green"], ["█".repeat(bad), "red"], ["░".repeat(cells - good - bad), "dim"], [" ", "plain"]]
}

interface Columns {
  readonly id: number
  readonly count: number
}

const stageLine = (id: string, stage: StageProgress, columns: Columns, leftMs: number | undefined, look: Look): string => {
  const left = [leftMs === undefined || leftMs < shownFromMs ? "" : `  ${duration(leftMs)} left`, "dim"] as const
  const facts: ReadonlyArray<readonly [string, Tone]> = [
    ...(look.width < barsFrom ? [left] : []), // what comes last may be cut off
    [stage.cached > 0 ? `  ${stage.cached} cached` : "", "dim"],
    [stage.running > 0 ? `  ${stage.running} running` : "", "plain"],
    [stage.failed > 0 ? `  ${stage.failed} failed` : "", "red"],
    [stage.skipped > 0 ? `  ${stage.skipped} skipped` : "", "yellow"],
    [stage.pruned > 0 ? `  ${stage.pruned} not promoted` : "", "dim"],
    ...(look.width < barsFrom ? [] : [left])
  ]
  const count = `${stageDone(stage)}/${stage.total}`.padStart(columns.count)
  const bar = barOf(20, { total: stage.total, good: stage.cached + stage.ran, bad: stage.failed }, look)
  return line([[`${id.padEnd(columns.id)} `, "plain"], ...bar, [count, "plain"], ...facts], look)
}

const taskLine = (task: RunningTask, now: number, look: Look): string => {
  const said = task.progress
  const share = said === undefined ? "" : `${said.done}/${said.total}${said.message === undefined ? "" : ` ${said.message}`}`
  const bar = said === undefined ? [] : barOf(10, { total: said.total, good: said.done, bad: 0 }, look)
  const attempt = task.attempt > 1 ? `attempt ${task.attempt}  ` : ""
  const point = look.pointOf(task.task)
  return line([["  ", "plain"], [`${task.stage}${point === "" ? "" : ` ${point}`}  `, "dim"], ...bar, [share === "" ? "" : `${share}  `, "plain"], [attempt, "yellow"], [duration(now - task.startedAt), "dim"]], look)
}

/** Less is no time left but a task that takes longer than it should. */
const shownFromMs = 50

/** For the run as a whole, where that is more than one stage. */
const totalLine = (progress: Progress, now: number, look: Look): string => {
  const done = Object.values(progress.stages).reduce((sum, stage) => sum + stageDone(stage), 0)
  return line([[`${done} of ${plural(progress.tasks, "task")}  ${duration(now - progress.startedAt)}${leftText(progress, now)}`, "dim"]], look)
}

/** `; about 20 s left`; where some stages have not begun, of which nothing is known, that is said. */
const leftText = (progress: Progress, now: number): string => {
  const { leftMs, unknown } = runOutlook(progress, now)
  if (leftMs === undefined || leftMs < shownFromMs) return ""
  return `; about ${duration(leftMs)} left${unknown.length === 0 ? "" : `, not counting ${unknown.slice(0, 2).join(", ")}${unknown.length > 2 ? ` and ${unknown.length - 2} more` : ""}`}`
}

/** Running tasks are shown once they have taken so long: shorter ones would only flicker. */
const shownAfterMs = 1000

/** What a terminal shows while a run goes on: a line for each stage, then what runs. Never more lines than the terminal has. */
export const progressLines = (progress: Progress, now: number, look: Look): ReadonlyArray<string> => {
  const stages = Object.entries(progress.stages)
  const columns: Columns = {
    id: Math.max(0, ...stages.map(([id]) => id.length)),
    count: Math.max(0, ...stages.map(([, { total }]) => 2 * String(total).length + 1))
  }
  const withTotal = stages.length > 1 && progress.end === undefined && look.height > 8
  const room = Math.max(3, look.height - (withTotal ? 3 : 2))
  const running = [...progress.running.values()].filter((task) => now - task.startedAt >= shownAfterMs).slice(0, Math.max(0, Math.min(8, room - 3)))
  const roomForStages = Math.max(1, room - running.length - 1)
  const shown = stages.length <= roomForStages ? stages : mostTelling(stages).slice(0, roomForStages)
  const hidden = stages.length - shown.length
  return [
    ...shown.map(([id, stage]) => stageLine(id, stage, columns, progress.end === undefined ? stageOutlook(progress, id, now)?.leftMs : undefined, look)),
    ...(hidden > 0 ? [line([[`… and ${hidden} more stages`, "dim"]], look)] : []),
    ...running.map((task) => taskLine(task, now, look)),
    ...(withTotal ? [totalLine(progress, now, look)] : [])
  ]
}

/** Where not all stages fit: those at work, then those to come, then those that are done. */
const mostTelling = (stages: ReadonlyArray<readonly [string, StageProgress]>): ReadonlyArray<readonly [string, StageProgress]> => {
  const rank = (stage: StageProgress) => (stage.running > 0 ? 0 : stageDone(stage) < stage.total ? 1 : 2)
  return stages.toSorted(([, a], [, b]) => rank(a) - rank(b))
}

/** `12 of 40 tasks: 8 cached, 4 ran, 2 running; about 30 s left`, for a log. */
export const summaryLine = (progress: Progress, now: number): string => {
  const stages = Object.values(progress.stages)
  const sum = (of: (stage: StageProgress) => number) => stages.reduce((total, stage) => total + of(stage), 0)
  const counts = [
    [sum((stage) => stage.cached), "cached"],
    [sum((stage) => stage.ran), "ran"],
    [progress.running.size, "running"],
    [sum((stage) => stage.failed), "failed"],
    [sum((stage) => stage.skipped), "skipped"],
    [sum((stage) => stage.pruned), "not promoted"]
  ] as const
  const facts = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`).join(", ")
  return `${sum(stageDone)} of ${plural(progress.tasks, "task")}${facts === "" ? "" : `: ${facts}`}${leftText(progress, now)}`
}

export const startLine = (event: Extract<RunEvent, { readonly type: "run-started" }>): string => {
  const stages = Object.keys(event.stages).length
  return `${event.pipeline}: ${plural(event.tasks, "task")} in ${plural(stages, "stage")}${event.points > 1 ? ` at ${event.points} points` : ""} (run ${event.run})`
}

/** The last word on a run. */
export const endLine = (event: Extract<RunEvent, { readonly type: "run-finished" }>): string => {
  const { cached, failed, kept, pruned = 0, ran, skipped, total } = event.counts
  const time = duration(event.wallMs)
  if (event.status === "interrupted") {
    return `Interrupted after ${time}: ${cached + ran} of ${plural(total, "task")} ${total === 1 ? "is" : "are"} done and kept. The same command goes on from there.`
  }
  const unpromoted = pruned > 0 ? `${pruned} not promoted` : ""
  if (event.status === "succeeded" && ran === 0) {
    return pruned === 0 ? `All ${plural(total, "task")} cached, nothing to do (${time}).` : `All ${plural(total - pruned, "task")} cached and ${unpromoted}, nothing to do (${time}).`
  }
  const facts = [
    `${ran} ran`,
    ...(cached > 0 ? [`${cached} cached`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(skipped > 0 ? [`${skipped} skipped because of that`] : []),
    ...(pruned > 0 ? [unpromoted] : [])
  ].join(", ")
  const same = kept > 0 ? ` Outputs came out identical: ${plural(kept, "task")} behind them kept.` : ""
  return `${event.status === "succeeded" ? "Done" : "Failed"} in ${time}: ${facts}.${same}`
}

/** Everything that one needs to know about a failed task, as it fails. */
export const failureLines = (event: Extract<RunEvent, { readonly type: "task-failed" }>, color: boolean): ReadonlyArray<string> => [
  toned(`${event.stage} failed${event.point === "" ? "" : ` at ${event.point}`}${event.willRetry ? ` (attempt ${event.attempt}; trying again in ${duration(event.delayMs ?? 0)})` : event.attempt > 1 ? `, attempt ${event.attempt}` : ""}`, event.willRetry ? "yellow" : "red", color),
  ...event.message.split("\n").map((text) => `  ${text}`),
  ...(event.hint === undefined ? [] : [`  ${event.hint}`]),
  toned(`  log: ${event.log}`, "dim", color)
]

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`
