/** `reprise accept`: the command's flags and help; the work is in actions/accept.ts. */
import { Effect } from "effect"
import { selectionFlags } from "../flags.ts"
import { command, text, texts } from "../framework.ts"

export const accept = command("accept", {
  summary: "Keep results although the code of their stages has changed, because it gives the same",
  details: "Only tasks that differ from an earlier one in nothing but code are accepted. The reason, who gave it and when are kept with each result and shown wherever it is.",
  examples: [
    { command: 'reprise accept FILE --reason "renamed variables only"', description: "Every stage of the file" },
    { command: 'reprise accept FILE --stage student --reason "a faster loop, checked by hand"', description: "One stage" }
  ]
}, {
  ...selectionFlags,
  stage: texts("stage", "STAGE", "Only this stage of the file"),
  reason: text("reason", "TEXT", "Why the changed code gives the same results")
}, (input) => Effect.flatMap(Effect.promise(() => import("../actions/accept.ts")), (action) => action.acceptAction(input)))
