/** Lists the runs of a store. */
import { Effect } from "effect"
import { relative } from "node:path"
import { Store } from "../../store/store.ts"
import type { RunRecord } from "../../store/layout.ts"
import { columns, count, duration } from "../columns.ts"
import { findPlace, type PlaceInput } from "../place.ts"
import { print } from "../terminal.ts"

interface Input extends PlaceInput {
  readonly format: "table" | "json" | undefined
  readonly all: boolean
}

const shownRuns = 20

export const runsAction = Effect.fn("runs")(function*(input: Input) {
  const place = yield* findPlace(input)
  const runs = yield* Effect.flatMap(Store, (store) => store.runs(input.all ? {} : { limit: shownRuns + 1 })).pipe(Effect.provide(Store.layer(place.store)))
  if (input.format === "json") return print(JSON.stringify(input.all ? runs : runs.slice(0, shownRuns), null, 2))
  if (runs.length === 0) return print(`There are no runs in ${relative(process.cwd(), place.store) || "."}. Start one with: reprise run FILE`)
  const shown = input.all ? runs : runs.slice(0, shownRuns)
  print(columns(shown.map(row), ["run", "file", "status", "ran", "cached", "failed", "skipped", "took"]))
  if (runs.length > shown.length) print(`\nThe latest ${count(shown.length, "run")}; --all for the earlier ones too.`)
})

const row = (run: RunRecord): ReadonlyArray<string> => [
  run.id,
  run.file,
  run.status,
  ...[run.counts.ran, run.counts.cached, run.counts.failed, run.counts.skipped].map(String),
  run.finishedAt === null ? "" : duration(run.finishedAt - run.startedAt)
]
