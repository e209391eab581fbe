/** Says what a pipeline asks for and why what would run would run. */
import { Effect } from "effect"
import { resolvePlan } from "../../run/resolve.ts"
import { Store } from "../../store/store.ts"
import { readAsked, type Selection } from "../asked.ts"
import { findPlace, type PlaceInput } from "../place.ts"
import { planJson, planText } from "../plan-report.ts"
import { print } from "../terminal.ts"

interface Input extends Selection, PlaceInput {
  readonly all: boolean
  readonly format: "text" | "json" | undefined
}

export const planAction = Effect.fn("plan")(function*(input: Input) {
  const place = yield* findPlace(input)
  const asked = yield* readAsked(input, place)
  const tasks = yield* resolvePlan(asked).pipe(Effect.provide(Store.layer(place.store)))
  print(input.format === "json" ? JSON.stringify(planJson(asked.plan, asked.file, tasks), null, 2) : planText(asked.plan, tasks, input.all))
})
