/** Reads from a store what a database is to show: its runs, the views that they give, and where the rows lie. */
import type { StorePaths } from "../store/paths.ts"
import { readRunTasks, runAsItIs } from "../store/runs.ts"
import type { Piece, Relation } from "./arrow-scan.ts"
import { overtakenIn, type PipelineViews, type RunWithTasks, type Use, usesOf, viewsOf } from "./catalog.ts"
import type { DatabaseOptions, Selection } from "./database.ts"
import { QueryError } from "./error.ts"
import { readUses } from "./history.ts"
import { memorySource } from "./parts.ts"
import { readRunHeads, type RunHead } from "./run-heads.ts"
import { claimsColumns, columnsOf, type Row, type StoreTable, storeTables } from "./store-tables.ts"
import { isLost, type LostTable, openTableIndex, type StoredTable } from "./table-index.ts"

export interface SelectedTable {
  readonly schema: string
  readonly name: string
  readonly relation: Relation
}

export interface Selected {
  readonly tables: ReadonlyArray<SelectedTable>
  /** Schema of the pipeline whose views need no prefix. */
  readonly pipeline: string | undefined
  readonly notes: ReadonlyArray<string>
  /** One on each view that was asked and has tables that have been made anew since. */
  readonly remarks: () => ReadonlyArray<string>
  /** The claims are in the pipelines' text, which takes a YAML parser to read. */
  readonly loadClaims: () => Promise<void>
}

const once = <A>(compute: () => A): () => A => {
  let value: { readonly is: A } | undefined
  return () => (value ??= { is: compute() }).is
}

/** The runs in question, oldest first. */
const headsOf = (paths: StorePaths, selection: Selection): ReadonlyArray<RunHead> => {
  const all = readRunHeads(paths)
  if (selection.kind !== "latest") return all
  const latest = new Map<string, RunHead>()
  for (const head of all) {
    latest.delete(head.pipeline)
    latest.set(head.pipeline, head)
  }
  return [...latest.values()]
}

const usesOfTasks = (selection: Extract<Selection, { readonly kind: "tasks" }>): ReadonlyArray<Use> =>
  selection.tasks.flatMap(({ coordinates, outputs, stage, task }) =>
    coordinates.flatMap(({ sweep, values }) =>
      Object.entries(outputs).flatMap(([output, stored]) =>
        stored.kind === "table" || stored.kind === "dataset" ? [{ pipeline: selection.pipeline, stage, output, stored, work: task, run: null, task, sweep, values }] : [])))

const piecesOf = (uses: ReadonlyArray<Use>, constants: (use: Use) => Piece["constants"], located: ReadonlyMap<string, StoredTable | LostTable>): ReadonlyArray<Piece> =>
  uses.flatMap((use) => {
    const table = located.get(use.stored.digest)
    return table === undefined || isLost(table) || table.rows === 0 ? [] : [{ source: table.source, start: table.start, rows: table.rows, constants: constants(use) }]
  })

const storeRelation = (table: Pick<StoreTable, "name" | "schema">, rows: () => ReadonlyArray<Row>): SelectedTable => ({
  schema: "main",
  name: table.name,
  relation: {
    columns: Object.entries(table.schema).map(([name, type]) => ({ name, type, from: { column: name } })),
    pieces: once(() => {
      const all = rows()
      return [{ source: memorySource(`main.${table.name}`, columnsOf(table.schema, all)), start: 0, rows: all.length, constants: [] }]
    })
  }
})

const chosenPipeline = (options: DatabaseOptions, views: ReadonlyArray<PipelineViews>, latest: string | undefined): string | undefined => {
  if (options.selection.kind === "tasks") return views[0]?.schema
  if (options.pipeline === undefined) return (views.find(({ pipeline }) => pipeline === latest) ?? views.at(-1))?.schema
  const found = views.find(({ pipeline, schema }) => pipeline === options.pipeline || schema === options.pipeline)
  if (found !== undefined) return found.schema
  throw new QueryError({
    message: `The store ${options.store} has no results of a pipeline "${options.pipeline}".`,
    hint: views.length === 0 ? "It has none at all yet: run a pipeline first." : `It has: ${views.map(({ pipeline }) => pipeline).join(", ")}.`
  })
}

/** Throws QueryError and StoreError. */
export const readSelection = (paths: StorePaths, options: DatabaseOptions): Selected => {
  const { selection } = options
  const heads = once(() => headsOf(paths, selection))
  const tasksOf = (id: string) => readRunTasks(paths, id)
  const runs = once((): ReadonlyArray<RunWithTasks> => heads().flatMap(({ id }) => {
    const record = runAsItIs(paths, id)
    return record === undefined ? [] : [{ record, tasks: tasksOf(id) }]
  }))
  const uses = selection.kind === "tasks" ? usesOfTasks(selection) : selection.kind === "latest" ? usesOf(heads().map((record) => ({ record, tasks: tasksOf(record.id) }))) : readUses(paths, heads())
  const located = openTableIndex(paths).locate(uses.map((use) => use.stored), false)
  const lost = [...located.values()].filter(isLost)
  const [first] = lost
  if (first !== undefined && selection.kind === "tasks") {
    throw new QueryError({ message: first.message, hint: "Run the pipeline again: it makes what is missing or damaged anew." })
  }
  const views = viewsOf(uses, (digest) => {
    const table = located.get(digest)
    return table === undefined || isLost(table) ? undefined : table.schema
  })
  const remarks = new Set<string>()
  const remark = (name: string, uses: ReadonlyArray<Use>): void => {
    const overtaken = overtakenIn(uses)
    if (overtaken === 0) return
    remarks.add(`${name} has results of earlier code or settings beside the new ones: ${overtaken} of its ${uses.length} tables ${overtaken === 1 ? "has" : "have"} been made anew since. --latest shows the newest run's only.`)
  }
  const stageTables = views.flatMap(({ schema, views }) => views.map((view): SelectedTable => ({
    schema,
    name: view.name,
    relation: {
      columns: view.columns,
      pieces: once(() => {
        if (selection.kind === "all") remark(view.name, view.uses)
        return piecesOf(view.uses, view.constants, located)
      })
    }
  })))
  let claims: ReadonlyArray<Row> = []
  const latest = selection.kind === "tasks" ? undefined : heads().at(-1)?.pipeline
  return {
    tables: [
      ...stageTables.filter(({ relation }) => relation.columns.length > 0),
      ...storeTables.map((table) => storeRelation(table, () => [...table.rows(runs(), paths)])),
      storeRelation({ name: "claims", schema: claimsColumns }, () => claims)
    ],
    pipeline: chosenPipeline(options, views, latest),
    notes: lost.map(({ message }) => `left out: ${message}`),
    remarks: () => [...remarks],
    loadClaims: async () => {
      const { claimRows } = await import("./declared-claims.ts")
      claims = [...claimRows(runs(), paths)]
    }
  }
}

/** Gathers the small tables of all runs in the index, so that the next query need not. A run does so at its end. `onGathered`: table-index.ts. */
export const warmIndex = (paths: StorePaths, onGathered?: () => void): void => {
  openTableIndex(paths).locate(allStored(paths), true, onGathered)
}

/** Nothing else of the uses is held on to: there may be a hundred thousand. */
const allStored = (paths: StorePaths): ReadonlyArray<Use["stored"]> => readUses(paths, headsOf(paths, { kind: "all" })).map(({ stored }) => stored)
