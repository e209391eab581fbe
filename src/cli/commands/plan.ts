/** `reprise plan`: the command's flags and help; the work is in actions/plan.ts. */
import { Effect } from "effect"
import { selectionFlags } from "../flags.ts"
import { choice, command, toggle } from "../framework.ts"

export const plan = command("plan", {
  summary: "Say what a pipeline asks for, what of it is in the store, and why the rest would run",
  details: "For every stage: how many tasks the file asks for, how many are distinct, cached, and to run. Then the reason for each task: new, or the first thing that differs from the nearest earlier one. Tasks whose reasons are alike are shown together.",
  examples: [
    { command: "reprise plan pipelines/perturbation-learning.yaml", description: "What the whole file asks for" },
    { command: "reprise plan FILE --set eps=0.02", description: "What a change would cost" },
    { command: "reprise plan FILE --all", description: "A line for every task" },
    { command: "reprise plan FILE --format json", description: "For other programs" }
  ]
}, {
  ...selectionFlags,
  all: toggle("all", "A line for every task, alike or not"),
  format: choice("format", ["text", "json"], "text (default) or json")
}, (input) => Effect.flatMap(Effect.promise(() => import("../actions/plan.ts")), (action) => action.planAction(input)))
