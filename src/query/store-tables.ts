/** The tables that a store gives beside the stages' own: runs, tasks, params, metrics, claims. Read when a query asks for them. */
import type { Json } from "../stage/json.ts"
import { readJournal } from "../store/journal.ts"
import type { StorePaths } from "../store/paths.ts"
import type { ColumnType, TableSchema } from "../table/schema.ts"
import { nullable, Float64, Int32, Timestamp, Utf8 } from "../table/schema.ts"
import type { RunWithTasks } from "./catalog.ts"

export type Row = Readonly<Record<string, unknown>>

export interface StoreTable {
  readonly name: string
  readonly schema: Readonly<Record<string, ColumnType>>
  readonly rows: (runs: ReadonlyArray<RunWithTasks>, paths: StorePaths) => Iterable<Row>
}

const runsSchema = {
  run: Utf8, pipeline: Utf8, file: Utf8, status: Utf8, started: Timestamp, finished: nullable(Timestamp), seconds: nullable(Float64),
  total: Int32, cached: Int32, ran: Int32, failed: Int32, skipped: Int32, commit: nullable(Utf8), command: Utf8, overrides: Utf8, environment: Utf8
} as const satisfies TableSchema

const runs: StoreTable = {
  name: "runs",
  schema: runsSchema,
  rows: (all) => all.map(({ record }) => ({
    run: record.id, pipeline: record.pipeline, file: record.file, status: record.status, started: record.startedAt, finished: record.finishedAt,
    seconds: record.finishedAt === null ? null : (record.finishedAt - record.startedAt) / 1000,
    ...record.counts,
    commit: typeof record.environment["commit"] === "string" ? record.environment["commit"] : null,
    command: record.command.join(" "), overrides: JSON.stringify(record.overrides), environment: JSON.stringify(record.environment)
  }))
}

const tasksSchema = {
  run: Utf8, pipeline: Utf8, task: Utf8, stage: Utf8, uses: Utf8, status: Utf8, started: Timestamp, seconds: Float64,
  fingerprint: nullable(Utf8), params: Utf8, outputs: Utf8, message: nullable(Utf8)
} as const satisfies TableSchema

const tasks: StoreTable = {
  name: "tasks",
  schema: tasksSchema,
  rows: (all) => all.flatMap(({ record, tasks }) => tasks.map((task) => ({
    run: record.id, pipeline: record.pipeline, task: task.task, stage: task.stage, uses: task.uses, status: task.status,
    started: task.startedAt, seconds: task.wallMs / 1000, fingerprint: task.fingerprint, params: JSON.stringify(task.params),
    outputs: JSON.stringify(task.outputs), message: task.message ?? null
  })))
}

const paramsSchema = { run: Utf8, pipeline: Utf8, task: Utf8, stage: Utf8, name: Utf8, value: Utf8, number: nullable(Float64) } as const satisfies TableSchema

const valueText = (value: Json): string => typeof value === "string" ? value : JSON.stringify(value)

const params: StoreTable = {
  name: "params",
  schema: paramsSchema,
  rows: (all) => all.flatMap(({ record, tasks }) => tasks.flatMap((task) => Object.entries(task.params).map(([name, value]) => ({
    run: record.id, pipeline: record.pipeline, task: task.task, stage: task.stage, name, value: valueText(value),
    number: typeof value === "number" ? value : null
  }))))
}

const metricsSchema = { run: Utf8, pipeline: Utf8, task: Utf8, stage: Utf8, name: Utf8, step: Float64, value: Float64, at: Timestamp } as const satisfies TableSchema

/** A line of events.ndjson that reports a metric. */
interface MetricLine {
  readonly at: number
  readonly task: string
  readonly stage: string
  readonly event: { readonly type: "metric"; readonly name: string; readonly value: number; readonly step: number }
}
const isMetric = (line: unknown): line is MetricLine =>
  typeof line === "object" && line !== null && "type" in line && line.type === "task-event" && "task" in line && "stage" in line && "at" in line &&
  "event" in line && typeof line.event === "object" && line.event !== null && "type" in line.event && line.event.type === "metric"

const metrics: StoreTable = {
  name: "metrics",
  schema: metricsSchema,
  rows: (all, paths) => all.flatMap(({ record }) => readJournal(paths.run(record.id).events, isMetric).map(({ at, event, stage, task }) => ({
    run: record.id, pipeline: record.pipeline, task, stage, name: event.name, step: event.step, value: event.value, at: Math.round(at)
  })))
}

/** Its rows come from declared-claims.ts. */
export const claimsColumns = {
  run: Utf8, pipeline: Utf8, id: Utf8, source: nullable(Utf8), sql: nullable(Utf8), published: nullable(Float64), tolerance: nullable(Float64), compare: Utf8
} as const satisfies TableSchema

export const storeTables: ReadonlyArray<StoreTable> = [runs, tasks, params, metrics]

/** Columns from rows: what a scan of values in memory takes. */
export const columnsOf = (schema: TableSchema, rows: ReadonlyArray<Row>): Readonly<Record<string, ReadonlyArray<unknown>>> =>
  Object.fromEntries(Object.keys(schema).map((name) => [name, rows.map((row) => row[name] ?? null)]))
