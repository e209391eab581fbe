/** Records of runs: what was asked, what each planned task came to, what happened meanwhile. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync } from "node:fs"
import type { JsonObject } from "../stage/json.ts"
import { storeError } from "./error.ts"
import { isGoing } from "./going.ts"
import { hasCode } from "./remedy.ts"
import { journalLines, openJournal } from "./journal.ts"
import { readJsonFile, writeJsonFile } from "./json-file.ts"
import type { RunRecord, RunTask } from "./layout.ts"
import { type RunPaths, runPaths, type StorePaths } from "./paths.ts"

export interface RunStart {
  readonly pipeline: string
  /** As the user named it. */
  readonly file: string
  readonly command: ReadonlyArray<string>
  readonly overrides: JsonObject
  readonly environment: JsonObject
  readonly total: number
}

/** A run being recorded. Every method throws `StoreError` where it cannot write. */
export interface OpenRun {
  readonly id: string
  readonly paths: RunPaths
  task(line: RunTask): void
  event(line: unknown): void
  plan(plan: unknown): void
  /** What is known of the environment only once something runs. */
  environment(more: JsonObject): void
  flush(): void
  finish(status: Exclude<RunRecord["status"], "running">, counts: RunRecord["counts"], at: number): void
}

export const isRunRecord = (value: unknown): value is RunRecord =>
  typeof value === "object" && value !== null && "version" in value && value.version === 1 && "id" in value && typeof value.id === "string"
  && "pipeline" in value && typeof value.pipeline === "string" && "status" in value && "startedAt" in value && typeof value.startedAt === "number"
  && "counts" in value

export const isRunTask = (value: unknown): value is RunTask =>
  typeof value === "object" && value !== null && "task" in value && "stage" in value && "status" in value && "coordinates" in value
  && Array.isArray(value.coordinates) && "outputs" in value && typeof value.outputs === "object" && value.outputs !== null

/** `20261121-204512-quickstart-3f2a`: the second in UTC, the pipeline, and the fraction of the second in 65536ths, so that names sort
 * by time. */
export const runId = (pipeline: string, at: number): string => {
  const stamp = new Date(at).toISOString().replaceAll(/[-:]/g, "").replace("T", "-").slice(0, 15)
  const name = pipeline.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-+|-+$/g, "").slice(0, 40)
  const fraction = Math.floor(((at % 1000) / 1000) * 65_536)
  return `${stamp}-${name === "" ? "run" : name}-${fraction.toString(16).padStart(4, "0")}`
}

/** Orders ids by time, the names between left aside. */
const timeOf = (id: string): string => id.slice(0, 15) + id.slice(-4)

/** Ids of all runs, latest first. */
export const runIds = (paths: StorePaths): ReadonlyArray<string> => {
  try {
    return readdirSync(paths.runs).toSorted((a, b) => (timeOf(a) < timeOf(b) ? 1 : -1))
  } catch (cause) {
    if (hasCode(cause, "ENOENT", "ENOTDIR")) return []
    throw storeError("read", paths.runs, cause)
  }
}

/** As it was written. One whose process was killed says `running` until it is closed; for showing it, there is `runAsItIs`. */
export const readRun = (paths: StorePaths, id: string): RunRecord | undefined => readJsonFile(paths.run(id).record, isRunRecord)

/** The record as somebody should see it: `interrupted` where its process is known to be gone. */
export const runAsItIs = (paths: StorePaths, id: string): RunRecord | undefined => {
  const record = readRun(paths, id)
  if (record?.status !== "running" || isGoing(paths, id)) return record
  // It was announced before it had a record, so it has either ended since that was read, or been killed.
  const now = readRun(paths, id)
  return now?.status === "running" ? { ...now, status: "interrupted" } : now
}

export const readRunTasks = (paths: StorePaths, id: string): ReadonlyArray<RunTask> => [...runTasks(paths, id)]

/** The same one by one, for whoever keeps little of each. */
export const runTasks = (paths: StorePaths, id: string): Iterable<RunTask> => journalLines(paths.run(id).tasks, isRunTask)

/** The latest runs as they are, of all pipelines or of one, latest first. No more records are read than it takes. */
export const latestRuns = (paths: StorePaths, limit: number, pipeline?: string): ReadonlyArray<RunRecord> => {
  const found: Array<RunRecord> = []
  for (const id of runIds(paths)) {
    if (found.length >= limit) break
    const record = runAsItIs(paths, id)
    if (record !== undefined && (pipeline === undefined || record.pipeline === pipeline)) found.push(record)
  }
  return found
}

/** Marks a run whose process is gone as interrupted. One that was killed before it could write a word of its record is removed. */
export const closeDeadRun = (paths: StorePaths, id: string, at: number, temporary: string): void => {
  if (id === "") return
  const record = readRun(paths, id)
  if (record === undefined && existsSync(paths.run(id).folder) && readdirSync(paths.run(id).folder).length === 0) rmdirSync(paths.run(id).folder)
  if (record?.status !== "running") return
  const counts = { ...record.counts, cached: 0, ran: 0, failed: 0, skipped: 0 }
  for (const task of readRunTasks(paths, id)) {
    if (task.status !== "interrupted" && task.status !== "pruned") counts[task.status]++
  }
  writeJsonFile(paths.run(id).record, { ...record, status: "interrupted", finishedAt: at, counts } satisfies RunRecord, temporary)
}

/** Starts a run's record. `temporary` gives paths, not existing yet, on the same file system. `announce` is told the run's id before
 * there is anything of it on the disk: whoever tidies up after this process must be able to find the run. */
export const createRun = (paths: StorePaths, start: RunStart, startedAt: number, temporary: () => string, announce: (id: string) => void = () => undefined): OpenRun => {
  const id = makeFolder(paths, start.pipeline, startedAt, announce)
  const run = paths.run(id)
  const tasks = openJournal(run.tasks)
  const events = openJournal(run.events)
  let record = begun(id, start, startedAt)
  const write = (next: RunRecord) => {
    record = next
    writeJsonFile(run.record, record, temporary())
  }
  write(record)
  return {
    id,
    paths: run,
    // A task that ran has cost more than a write; thousands of cached ones share one.
    task: (line) => tasks.append(line, line.status !== "cached" && line.status !== "pruned"),
    event: (line) => events.append(line),
    plan: (plan) => writeJsonFile(run.plan, plan, temporary()),
    environment: (more) => write({ ...record, environment: { ...record.environment, ...more } }),
    flush: () => {
      tasks.flush()
      events.flush()
    },
    finish: (status, counts, at) => {
      tasks.close()
      events.close()
      write({ ...record, status, counts, finishedAt: at })
    }
  }
}

/** How a run ended. */
export interface RunEnd {
  readonly counts: RunRecord["counts"]
  readonly finishedAt: number
}

/** Writes `plan.json`, `tasks.ndjson` and `events.ndjson` of a run that was over as soon as it began. */
export type WriteRun = (files: RunPaths, id: string) => RunEnd

/** Records a run that has succeeded already: it comes to its place in one step. `temporary` is a path, not existing yet, on the same file system. */
export const publishRun = (paths: StorePaths, start: RunStart, startedAt: number, write: WriteRun, temporary: string, announce: (id: string) => void): string => {
  const id = makeFolder(paths, start.pipeline, startedAt, announce)
  const [place, staged] = [paths.run(id).folder, runPaths(temporary)]
  try {
    mkdirSync(staged.folder)
    const end = write(staged, id)
    writeJsonFile(staged.record, { ...begun(id, start, startedAt), status: "succeeded", ...end } satisfies RunRecord, `${staged.record}.new`)
    renameSync(staged.folder, place) // over the empty folder that holds the name
    return id
  } catch (cause) {
    rmdirSync(place)
    throw storeError("record a run in", paths.runs, cause)
  }
}

const begun = (id: string, start: RunStart, startedAt: number): RunRecord => ({
  version: 1,
  id,
  pipeline: start.pipeline,
  file: start.file,
  command: start.command,
  startedAt,
  finishedAt: null,
  status: "running",
  overrides: start.overrides,
  environment: start.environment,
  counts: { total: start.total, cached: 0, ran: 0, failed: 0, skipped: 0 }
})

/** Makes the run's folder; of two runs that start in the same fraction of a second the later one takes the next name. */
const makeFolder = (paths: StorePaths, pipeline: string, startedAt: number, announce: (id: string) => void): string => {
  try {
    mkdirSync(paths.runs, { recursive: true })
    for (let at = startedAt;; at += 1 / 64) {
      const id = runId(pipeline, at)
      try {
        announce(id)
        mkdirSync(paths.run(id).folder)
        return id
      } catch (cause) {
        if (!hasCode(cause, "EEXIST")) throw cause
      }
    }
  } catch (cause) {
    throw storeError("create a run in", paths.runs, cause)
  }
}
