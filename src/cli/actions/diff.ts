/** What tells two runs apart: what was asked, the environment, the code, each task's parameters, results and metrics. */
import { Effect } from "effect"
import { describePoint } from "../../run/events.ts"
import { readRunLog, type RunLog } from "../../run/run-log.ts"
import { isActionRecord } from "../../store/actions.ts"
import { readCodeFiles } from "../../store/code.ts"
import { readJsonFile } from "../../store/json-file.ts"
import type { ActionRecord, RunRecord, RunTask } from "../../store/layout.ts"
import { storePaths, type StorePaths } from "../../store/paths.ts"
import { latestRuns } from "../../store/runs.ts"
import { canonicalJson } from "../../stage/json.ts"
import { columns, count, indent } from "../columns.ts"
import { usageFailure, type CommandFailure } from "../failure.ts"
import { findPlace, type PlaceInput } from "../place.ts"
import { findRun } from "../runs-by-name.ts"
import { print } from "../terminal.ts"
import { flatten } from "./show.ts"

interface Input extends PlaceInput {
  readonly before: string
  readonly after: string | undefined
  readonly format: "text" | "json" | undefined
}

/** A value that differs: null where one run does not have it. */
interface Change {
  readonly name: string
  readonly before: string | null
  readonly after: string | null
}

export interface RunDiff {
  readonly asked: ReadonlyArray<Change>
  readonly environment: ReadonlyArray<Change>
  /** Files, by stage. */
  readonly code: ReadonlyArray<{ readonly stage: string; readonly files: ReadonlyArray<string> }>
  /** Parameters of stages with the values that tasks had in either run. */
  readonly parameters: ReadonlyArray<Change>
  /** Last values at the same stage and point. */
  readonly metrics: ReadonlyArray<Change>
  readonly results: { readonly identical: number; readonly different: ReadonlyArray<string>; readonly onlyBefore: number; readonly onlyAfter: number }
}

export const diffAction = Effect.fn("diff")(function*(input: Input) {
  const place = yield* findPlace(input)
  const paths = storePaths(place.store)
  const named = yield* findRun(paths, input.before)
  const other = input.after === undefined ? latestRuns(paths, 1, named.pipeline)[0] ?? named : yield* findRun(paths, input.after)
  // The latest alone: what has changed since the one before it.
  const [before, after] = input.after === undefined && named.id === other.id ? [yield* runBefore(paths, named), named] : [named, other]
  const diff = diffRuns(paths, before, after)
  print(input.format === "json" ? JSON.stringify({ before: before.id, after: after.id, ...diff }, null, 2) : diffText(before, after, diff))
})

const runBefore = (paths: StorePaths, run: RunRecord): Effect.Effect<RunRecord, CommandFailure> => {
  const earlier = latestRuns(paths, 2, run.pipeline).find(({ id }) => id !== run.id)
  return earlier === undefined ? usageFailure(`error: ${run.id} is the only run of ${run.pipeline}: there is none to compare it with`) : Effect.succeed(earlier)
}

const diffRuns = (paths: StorePaths, before: RunRecord, after: RunRecord): RunDiff => {
  const [a, b] = [readRunLog(paths, before.id), readRunLog(paths, after.id)]
  const [placesA, placesB] = [byPlace(a), byPlace(b)]
  const both = [...placesA].flatMap(([place, task]) => {
    const other = placesB.get(place)
    return other === undefined ? [] : [{ place, before: task, after: other }]
  })
  const different = both.filter(({ after, before }) => outputsOf(after) !== outputsOf(before))
  return {
    asked: changes([["file", before.file], ...flatten(before.overrides)], [["file", after.file], ...flatten(after.overrides)]),
    environment: changes(flatten(before.environment), flatten(after.environment)),
    code: codeChanges(paths, a, b),
    parameters: changes(parametersOf(a), parametersOf(b)),
    metrics: both.flatMap(({ after, before, place }) =>
      changes(metricsOf(a, before), metricsOf(b, after)).map((change) => ({ ...change, name: `${place}: ${change.name}` }))),
    results: { identical: both.length - different.length, different: different.map(({ place }) => place), onlyBefore: placesA.size - both.length, onlyAfter: placesB.size - both.length }
  }
}

const changes = (before: Iterable<readonly [string, string]>, after: Iterable<readonly [string, string]>): ReadonlyArray<Change> => {
  const [a, b] = [new Map(before), new Map(after)]
  return [...new Set([...a.keys(), ...b.keys()])].filter((name) => a.get(name) !== b.get(name))
    .map((name) => ({ name, before: a.get(name) ?? null, after: b.get(name) ?? null }))
}

/** Stage and point, as both runs would name them. */
const byPlace = (log: RunLog): ReadonlyMap<string, RunTask> =>
  new Map([...log.tasks.values()].flatMap((task) =>
    task.coordinates.map((coordinates) => [`${task.stage}${Object.keys(coordinates.values).length === 0 ? "" : ` (${describePoint([coordinates])})`}`, task] as const)))

const outputsOf = ({ outputs, status }: RunTask): string =>
  status === "ran" || status === "cached" ? canonicalJson(Object.fromEntries(Object.entries(outputs).map(([name, { digest }]) => [name, digest]))) : status

/** `stage.parameter` -> the distinct values of its tasks. */
const parametersOf = (log: RunLog): ReadonlyMap<string, string> => {
  const values = new Map<string, Set<string>>()
  for (const { params, stage } of log.tasks.values()) {
    for (const [name, value] of flatten(params)) {
      const known = values.get(`${stage}.${name}`) ?? new Set()
      known.add(value)
      values.set(`${stage}.${name}`, known)
    }
  }
  return new Map([...values].map(([name, known]) => [name, [...known].sort().join(", ")]))
}

const metricsOf = (log: RunLog, task: RunTask): ReadonlyArray<readonly [string, string]> =>
  Object.entries(log.metrics.get(task.task) ?? {}).map(([name, value]) => [name, String(value)])

const codeChanges = (paths: StorePaths, a: RunLog, b: RunLog): RunDiff["code"] => {
  const [before, after] = [codeOf(paths, a), codeOf(paths, b)]
  return [...before].flatMap(([stage, code]) => {
    const other = after.get(stage)
    if (other === undefined || other === code) return []
    const [then, now] = [readCodeFiles(paths, code) ?? {}, readCodeFiles(paths, other) ?? {}]
    const files = [...new Set([...Object.keys(then), ...Object.keys(now)])].filter((file) => then[file] !== now[file]).sort()
    return [{ stage, files }]
  })
}

/** The code digest of each stage, from what its first finished task left. */
const codeOf = (paths: StorePaths, log: RunLog): ReadonlyMap<string, string> => {
  const codes = new Map<string, string>()
  for (const { fingerprint, stage } of log.tasks.values()) {
    if (codes.has(stage) || fingerprint === null) continue
    const action: ActionRecord | undefined = readJsonFile(paths.action(fingerprint), isActionRecord)
    if (action !== undefined) codes.set(stage, action.record.code)
  }
  return codes
}

const shownRows = 20

const diffText = (before: RunRecord, after: RunRecord, diff: RunDiff): string => {
  const table = (title: string, rows: ReadonlyArray<Change>) =>
    rows.length === 0 ? [] : [`${title}\n${indent(columns(rows.slice(0, shownRows).map((row) => [row.name, short(row.before), "->", short(row.after)])))}${rows.length > shownRows ? `\n  and ${rows.length - shownRows} more (--format json has all)` : ""}`]
  const { different, identical, onlyAfter, onlyBefore } = diff.results
  return [
    `${before.id} -> ${after.id}`,
    ...table("Asked", diff.asked),
    ...table("Parameters", diff.parameters),
    ...(diff.code.length === 0 ? [] : [`Code\n${indent(columns(diff.code.map(({ files, stage }) => [stage, files.length === 0 ? "the packages that it imports" : files.join(", ")])))}`]),
    ...table("Environment", diff.environment),
    ...table("Metrics", diff.metrics),
    `Results\n${indent([
      `${count(identical, "place")} with identical results, ${different.length} with different ones, ${onlyBefore} only before, ${onlyAfter} only after`,
      ...different.slice(0, shownRows)
    ].join("\n"))}`
  ].join("\n\n")
}

const short = (text: string | null): string => (text === null ? "(absent)" : text.length > 60 ? `${text.slice(0, 57)}...` : text)
