/** `reprise check`: the command's flags and help; the work is in actions/check.ts. */
import { Effect } from "effect"
import { selectionFlags } from "../flags.ts"
import { choice, command } from "../framework.ts"

export const check = command("check", {
  summary: "Compare the paper's claims with what was measured",
  details: "Prints for each claim what was measured, what is published, their ratio and the verdict. Runs nothing: it looks only at the results of the tasks that this file, with these parameters, asks for. Exit code 1 when a claim is not reproduced or has no data yet.",
  examples: [
    { command: "reprise check pipelines/quickstart.yaml", description: "The verdicts" },
    { command: "reprise check FILE --format json", description: "For other programs" }
  ]
}, {
  ...selectionFlags,
  format: choice("format", ["table", "json", "markdown"], "How to print the verdicts (default: table)")
}, (input) => Effect.flatMap(Effect.promise(() => import("../actions/check.ts")), (action) => action.checkAction(input)))
