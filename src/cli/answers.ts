/** What a pipeline's file asks of its results: the summary tables and the verdicts on its claims, over just the tasks of a plan. */
import { Effect } from "effect"
import type { Plan } from "../plan/plan.ts"
import { checkClaims, type ClaimResult } from "../query/claims.ts"
import { openDatabase, type Database } from "../query/database.ts"
import { formatResult } from "../query/format.ts"
import type { TaskOutputs } from "../run/walk.ts"
import type { Place } from "./place.ts"
import { terminalWidth } from "./terminal.ts"

/** The tables of the plan's finished tasks, as views. Closed with the scope. */
export const openAnswers = (plan: Plan, outputs: ReadonlyMap<string, TaskOutputs>, place: Place) =>
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
