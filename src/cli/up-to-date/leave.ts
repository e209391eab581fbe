/** Leaves a note (note.ts) of a run that has succeeded, from the run's own record. */
import { readFileSync } from "node:fs"
import type { PlannedTask } from "../../plan/plan.ts"
import type { RunEvent } from "../../run/events.ts"
import { journalLines } from "../../store/journal.ts"
import type { RunTask } from "../../store/layout.ts"
import type { StorePaths } from "../../store/paths.ts"
import { readRun, runTasks } from "../../store/runs.ts"
import { checkOf } from "./checks.ts"
import { type About, notePath, timeMark, writeNote } from "./note.ts"

export interface Leaving extends Pick<About, "basis" | "next" | "answers"> {
  readonly paths: StorePaths
  /** Id of the run. */
  readonly run: string
  /** In the order of the plan. */
  readonly tasks: ReadonlyArray<PlannedTask["id"]>
}

/** Text is gathered up to so many characters before it is written. */
const gatherCharacters = 1 << 20

/**
 * Leaves none where the record does not say of each task, once, that it is done. `unsettled`: results are so new that they have to be looked at again in some
 * milliseconds. Throws what the file system throws, and `StoreError`.
 */
export const leaveNote = ({ answers, basis, next, paths, run, tasks }: Leaving): "left" | "unsettled" | "none" => {
  const record = readRun(paths, run)
  const started = startOf(paths, run)
  if (record?.status !== "succeeded" || started === undefined) return "none"
  const note = writeNote(notePath(basis))
  try {
    let [checks, lines] = ["", ""]
    const flush = () => {
      note.add("checks", Buffer.from(checks))
      note.add("tasks", Buffer.from(lines))
      checks = lines = ""
    }
    let done = 0
    for (const task of inOrder(runTasks(paths, run), tasks)) {
      if (task.fingerprint === null || (task.status !== "cached" && task.status !== "ran")) return "none"
      const check = checkOf(paths, task.fingerprint, task.outputs, Date.now())
      if (check === undefined || check === "unsettled") return check ?? "none"
      checks += `${check}\n`
      lines += `${cachedLine(task)}\n`
      done++
      if (lines.length >= gatherCharacters) flush()
    }
    flush()
    if (done !== tasks.length) return "none"
    note.add("plan", readFileSync(paths.run(run).plan))
    const { pipeline, points, stages, tasks: count } = started
    note.finish({
      basis,
      store: paths.folder,
      pipeline: record.pipeline,
      file: record.file,
      overrides: record.overrides,
      started: { pipeline, tasks: count, points, stages },
      ...(answers === undefined ? {} : { answers }),
      ...(next === undefined ? {} : { next })
    })
    return "left"
  } finally {
    note.abandon()
  }
}

type Started = Extract<RunEvent, { readonly type: "run-started" }>
const isStarted = (value: unknown): value is Started => typeof value === "object" && value !== null && "type" in value && value.type === "run-started"

const startOf = (paths: StorePaths, run: string): Started | undefined => {
  for (const event of journalLines(paths.run(run).events, isStarted)) return event
  return undefined
}

/** The lines of a record in the order of the plan, which is that of a run that finds everything. Ends where a task is missing, or has two lines. */
function* inOrder(lines: Iterable<RunTask>, order: ReadonlyArray<string>): Generator<RunTask> {
  // Tasks end about in the order of the plan: few wait for their turn.
  const early = new Map<string, RunTask>()
  const seen = new Set<string>()
  let turn = 0
  for (const line of lines) {
    if (seen.has(line.task)) return
    seen.add(line.task)
    early.set(line.task, line)
    for (let next = early.get(order[turn] ?? ""); next !== undefined; next = early.get(order[turn] ?? "")) {
      early.delete(next.task)
      turn++
      yield next
    }
  }
}

/** The task as a run that finds its results records it (run/recorder.ts), without the time. */
const cachedLine = ({ coordinates, fingerprint, outputs, params, stage, task, uses }: RunTask): string => {
  const before = JSON.stringify({ task, stage, uses, fingerprint, status: "cached", outputs })
  const after = JSON.stringify({ wallMs: 0, params, coordinates })
  return `${before.slice(0, -1)},"startedAt":${timeMark},${after.slice(1)}`
}
