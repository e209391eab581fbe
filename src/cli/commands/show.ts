/** `reprise show`: the command's flags and help; the work is in actions/show.ts. */
import { Effect } from "effect"
import { placeFlags } from "../flags.ts"
import { choice, command, optionalArgument } from "../framework.ts"

export const show = command("show", {
  summary: "Show a run: what was asked, where it ran, what became of each stage, what failed and what took longest",
  examples: [
    { command: "reprise show", description: "The latest run" },
    { command: "reprise show 3f2a --format json", description: "For other programs, with every task" }
  ]
}, {
  run: optionalArgument("RUN", "A run: its id, the beginning or end of it, a pipeline's name (default: the latest)"),
  format: choice("format", ["text", "json"], "text (default) or json"),
  ...placeFlags
}, (input) => Effect.flatMap(Effect.promise(() => import("../actions/show.ts")), (action) => action.showAction(input)))
