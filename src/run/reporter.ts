/** Shows a run to whoever watches: redrawn lines on a terminal, plain ones elsewhere, failures alone, or events as NDJSON. */
import type { PlannedTask } from "../plan/plan.ts"
import { describePoint, type RunEvent } from "./events.ts"
import { advance, noProgress } from "./progress.ts"
import { endLine, failureLines, progressLines, startLine, summaryLine } from "./progress-lines.ts"

/** `terminal` needs one that understands cursor movements; `quiet` shows failures only. */
export type ReportMode = "terminal" | "plain" | "quiet" | "json"

export interface ReporterOptions {
  readonly mode: ReportMode
  readonly write: (text: string) => void
  readonly color: boolean
  /** Columns and lines of the terminal, as they are now. */
  readonly size: () => { readonly width: number; readonly height: number }
  readonly tasks: ReadonlyArray<PlannedTask>
  readonly now?: () => number
}

export interface Reporter {
  event(event: RunEvent): void
  /** A line about the run as such, among what is shown of it; none among events. */
  say(text: string): void
  /** After somebody else has written to the terminal: what is drawn next is drawn below. */
  redraw(): void
  /** Leaves the terminal as it was; to be called however the run ends. */
  close(): void
}

const redrawMs = 100
/** Takes away what was drawn. The cursor may not stand at the beginning of its line: a terminal shows Ctrl-C as ^C. */
const upBy = (lines: number): string => `\r\u001b[${lines}A\u001b[J`
const summaryMs = 5_000

export const makeReporter = (options: ReporterOptions): Reporter => {
  switch (options.mode) {
    case "json":
      return { event: (event) => options.write(`${JSON.stringify(event)}\n`), say: nothing, redraw: nothing, close: nothing }
    case "quiet":
      return { event: (event) => sayFailure(event, options), say: (text) => options.write(`${text}\n`), redraw: nothing, close: nothing }
    case "plain":
      return plainReporter(options)
    case "terminal":
      return terminalReporter(options)
  }
}

const nothing = () => undefined

const sayFailure = (event: RunEvent, { color, write }: ReporterOptions) => {
  if (event.type === "task-failed") write(`${failureLines(event, color).join("\n")}\n`)
}

/** A warning, which somebody should see although the task goes on. */
const sayWarning = (event: RunEvent, { write }: ReporterOptions) => {
  if (event.type === "task-event" && event.event.type === "log" && event.event.level !== "debug" && event.event.level !== "info") {
    write(`${event.stage}: ${event.event.message}\n`)
  }
}

const plainReporter = (options: ReporterOptions): Reporter => {
  const now = options.now ?? Date.now
  let progress = noProgress
  let saidAt = 0
  const timer = setInterval(() => saySummary(), summaryMs)
  timer.unref()
  const saySummary = () => {
    if (progress.run === undefined || progress.end !== undefined || now() - saidAt < summaryMs) return
    saidAt = now()
    options.write(`${summaryLine(progress, now())}\n`)
  }
  return {
    event: (event) => {
      progress = advance(progress, event)
      if (event.type === "run-started") {
        saidAt = now()
        options.write(`${startLine(event)}\n`)
      }
      sayFailure(event, options)
      sayWarning(event, options)
      saySummary()
      if (event.type === "run-finished") options.write(`${endLine(event)}\n`)
    },
    say: (text) => options.write(`${text}\n`),
    redraw: nothing,
    close: () => clearInterval(timer)
  }
}

const terminalReporter = (options: ReporterOptions): Reporter => {
  const now = options.now ?? Date.now
  const points = new Map(options.tasks.map((task) => [task.id, task.coordinates]))
  const pointOf = (task: string) => describePoint(points.get(task) ?? [])
  let progress = noProgress
  let drawn = 0
  let drawnAt = 0
  const erase = () => {
    if (drawn > 0) options.write(upBy(drawn))
    drawn = 0
  }
  const draw = () => {
    const lines = progressLines(progress, now(), { color: options.color, pointOf, ...options.size() })
    options.write(`${drawn > 0 ? upBy(drawn) : ""}${lines.map((text) => `${text}\n`).join("")}`)
    drawn = lines.length
    drawnAt = now()
  }
  const drawIfDue = () => {
    if (progress.run !== undefined && progress.end === undefined && now() - drawnAt >= redrawMs) draw()
  }
  // Tasks take time also while nothing happens.
  const timer = setInterval(drawIfDue, redrawMs)
  timer.unref()
  return {
    event: (event) => {
      progress = advance(progress, event)
      if (event.type === "run-started") {
        options.write(`${startLine(event)}\n`)
        drawnAt = now() // a run with nothing to do is over before there is anything to draw
      } else if (event.type === "task-failed" || event.type === "task-event") {
        if (event.type === "task-event" && event.event.type !== "log") return drawIfDue()
        erase()
        sayFailure(event, options)
        sayWarning(event, options)
        drawIfDue()
      } else if (event.type === "run-finished") {
        if (drawn > 0 || event.counts.ran + event.counts.failed > 0) draw()
        drawn = 0
        options.write(`${endLine(event)}\n`)
      } else drawIfDue()
    },
    say: (text) => {
      erase()
      options.write(`${text}\n`)
      if (progress.run !== undefined && progress.end === undefined) draw()
    },
    redraw: () => {
      drawn = 0
    },
    close: () => {
      clearInterval(timer)
      if (progress.end === undefined) erase()
    }
  }
}
