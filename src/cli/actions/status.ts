/** How far runs have come: those that are going, or the latest. */
import { Effect } from "effect"
import { readRunLog } from "../../run/run-log.ts"
import type { RunRecord } from "../../store/layout.ts"
import { storePaths, type StorePaths } from "../../store/paths.ts"
import { latestRuns } from "../../store/runs.ts"
import { columns, count, duration, indent } from "../columns.ts"
import { findPlace, type PlaceInput } from "../place.ts"
import { findRun } from "../runs-by-name.ts"
import { invocation, print } from "../terminal.ts"

interface Input extends PlaceInput {
  readonly run: string | undefined
  readonly format: "text" | "json" | undefined
}

/** Runs further back than this have ended, one way or another. */
const looked = 50

export const statusAction = Effect.fn("status")(function*(input: Input) {
  const place = yield* findPlace(input)
  const paths = storePaths(place.store)
  const latest = latestRuns(paths, looked)
  if (input.run === undefined && latest.length === 0) return print("There are no runs yet.")
  const going = latest.filter(({ status }) => status === "running")
  const chosen = input.run === undefined && going.length > 0 ? going : [yield* findRun(paths, input.run)]
  const statuses = chosen.map((record) => statusOf(paths, record, Date.now()))
  print(input.format === "json" ? JSON.stringify(statuses, null, 2) : statuses.map(statusText).join("\n\n"))
})

const statusOf = (paths: StorePaths, record: RunRecord, now: number) => {
  const { pausing, planned, tasks, underWay } = readRunLog(paths, record.id)
  const became = [...tasks.values()]
  const counted = (stage: string, status: string) => became.filter((task) => task.stage === stage && task.status === status).length
  return {
    run: record.id,
    pipeline: record.pipeline,
    status: record.status,
    seconds: ((record.finishedAt ?? now) - record.startedAt) / 1000,
    total: record.counts.total,
    done: became.filter(({ status }) => status === "ran" || status === "cached").length,
    failed: became.filter(({ status }) => status === "failed").length,
    pruned: became.filter(({ status }) => status === "pruned").length,
    stages: Object.entries(planned).map(([stage, total]) => ({
      stage,
      total,
      ...Object.fromEntries(["cached", "ran", "failed", "skipped", "pruned"].map((status) => [status, counted(stage, status)])),
      running: underWay.filter((task) => task.stage === stage).length
    })),
    running: record.status === "running" ? underWay.map(({ attempt, point, since, task }) => ({ task, point, seconds: (now - since) / 1000, attempt })) : [],
    pausing: record.status === "running" ? pausing.map(({ at, attempt, message, task }) => ({ task, attempt, inSeconds: Math.max(0, at - now) / 1000, message })) : []
  }
}

type Status = ReturnType<typeof statusOf>

const statusText = (status: Status): string => {
  const head = `${status.run}: ${status.status}, ${status.done} of ${count(status.total, "task")} done${status.pruned > 0 ? `, ${status.pruned} not promoted` : ""}, ${duration(status.seconds * 1000)}`
  const header = ["stage", "total", "cached", "ran", "failed", "skipped", ...(status.pruned > 0 ? ["pruned"] : []), "running"]
  const rows = status.stages.map((stage) => header.map((name) => String(Object.entries(stage).find(([key]) => key === name)?.[1] ?? "")))
  const running = status.running.map(({ attempt, point, seconds, task }) => [task, point, duration(seconds * 1000), attempt > 1 ? `attempt ${attempt}` : ""])
  const pausing = status.pausing.map(({ attempt, inSeconds, message, task }) => [task, `attempt ${attempt} in ${duration(inSeconds * 1000)}`, message.split("\n")[0] ?? ""])
  return [head, indent(columns(rows, header)), ...(pausing.length === 0 ? [] : [`To be tried again:\n${indent(columns(pausing))}`]), ...(running.length === 0 ? [] : [`Running:\n${indent(columns(running))}`]), ...(status.failed === 0 ? [] : [`What failed, and why: ${invocation()} show ${status.run}`])].join("\n")
}
