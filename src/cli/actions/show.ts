/** One run in full: what was asked, where it ran, what became of each stage, what failed and why, what took longest. */
import { Effect } from "effect"
import { describePoint } from "../../run/events.ts"
import { readRunLog, type RunLog } from "../../run/run-log.ts"
import type { RunRecord, RunTask } from "../../store/layout.ts"
import { storePaths } from "../../store/paths.ts"
import { isJsonObject, type JsonObject } from "../../stage/json.ts"
import { columns, count, duration, indent } from "../columns.ts"
import { findPlace, type PlaceInput } from "../place.ts"
import { findRun } from "../runs-by-name.ts"
import { print } from "../terminal.ts"

interface Input extends PlaceInput {
  readonly run: string | undefined
  readonly format: "text" | "json" | undefined
}

export const showAction = Effect.fn("show")(function*(input: Input) {
  const place = yield* findPlace(input)
  const paths = storePaths(place.store)
  const record = yield* findRun(paths, input.run)
  const log = readRunLog(paths, record.id)
  if (input.format === "json") return print(JSON.stringify({ ...record, tasks: [...log.tasks.values()], warnings: log.warnings }, null, 2))
  print(showText(record, log))
})

const longest = 5

const showText = (record: RunRecord, log: RunLog): string => {
  const tasks = [...log.tasks.values()]
  const failed = tasks.filter(({ status }) => status === "failed")
  const slow = tasks.filter(({ status }) => status === "ran").toSorted((a, b) => b.wallMs - a.wallMs).slice(0, longest)
  const took = record.finishedAt === null ? "" : `, ${duration(record.finishedAt - record.startedAt)}`
  const parts = [
    columns([
      ["run", record.id],
      ["status", `${record.status}${took}`],
      ["started", new Date(record.startedAt).toISOString().replace("T", " ").slice(0, 19)],
      ["pipeline", `${record.pipeline} (${record.file})`],
      ["command", record.command.join(" ")],
      ...flatten(record.environment).map(([name, value]) => [name, value])
    ]),
    columns(stageRows(tasks), ["stage", "uses", "tasks", "ran", "cached", "failed", "skipped", "pruned", "work"])
  ]
  if (failed.length > 0) parts.push(`Failed:\n${indent(failed.map((task) => `${[task.task, failureFacts(task)].filter((text) => text !== "").join(" ")}\n${indent(task.message ?? "")}`).join("\n"))}`)
  if (slow.length > 0) parts.push(`Longest:\n${indent(columns(slow.map((task) => [task.task, duration(task.wallMs), describePoint(task.coordinates)])))}`)
  if (log.warnings.length > 0) parts.push(`${count(log.warnings.length, "warning")}:\n${indent(log.warnings.slice(0, 10).map(({ message, task }) => `${task}: ${message}`).join("\n"))}`)
  return parts.join("\n\n")
}

/** `(d=100; timeout; 3 attempts)`, as far as there is something to say. */
const failureFacts = ({ attempts, coordinates, failure }: RunTask): string => {
  const facts = [describePoint(coordinates), failure === "error" ? "" : failure ?? "", attempts === undefined ? "" : `${attempts} attempts`].filter((fact) => fact !== "")
  return facts.length === 0 ? "" : `(${facts.join("; ")})`
}

const stageRows = (tasks: ReadonlyArray<RunTask>): ReadonlyArray<ReadonlyArray<string>> =>
  [...Map.groupBy(tasks, ({ stage }) => stage)].map(([stage, own]) => {
    const counted = (status: RunTask["status"]) => String(own.filter((task) => task.status === status).length)
    const work = own.reduce((sum, { wallMs }) => sum + wallMs, 0)
    return [stage, own[0]?.uses ?? "", String(own.length), counted("ran"), counted("cached"), counted("failed"), counted("skipped"), counted("pruned"), duration(work)]
  })

/** Leaves of nested objects by their paths, `versions.node`. */
export const flatten = (object: JsonObject, prefix = ""): ReadonlyArray<readonly [string, string]> =>
  Object.entries(object).flatMap(([key, value]): ReadonlyArray<readonly [string, string]> =>
    isJsonObject(value) ? flatten(value, `${prefix}${key}.`)
    : value === null ? []
    : [[prefix + key, typeof value === "string" ? value : JSON.stringify(value)]])
