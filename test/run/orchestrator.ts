/** A program for tests to kill: runs the stage whose module is named, once per worker, as the command would. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect } from "effect"
import { runPlan } from "../../src/run/scheduler.ts"
import { Store } from "../../src/store/store.ts"
import { planOf, type Laboratory, runOptions } from "./support.ts"

const [folder = "", store = "", bundle = ""] = process.argv.slice(2)
const stage = { stage: { volatile: false, engine: false, outputs: { out: { kind: "artefact", mediaType: "text/plain", extension: "txt" } } }, code: "c", bundle, files: {} } as const
const laboratory: Laboratory = { folder, store, stages: new Map([["t/s", stage]]), stage: () => stage, remove: () => undefined }
const plan = planOf({ id: "s-1", uses: "t/s", params: { n: 1 } }, { id: "s-2", uses: "t/s", params: { n: 2 } })

NodeRuntime.runMain(runPlan({
  ...runOptions(laboratory, plan),
  onEvent: (event) => event.type === "task-event" && event.event.type === "log" && process.stdout.write(`${event.event.message}\n`)
}).pipe(Effect.provide(Store.layer(store))))
