/**
 * Which views a store gives: one schema for each pipeline, in it a view for every table that a stage made, its rows from all
 * runs, with run, task, sweep and the sweeps' axes as columns after the table's own. Pure: what lies where is handed in.
 */
import { canonicalJson, type Json } from "../stage/json.ts"
import type { RunRecord, RunTask, StoredOutput } from "../store/layout.ts"
import type { ColumnType, TableSchema } from "../table/schema.ts"
import type { RelationColumn } from "./arrow-scan.ts"
import type { Scalar } from "./parts.ts"
import { widest } from "./widest.ts"

export interface TasksOfRun {
  readonly record: Pick<RunRecord, "id" | "pipeline" | "startedAt">
  /** Taken once. */
  readonly tasks: Iterable<RunTask>
}

export interface RunWithTasks extends TasksOfRun {
  readonly record: RunRecord
  readonly tasks: ReadonlyArray<RunTask>
}

/** The rows of one output of one task, at one place in the coordinate system. */
export interface Use {
  readonly pipeline: string
  readonly stage: string
  readonly output: string
  readonly stored: StoredOutput
  /** Fingerprint of the task. */
  readonly work: string
  /** Null where the rows come from a plan and not from a run. */
  readonly run: string | null
  readonly task: string
  readonly sweep: string | null
  readonly values: Readonly<Record<string, Json>>
}

const isTable = (stored: StoredOutput): boolean => stored.kind === "table" || stored.kind === "dataset"

/** What makes two uses the same: the same work, at the same place, for the same output. */
const keyOf = ({ output, pipeline, stage, sweep, values, work }: Use): string =>
  JSON.stringify([pipeline, stage, work, sweep, output]) + canonicalJson(values)

/**
 * Every use of every table in these runs, oldest first, after the `earlier` ones. The same work at the same place in several
 * runs counts once, as the run's that was started last.
 */
export const foldUses = (earlier: ReadonlyArray<Use>, runs: ReadonlyArray<TasksOfRun>, startedAt: (run: string) => number): ReadonlyArray<Use> => {
  const uses = new Map(earlier.map((use) => [keyOf(use), use]))
  for (const { record, tasks } of runs.toSorted((a, b) => a.record.startedAt - b.record.startedAt)) {
    for (const task of tasks) {
      for (const use of usesOfTask(record, task)) {
        const key = keyOf(use)
        const known = uses.get(key)
        if (known !== undefined && known.run !== null && startedAt(known.run) > record.startedAt) continue
        uses.delete(key)
        uses.set(key, use)
      }
    }
  }
  return [...uses.values()]
}

const usesOfTask = (record: TasksOfRun["record"], task: RunTask): ReadonlyArray<Use> => {
  const outputs = Object.entries(task.outputs).filter(([, stored]) => isTable(stored))
  if (outputs.length === 0) return []
  // A volatile task has no fingerprint: each run of it is work of its own.
  const work = task.fingerprint ?? `${record.id}/${task.task}`
  return task.coordinates.flatMap(({ sweep, values }) => outputs.map(([output, stored]): Use =>
    ({ pipeline: record.pipeline, stage: task.stage, output, stored, work, run: record.id, task: task.task, sweep, values })))
}

/** The uses of one run of each pipeline, or of any runs that are not to be compared with others. */
export const usesOf = (runs: ReadonlyArray<TasksOfRun>): ReadonlyArray<Use> => foldUses([], runs, () => 0)

/**
 * How many of these uses, oldest first, have been overtaken: at the same place of the sweeps the stage has run since, with other code, settings or
 * inputs. Work without a fingerprint is never overtaken: it is different each time, and perhaps wanted so.
 */
export const overtakenIn = (uses: ReadonlyArray<Use>): number => {
  const latest = new Map<string, string>()
  let overtaken = 0
  for (const { output, run, stage, sweep, task, values, work } of uses.toReversed()) {
    if (work === `${run}/${task}`) continue
    const place = JSON.stringify([stage, output, sweep]) + canonicalJson(values)
    const known = latest.get(place)
    if (known === undefined) latest.set(place, work)
    else if (known !== work) overtaken++
  }
  return overtaken
}

/** A view before its rows are known. */
export interface View {
  readonly name: string
  readonly columns: ReadonlyArray<RelationColumn>
  /** Which uses give its rows, in order. */
  readonly uses: ReadonlyArray<Use>
  /** What stands in the columns beside the table's own. */
  readonly constants: (use: Use) => ReadonlyArray<Scalar>
}

export interface PipelineViews {
  readonly pipeline: string
  /** The schema's name. */
  readonly schema: string
  readonly views: ReadonlyArray<View>
}

/** Schemas that DuckDB has already. */
const takenSchemas = new Set(["main", "temp", "system", "pg_catalog", "information_schema"])

/** Names differ in DuckDB only if they differ in lower case. */
const freshName = (name: string, taken: Set<string>): string => {
  let fresh = name
  for (let i = 2; taken.has(fresh.toLowerCase()); i++) fresh = `${name}_${i}`
  taken.add(fresh.toLowerCase())
  return fresh
}

/** The views of all uses; `schemaOf` says which columns a table has, undefined where it cannot be read. */
export const viewsOf = (uses: ReadonlyArray<Use>, schemaOf: (digest: string) => TableSchema | undefined): ReadonlyArray<PipelineViews> => {
  const schemas = new Set(takenSchemas)
  return [...Map.groupBy(uses, (use) => use.pipeline)].map(([pipeline, ofPipeline]) => {
    const axes = new Map<string, ColumnType>()
    for (const { values } of ofPipeline) {
      for (const name of Object.keys(values)) {
        const type = axisType(values[name] ?? null)
        const known = axes.get(name)
        if (type === undefined) {
          if (known === undefined) axes.set(name, { type: "utf8" })
        } else axes.set(name, known === undefined ? type : widestAxis(known, type))
      }
    }
    return { pipeline, schema: freshName(pipeline, schemas), views: pipelineViews(ofPipeline, axes, schemaOf) }
  })
}

const pipelineViews = (
  uses: ReadonlyArray<Use>,
  axes: ReadonlyMap<string, ColumnType>,
  schemaOf: (digest: string) => TableSchema | undefined
): ReadonlyArray<View> => {
  const byOutput = [...Map.groupBy(uses, (use) => JSON.stringify([use.stage, use.output])).values()]
  // In the order of the latest run, which is the pipeline's; what it no longer has comes after.
  const latest = uses.at(-1)?.run ?? null
  const rank = (of: ReadonlyArray<Use>) => {
    const use = of.find(({ run }) => run === latest)
    return use === undefined ? uses.length : uses.indexOf(use)
  }
  const full = byOutput.map((of) => ({ of, rank: rank(of) })).toSorted((a, b) => a.rank - b.rank).flatMap(({ of }) => {
    const [first] = of
    return first === undefined ? [] : [{ stage: first.stage, output: first.output, kind: of.at(-1)?.stored.kind, of }]
  })
  const taken = new Set<string>()
  // Short names go first: a stage's own name is its table's, whatever other stages and outputs are called.
  const short = [...Map.groupBy(full, (one) => one.stage)].flatMap(([stage, outputs]) => {
    const tables = outputs.filter((one) => one.kind === "table")
    const only = tables.length === 0 && outputs.length === 1 ? outputs[0] : tables.length === 1 ? tables[0] : undefined
    return only === undefined ? [] : [{ name: freshName(stage, taken), of: only.of }]
  })
  const long = full.map(({ of, output, stage }) => ({ name: freshName(`${stage}_${output}`, taken), of }))
  const built = new Map<ReadonlyArray<Use>, Omit<View, "name">>()
  return [...short, ...long].map(({ name, of }) => {
    const view = built.get(of) ?? { ...columnsOf(of, axes, schemaOf), uses: of }
    built.set(of, view)
    return { name, ...view }
  })
}

/** The union by name of the columns that the tables have, the latest first, and after them the coordinates. */
const columnsOf = (
  uses: ReadonlyArray<Use>,
  axes: ReadonlyMap<string, ColumnType>,
  schemaOf: (digest: string) => TableSchema | undefined
): Pick<View, "columns" | "constants"> => {
  const own = new Map<string, ColumnType>()
  const seen = new Set<TableSchema>()
  for (const { stored } of uses.toReversed()) {
    const schema = schemaOf(stored.digest)
    if (schema === undefined || seen.has(schema)) continue
    seen.add(schema)
    for (const [name, type] of Object.entries(schema)) {
      const known = own.get(name)
      own.set(name, known === undefined ? type : widest(known, type))
    }
  }
  const taken = new Set<string>()
  const columns: Array<RelationColumn> = [...own].map(([name, type]) => ({ name: freshName(name, taken), type, from: { column: name } }))
  const names = [...axes.keys()]
  const text: ColumnType = { type: "utf8" }
  const coordinates: ReadonlyArray<readonly [string, ColumnType]> = [["run", text], ["task", text], ["sweep", text], ...axes]
  coordinates.forEach(([name, type], constant) => {
    // The table's own column keeps its name.
    const free = taken.has(name.toLowerCase()) ? `params_${name}` : name
    columns.push({ name: freshName(free, taken), type, from: { constant } })
  })
  const isText = names.map((name) => axes.get(name)?.type === "utf8")
  return {
    columns,
    constants: ({ run, sweep, task, values }) => [run, task, sweep, ...names.map((name, i) => scalarOf(values[name] ?? null, isText[i] === true))]
  }
}

/** The column type that holds a coordinate; undefined for null. */
const axisType = (value: Json): ColumnType | undefined =>
  value === null ? undefined
    : typeof value === "boolean" ? { type: "bool" }
    : typeof value === "number" ? { type: Number.isSafeInteger(value) ? "int64" : "float64" }
    : { type: "utf8" }

const widestAxis = (a: ColumnType, b: ColumnType): ColumnType =>
  a.type === b.type ? a : a.type === "bool" || b.type === "bool" ? { type: "utf8" } : widest(a, b)

const scalarOf = (value: Json, asText: boolean): Scalar =>
  value === null || typeof value === "string" ? value
    : typeof value === "object" || asText ? JSON.stringify(value)
    : value
