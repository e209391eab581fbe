/** Compares claims with what was measured. Runs nothing. */
import { Effect } from "effect"
import { formatClaims, type Verdict } from "../../query/claims.ts"
import { resolvePlan } from "../../run/resolve.ts"
import { Store } from "../../store/store.ts"
import { openAnswers, verdicts } from "../answers.ts"
import { readAsked, type Selection } from "../asked.ts"
import { count } from "../columns.ts"
import { failure } from "../failure.ts"
import { findPlace, type PlaceInput } from "../place.ts"
import { invocation, notice, print, terminalWidth } from "../terminal.ts"

interface Input extends Selection, PlaceInput {
  readonly format: "table" | "json" | "markdown" | undefined
}

export const checkAction = Effect.fn("check")(function*(input: Input) {
  const place = yield* findPlace(input)
  const asked = yield* readAsked(input, place)
  const { claims } = asked.plan.pipeline
  if (claims.length === 0) return print(input.format === "json" ? "[]" : `${input.file} makes no claims. Add some under \`claims:\`.`)
  const tasks = yield* resolvePlan(asked).pipe(Effect.provide(Store.layer(place.store)))
  const outputs = new Map(tasks.flatMap(({ outputs, task }) => (outputs === undefined ? [] : [[task.id, outputs] as const])))
  const results = yield* Effect.scoped(Effect.flatMap(openAnswers(asked.plan, outputs, place), (database) => verdicts(asked.plan, database)))
  print(input.format === "json" ? JSON.stringify(results, null, 2) : formatClaims(results, input.format ?? "table", terminalWidth()))

  const missing = tasks.length - outputs.size
  if (missing > 0) notice(`\n${count(missing, "task")} of this file ${missing === 1 ? "is" : "are"} not in the store yet. To run ${missing === 1 ? "it" : "them"}: ${commandLine("run", input)}`)
  const of = (verdict: Verdict) => results.filter((result) => result.verdict === verdict).length
  const [otherwise, open] = [of("not reproduced"), of("no data")]
  const findings = [
    ...(otherwise > 0 ? [`${count(otherwise, "claim")} of ${results.length} ${otherwise === 1 ? "does" : "do"} not hold`] : []),
    ...(open > 0 ? [`${count(open, "claim")} of ${results.length} ${open === 1 ? "has" : "have"} no data`] : [])
  ]
  if (findings.length > 0) return yield* failure(`${missing > 0 ? "" : "\n"}${findings.join(", ")}.`)
})

/** The same selection, for another command. */
const commandLine = (command: string, input: Selection): string => {
  const flags = [
    ...input.set.map((value) => `--set ${quoted(value)}`),
    ...input.sweep.map((value) => `--sweep ${quoted(value)}`),
    ...(input.profile === undefined ? [] : [`--profile ${quoted(input.profile)}`]),
    ...input.only.map((value) => `--only ${quoted(value)}`),
    ...(input.limit === undefined ? [] : [`--limit ${input.limit}`])
  ]
  return [invocation(), command, quoted(input.file), ...flags].join(" ")
}

const quoted = (text: string): string => (/^[\w./=,:@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`)
