/** `reprise stages`: the command's flags and help; the work is in actions/stages.ts. */
import { Effect } from "effect"
import { placeFlags } from "../flags.ts"
import { choice, command, optionalArgument } from "../framework.ts"

export const stages = command("stages", {
  summary: "List the stages a pipeline can use, or show what one takes and gives",
  examples: [
    { command: "reprise stages", description: "All of them, built in and of this project" },
    { command: "reprise stages attack/perturb", description: "Parameters with types, units and defaults; inputs; outputs; an example" }
  ]
}, {
  name: optionalArgument("NAME", "One stage"),
  format: choice("format", ["text", "json"], "text (default) or json"),
  ...placeFlags
}, (input) => Effect.flatMap(Effect.promise(() => import("../actions/stages.ts")), (action) => action.stagesAction(input)))
