/** `reprise logs`: the command's flags and help; the work is in actions/logs.ts. */
import { Effect } from "effect"
import { placeFlags } from "../flags.ts"
import { alias, argument, command, integer, text, toggle } from "../framework.ts"

export const logs = command("logs", {
  summary: "Print what a task printed",
  details: "Of a task that was cached, what it printed in the run that made it.",
  examples: [
    { command: "reprise logs student-1f3a9c0d2e", description: "A task of the latest run" },
    { command: "reprise logs student -f", description: "The stage's only task, as it prints" },
    { command: "reprise logs student --tail 20 --run 3f2a", description: "The last lines, in an earlier run" }
  ]
}, {
  task: argument("TASK", "A task: its id, the beginning or end of it, or the name of a stage with one task"),
  run: text("run", "RUN", "In which run (default: the latest)"),
  follow: toggle("follow", "Go on until the task ends").pipe(alias("f")),
  tail: integer("tail", "Only so many of its last lines"),
  ...placeFlags
}, (input) => Effect.flatMap(Effect.promise(() => import("../actions/logs.ts")), (action) => action.logsAction(input)))
