/** What a pipeline's file asks of its results: the summary tables and the verdicts on its claims, over just the tasks of a plan. */
import { Effect } from "effect"
import type { Plan } from "../plan/plan.ts"
import { checkClaims, type ClaimResult } from "../query/claims.ts"
import { openDatabase, type Database } from "../query/database.ts"
import { QueryError } from "../query/error.ts"
import { formatResult } from "../query/format.ts"
import type { TaskOutputs } from "../run/walk.ts"
import type { Place } from "./place.ts"
import { terminalWidth } from "./terminal.ts"

/**
 * The tables of the plan's finished tasks, as views. Closed with the scope. A query of a stage that the file declares but that has no results
 * (its sweep was left out, or it failed) says so, rather than that there is no such table.
 */
export const openAnswers = (plan: Plan, outputs: ReadonlyMap<string, TaskOutputs>, place: Place) =>
  Effect.map(open(plan, outputs, place), (database): Database => ({
    ...database,
    query: (sql) => Effect.mapError(database.query(sql), (error) => {
      const stage = stageWithoutResults(plan, error)
      return stage === undefined ? error : new QueryError({ message: `No results yet: stage "${stage}" has not run.` })
    })
  }))

/** The declared stage whose view (`stage` or `stage_output`) a query misses. */
const stageWithoutResults = (plan: Plan, error: QueryError): string | undefined => {
  const missing = /Table with name (\S+) does not exist/.exec(error.message)?.[1]
  if (missing === undefined) return undefined
  const byLength = Object.keys(plan.pipeline.stages).toSorted((a, b) => b.length - a.length)
  return byLength.find((stage) => missing === stage) ?? byLength.find((stage) => missing.startsWith(`${stage}_`))
}

const open = (plan: Plan, outputs: ReadonlyMap<string, TaskOutputs>, place: Place) =>
  openDatabase({
    store: place.store,
    selection: {
      kind: "tasks",
      pipeline: plan.pipeline.name,
      tasks: plan.tasks.flatMap((task) => {
        const made = outputs.get(task.id)
        return made === undefined ? [] : [{ task: task.id, stage: task.stage, outputs: made, coordinates: task.coordinates }]
      })
    }
  })

/** The summaries' tables as text, each under its title. A query that fails says why in its table's place. */
export const summariesText = Effect.fn("summaries")(function*(plan: Plan, database: Database) {
  const parts: Array<string> = []
  for (const [name, { sql, title }] of Object.entries(plan.pipeline.summaries)) {
    const text = yield* database.query(sql).pipe(
      Effect.map((result) => formatResult(result, "table", { width: terminalWidth() })),
      Effect.catch((error) => Effect.succeed(error.message))
    )
    parts.push(`${title ?? name}\n${text.trimEnd()}`)
  }
  return parts.join("\n\n")
})

export const verdicts = (plan: Plan, database: Database): Effect.Effect<ReadonlyArray<ClaimResult>> => checkClaims(plan.pipeline.claims, database)
