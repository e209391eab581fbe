/** `reprise runs`: the command's flags and help; the work is in actions/runs.ts. */
import { Effect } from "effect"
import { everythingFlag, placeFlags } from "../flags.ts"
import { choice, command } from "../framework.ts"

export const runs = command("runs", {
  summary: "List the runs in the store, newest first",
  examples: [
    { command: "reprise runs", description: "When, what, and how it went" },
    { command: "reprise runs --format json --all", description: "For other programs" }
  ]
}, {
  format: choice("format", ["table", "json"], "table (default) or json"),
  all: everythingFlag,
  ...placeFlags
}, (input) => Effect.flatMap(Effect.promise(() => import("../actions/runs.ts")), (action) => action.runsAction(input)))
