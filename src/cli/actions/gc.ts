/** Frees space in the store: says what is kept, and why, and removes the rest. */
import { Effect } from "effect"
import { checkFormat } from "../../store/format.ts"
import { collect, planGc, type GcPlan } from "../../store/gc.ts"
import { storeError } from "../../store/error.ts"
import { storePaths } from "../../store/paths.ts"
import { readRun } from "../../store/runs.ts"
import { Store } from "../../store/store.ts"
import { bytesText, readAge, readBytes } from "../amounts.ts"
import { columns, count, indent } from "../columns.ts"
import { failure, usageFailure } from "../failure.ts"
import { findPlace, type PlaceInput } from "../place.ts"
import { print } from "../terminal.ts"

interface Input extends PlaceInput {
  readonly dryRun: boolean
  readonly olderThan: string | undefined
  readonly run: ReadonlyArray<string>
  readonly maxSize: string | undefined
}

export const gcAction = Effect.fn("gc")(function*(input: Input) {
  const place = yield* findPlace(input)
  const paths = storePaths(place.store)
  const age = input.olderThan === undefined ? undefined : readAge(input.olderThan)
  if (input.olderThan !== undefined && age === undefined) return yield* usageFailure(`error: --older-than ${input.olderThan}: write it as 30d, 12h or 2w`)
  const maxBytes = input.maxSize === undefined ? undefined : readBytes(input.maxSize)
  if (input.maxSize !== undefined && maxBytes === undefined) return yield* usageFailure(`error: --max-size ${input.maxSize}: write it as 500M or 20G`)
  const attempt = <A>(body: () => A) => Effect.try({ try: body, catch: (cause) => storeError("tidy up", place.store, cause) })
  const unknown = yield* attempt(() => {
    checkFormat(paths)
    return input.run.find((id) => readRun(paths, id) === undefined)
  })
  if (unknown !== undefined) return yield* usageFailure(`error: --run ${unknown}: the store has no such run; see reprise runs`)

  yield* Effect.gen(function*() {
    const store = yield* Store
    // Opening a workspace tidies up after killed processes, so that what still says `running` is.
    const trash = input.dryRun ? undefined : yield* store.workspace("trash")
    const running = (yield* store.runs()).find(({ status }) => status === "running")
    if (running !== undefined && !input.dryRun) {
      return yield* failure(`error: ${running.id} is still going; what it uses is not all written down yet.\nTry again when it has ended.`)
    }
    const now = Date.now()
    const plan = yield* attempt(() => planGc(paths, {
      ...(age === undefined ? {} : { before: now - age }),
      ...(maxBytes === undefined ? {} : { maxBytes }),
      runs: new Set(input.run)
    }, now))
    let number = 0
    if (trash !== undefined) yield* attempt(() => collect(paths, plan, () => `${trash}-${++number}`))
    print(gcText(plan, input.dryRun))
    if (maxBytes !== undefined && plan.keptBytes > maxBytes) {
      return yield* failure(`What is kept still has ${bytesText(plan.keptBytes)}. The latest run of each pipeline goes only when it is named with --run.`)
    }
  }).pipe(Effect.provide(Store.layer(place.store)))
})

const shownRuns = 20

const gcText = (plan: GcPlan, dryRun: boolean): string => {
  const going = [
    ...(plan.runs.length === 0 ? [] : [count(plan.runs.length, "run")]),
    ...(plan.actions.length === 0 ? [] : [count(plan.actions.length, "task record")]),
    ...(plan.objects.length === 0 ? [] : [count(plan.objects.length, "object")]),
    ...(plan.checkpoints.length === 0 ? [] : [count(plan.checkpoints.length, "checkpoint")]),
    ...(plan.others.length === 0 ? [] : [count(plan.others.length, "other file")])
  ]
  const listed = (runs: ReadonlyArray<{ readonly id: string; readonly why: string }>) =>
    indent(columns(runs.slice(0, shownRuns).map(({ id, why }) => [id, why])) + (runs.length > shownRuns ? `\nand ${runs.length - shownRuns} more` : ""))
  return [
    `${dryRun ? "Would keep" : "Kept"} ${count(plan.kept.length, "run")} and all that ${plan.kept.length === 1 ? "it reaches" : "they reach"}: ${bytesText(plan.keptBytes)}`,
    ...(plan.kept.length === 0 ? [] : [listed(plan.kept)]),
    going.length === 0 ? "Nothing to remove." : `${dryRun ? "Would remove" : "Removed"} ${going.join(", ")}: ${bytesText(plan.bytes)}`,
    ...(plan.runs.length === 0 ? [] : [listed(plan.runs)])
  ].join("\n")
}
