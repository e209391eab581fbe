/** `reprise why`: the command's flags and help; the work is in actions/why.ts. */
import { Effect } from "effect"
import { selectionFlags } from "../flags.ts"
import { argument, command, optionalArgument } from "../framework.ts"

const { file: _, ...selection } = selectionFlags

export const why = command("why", {
  summary: "Say why a task runs or does not: all that differs from the nearest earlier one, or who made its results",
  examples: [
    { command: "reprise why student-1f3a9c0d2e", description: "A task of the file that ran last" },
    { command: "reprise why student FILE --set eps=0.02", description: "The stage's only task, with a change" }
  ]
}, {
  task: argument("TASK", "A task: its id, the beginning or end of it, or the name of a stage with one task"),
  file: optionalArgument("FILE", "Pipeline file (default: the one that ran last)"),
  ...selection
}, (input) => Effect.flatMap(Effect.promise(() => import("../actions/why.ts")), (action) => action.whyAction(input)))
