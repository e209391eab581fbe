/** `reprise status`: the command's flags and help; the work is in actions/status.ts. */
import { Effect } from "effect"
import { placeFlags } from "../flags.ts"
import { choice, command, optionalArgument } from "../framework.ts"

export const status = command("status", {
  summary: "Say how far the runs that are going have come, or how the latest one ended",
  examples: [
    { command: "reprise status", description: "From another terminal, while a run goes on" },
    { command: "reprise status 3f2a", description: "Of the run whose id ends so" }
  ]
}, {
  run: optionalArgument("RUN", "A run: its id, the beginning or end of it, a pipeline's name (default: all that are going, else the latest)"),
  format: choice("format", ["text", "json"], "text (default) or json"),
  ...placeFlags
}, (input) => Effect.flatMap(Effect.promise(() => import("../actions/status.ts")), (action) => action.statusAction(input)))
