/** `reprise run`: the command's flags and help; the work is in actions/run.ts. */
import { Effect } from "effect"
import { jobsFlag, selectionFlags } from "../flags.ts"
import { alias, choice, command, text, texts, toggle } from "../framework.ts"

export const run = command("run", {
  summary: "Run a pipeline: each task once per distinct input, nothing that is already in the store",
  details: "Ends with the file's summary tables and the verdict on each of its claims. Exit code 1 when a task failed, 130 when interrupted; running the same command again goes on where it stopped.",
  examples: [
    { command: "reprise run pipelines/quickstart.yaml", description: "Run what is missing" },
    { command: "reprise run FILE --dry-run", description: "Say what would run, and why" },
    { command: "reprise run FILE --set eps=0.02 --set seed=7", description: "With other parameters" },
    { command: "reprise run FILE --sweep eps=0.01,0.02,0.04", description: "With an axis of your own" },
    { command: "reprise run FILE --only width --jobs 4", description: "Only the sweep called width, on four cores" }
  ]
}, {
  ...selectionFlags,
  jobs: jobsFlag,
  failFast: toggle("fail-fast", "The same as --on-failure stop"),
  onFailure: choice("on-failure", ["continue", "stop", "kill"], "Once a task has failed: continue with what does not depend on it (default), stop starting tasks, or kill those that run, too"),
  resource: texts("resource", "NAME=COUNT", "How much there is of what stages name under resources.others (default: one of each)"),
  gpus: text("gpus", "COUNT|LIST", "Graphics cards to hand out: how many, or which, as 0,2 (default: those that CUDA_VISIBLE_DEVICES names or the driver shows)"),
  dryRun: toggle("dry-run", "Say what would run, and why; run nothing. Exit code 3 when something would").pipe(alias("n")),
  force: toggle("force", "Run every task, cached or not"),
  quiet: toggle("quiet", "No progress: failures and the results only"),
  json: toggle("json", "Print the run's events as NDJSON instead of progress and tables")
}, (input) => Effect.flatMap(Effect.promise(() => import("../actions/run.ts")), (action) => action.runAction(input)))
