/** `reprise diff`: the command's flags and help; the work is in actions/diff.ts. */
import { Effect } from "effect"
import { placeFlags } from "../flags.ts"
import { argument, choice, command, optionalArgument } from "../framework.ts"

export const diff = command("diff", {
  summary: "Compare two runs: parameters, code, environment, metrics, and which results differ",
  examples: [
    { command: "reprise diff 3f2a", description: "That run with the latest of its pipeline" },
    { command: "reprise diff latest", description: "The latest run of a pipeline with the one before it" },
    { command: "reprise diff 3f2a 77b0 --format json", description: "Two runs, for other programs" }
  ]
}, {
  before: argument("BEFORE", "A run: its id, the beginning or end of it"),
  after: optionalArgument("AFTER", "The other run (default: the latest of the same pipeline; for that one itself, the one before it)"),
  format: choice("format", ["text", "json"], "text (default) or json"),
  ...placeFlags
}, (input) => Effect.flatMap(Effect.promise(() => import("../actions/diff.ts")), (action) => action.diffAction(input)))
