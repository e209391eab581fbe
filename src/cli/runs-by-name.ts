/** Finds runs and tasks by what a user types: a whole id, its beginning or its end, the name of a stage or of a pipeline, `latest`. */
import { Effect } from "effect"
import type { RunRecord } from "../store/layout.ts"
import type { StorePaths } from "../store/paths.ts"
import { latestRuns, runAsItIs, runIds } from "../store/runs.ts"
import { suggestion } from "../spec/suggest.ts"
import { columns, indent } from "./columns.ts"
import { usageFailure, type CommandFailure } from "./failure.ts"

const shownNames = 12

/** Several may be meant: then it says which, and about each what `about` knows. */
const oneOf = (what: string, text: string, found: ReadonlyArray<string>, about: (name: string) => ReadonlyArray<string> = () => []): Effect.Effect<string, CommandFailure> => {
  const [first, ...others] = found
  if (first === undefined) return usageFailure(`error: there is no ${what} ${text}`)
  if (others.length === 0) return Effect.succeed(first)
  const shown = found.slice(0, shownNames)
  return usageFailure(`error: ${text} may be any of these; write more of it:\n${indent(columns(shown.map((name) => [name, ...about(name)])))}${found.length > shown.length ? `\n  and ${found.length - shown.length} more` : ""}`)
}

/** The run that is meant; the latest where nothing is given. */
export const findRun = (paths: StorePaths, text: string | undefined): Effect.Effect<RunRecord, CommandFailure> =>
  Effect.gen(function*() {
    const ids = runIds(paths)
    if (ids.length === 0) return yield* usageFailure(`error: there are no runs in ${paths.folder}`)
    if (text === undefined || text === "latest") {
      const [latest] = latestRuns(paths, 1)
      return latest ?? (yield* usageFailure("error: no run has a record"))
    }
    const matching = ids.includes(text) ? [text] : ids.filter((id) => id.startsWith(text) || id.endsWith(text))
    const named = matching.length === 0 ? latestRuns(paths, 1, text).map(({ id }) => id) : matching
    if (named.length === 0) {
      const meant = suggestion(text, ids)
      return yield* usageFailure(`error: there is no run ${text}${meant === undefined ? "; see reprise runs" : `; ${meant}`}`)
    }
    const record = runAsItIs(paths, yield* oneOf("run", text, named))
    return record ?? (yield* usageFailure(`error: the run ${text} has no record`))
  })

/** The task that is meant, of those with these ids. A stage's name means its only task. `about` says where a task stands and what became of it. */
export const findTask = (ids: ReadonlyArray<string>, text: string, about?: (id: string) => ReadonlyArray<string>): Effect.Effect<string, CommandFailure> => {
  if (ids.includes(text)) return Effect.succeed(text)
  const ofStage = ids.filter((id) => id.slice(0, id.lastIndexOf("-")) === text)
  const matching = ofStage.length > 0 ? ofStage : ids.filter((id) => id.startsWith(text) || id.endsWith(text))
  return oneOf("task", text, matching, about)
}
