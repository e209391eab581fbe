/** Keeps results although the code that made them has changed, because somebody says that it gives the same. */
import { Effect } from "effect"
import { hostname, userInfo } from "node:os"
import { acceptCode } from "../../run/accept.ts"
import { Store } from "../../store/store.ts"
import { suggestion } from "../../spec/suggest.ts"
import { readAsked, type Selection } from "../asked.ts"
import { columns, count, indent } from "../columns.ts"
import { usageFailure } from "../failure.ts"
import { findPlace, type PlaceInput } from "../place.ts"
import { print } from "../terminal.ts"

interface Input extends Selection, PlaceInput {
  readonly stage: ReadonlyArray<string>
  readonly reason: string | undefined
}

export const acceptAction = Effect.fn("accept")(function*(input: Input) {
  const reason = input.reason?.trim() ?? ""
  if (reason === "") return yield* usageFailure("error: --reason is missing: say why the changed code gives the same results.\nIt is kept with every result that it stands for.")
  const place = yield* findPlace(input)
  const asked = yield* readAsked(input, place)
  const stages = Object.keys(asked.plan.pipeline.stages)
  const wrong = input.stage.find((stage) => !stages.includes(stage))
  if (wrong !== undefined) return yield* usageFailure(`error: --stage ${wrong}: the file has no such stage${suffix(suggestion(wrong, stages))}`)
  const accepted = yield* acceptCode({
    ...asked,
    only: input.stage.length === 0 ? undefined : new Set(input.stage),
    reason,
    by: `${userInfo().username}@${hostname()}`
  }).pipe(Effect.provide(Store.layer(place.store)))
  if (accepted.length === 0) return print("Nothing to accept: no task differs from an earlier one in its code alone.")
  const rows = [...Map.groupBy(accepted, ({ stage }) => stage)].map(([stage, tasks]) => [stage, count(tasks.length, "task"), `made by ${tasks[0]?.producer.run ?? ""}`])
  print(`Accepted ${count(accepted.length, "task")} as they are: ${reason}\n${indent(columns(rows))}`)
})

const suffix = (hint: string | undefined): string => (hint === undefined ? "" : `; ${hint}`)
