/** Prints what a task printed, and goes on with it while it runs. */
import { Effect } from "effect"
import { closeSync, existsSync, openSync, readSync } from "node:fs"
import { describePoint } from "../../run/events.ts"
import { tailOf } from "../../run/task-log.ts"
import { plannedTasks, readRunLog, type RunLog } from "../../run/run-log.ts"
import { storePaths, type StorePaths } from "../../store/paths.ts"
import { Store } from "../../store/store.ts"
import { runAsItIs } from "../../store/runs.ts"
import { usageFailure } from "../failure.ts"
import { findPlace, type PlaceInput } from "../place.ts"
import { findRun, findTask } from "../runs-by-name.ts"
import { notice, print } from "../terminal.ts"

interface Input extends PlaceInput {
  readonly task: string
  readonly run: string | undefined
  readonly follow: boolean
  readonly tail: number | undefined
}

const pollMs = 200

export const logsAction = Effect.fn("logs")(function*(input: Input) {
  if (input.tail !== undefined && input.tail < 1) return yield* usageFailure(`error: --tail ${input.tail}: at least one line`)
  const place = yield* findPlace(input)
  const paths = storePaths(place.store)
  const record = yield* findRun(paths, input.run)
  const log = readRunLog(paths, record.id)
  const begun = [...log.tasks.keys(), ...log.underWay.map(({ task }) => task), ...log.pausing.map(({ task }) => task)]
  const task = yield* findTask([...new Set([...begun, ...plannedTasks(paths, record.id)])], input.task, (id) => whatBecameOf(log, id))
  const line = log.tasks.get(task)
  // A cached task printed nothing in this run: its words are in the run that made it.
  const maker = line?.status !== "cached" || line.fingerprint === null ? undefined
    : yield* Effect.flatMap(Store, (store) => store.action(line.fingerprint ?? "")).pipe(Effect.provide(Store.layer(place.store)))
  const run = maker?.producer.run ?? record.id
  if (run !== record.id) notice(`${task} was cached in ${record.id}; this is what it printed in ${run}.`)
  const waits = !begun.includes(task)
  if (waits) notice(record.status === "running" ? `${task} has not started yet.${input.follow ? "" : " To wait for it: -f"}` : `${task} did not start in ${record.id}.`)
  const path = paths.run(run).log(task)
  if (input.tail !== undefined && existsSync(path)) print(tailOf(path, input.tail))
  const start = input.tail === undefined ? 0 : copyFrom(path, 0, () => undefined)
  const read = copyFrom(path, start, (bytes) => process.stdout.write(bytes))
  if (input.follow) yield* follow(paths, run, task, path, read)
  else if (!waits && !existsSync(path)) notice(`${task} ${line === undefined ? "has printed nothing so far" : "printed nothing"}.`)
})

/** For choosing among tasks: their state and where in the sweeps they are. */
const whatBecameOf = ({ pausing, tasks, underWay }: RunLog, id: string): ReadonlyArray<string> => {
  const ended = tasks.get(id)
  if (ended !== undefined) return [ended.status, describePoint(ended.coordinates)]
  const running = underWay.find(({ task }) => task === id)
  if (running !== undefined) return ["running", running.point]
  return [pausing.some(({ task }) => task === id) ? "to be tried again" : "not started", ""]
}

/** Gives on what the file has after `start`; returns its length. */
const copyFrom = (path: string, start: number, write: (bytes: Uint8Array) => void): number => {
  if (!existsSync(path)) return start
  const file = openSync(path, "r")
  try {
    let at = start
    for (const chunk = Buffer.allocUnsafe(65_536);;) {
      const read = readSync(file, chunk, 0, chunk.length, at)
      if (read === 0) return at
      write(Uint8Array.from(chunk.subarray(0, read)))
      at += read
    }
  } finally {
    closeSync(file)
  }
}

/** Until the task has ended, or its run. */
const follow = Effect.fn("logs.follow")(function*(paths: StorePaths, run: string, task: string, path: string, start: number) {
  let at = start
  for (;;) {
    const record = runAsItIs(paths, run)
    const ended = record?.status !== "running" || readRunLog(paths, run).tasks.has(task)
    at = copyFrom(path, at, (bytes) => process.stdout.write(bytes))
    if (ended) {
      if (record?.status === "interrupted") notice(`${run} was interrupted.`)
      return
    }
    yield* Effect.sleep(pollMs)
  }
})
