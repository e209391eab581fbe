/** The program that these tests torment: runs the plan of scene.ts, as the command would. Its arguments are the project's folder,
 * the worker's program and the number of jobs. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Cause, Effect } from "effect"
import { join } from "node:path"
import { TaskFailure } from "../../src/run/failure.ts"
import { runPlan } from "../../src/run/scheduler.ts"
import { Store } from "../../src/store/store.ts"
import { optionsIn } from "./scene.ts"

const [folder = "", worker = "", jobs = "1"] = process.argv.slice(2)

NodeRuntime.runMain(
  runPlan({
    ...optionsIn(folder),
    worker,
    jobs: Number(jobs),
    onEvent: (event) => event.type === "run-finished" && process.stdout.write(`${JSON.stringify(event.counts)}\n`)
  }).pipe(
    Effect.flatMap(({ failures }) => failures[0] === undefined ? Effect.void : Effect.fail(new TaskFailure({ kind: "error", message: failures[0].message }))),
    Effect.provide(Store.layer(join(folder, "results"))),
    Effect.tapCause((cause) => Effect.sync(() => process.stderr.write(`${Cause.hasDies(cause) ? "defect: " : ""}${Cause.pretty(cause)}\n`)))
  ),
  { disableErrorReporting: true }
)
