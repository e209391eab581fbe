/** `reprise verify`: the command's flags and help; the work is in actions/verify.ts. */
import { Effect } from "effect"
import { jobsFlag, placeFlags } from "../flags.ts"
import { choice, command, toggle } from "../framework.ts"

export const verify = command("verify", {
  summary: "Read every byte of the store and say what is damaged",
  details: "Exit code 1 when something is. With --repair, damaged objects are set aside and the pipelines that need them run again, as they were run: only what is missing is computed.",
  examples: [
    { command: "reprise verify", description: "Is every result what it was when it was made?" },
    { command: "reprise verify --repair", description: "Make the damaged ones again" }
  ]
}, {
  repair: toggle("repair", "Set damaged results aside and run their tasks again"),
  jobs: jobsFlag,
  format: choice("format", ["text", "json"], "text (default) or json"),
  ...placeFlags
}, (input) => Effect.flatMap(Effect.promise(() => import("../actions/verify.ts")), (action) => action.verifyAction(input)))
