/** `reprise doctor`: the command's flags and help; the work is in actions/doctor.ts. */
import { Effect } from "effect"
import { placeFlags } from "../flags.ts"
import { command, text, toggle } from "../framework.ts"

export const doctor = command("doctor", {
  summary: "Say what this machine has, try every backend, and say how to get what is missing",
  details: "Each backend computes a small net, in a process of its own, and is compared with the reference. Exit code 1 only when the cpu backend does not run.",
  examples: [
    { command: "reprise doctor", description: "What there is, what runs, and what is missing" },
    { command: "reprise doctor --json", description: "For other programs" }
  ]
}, {
  json: toggle("json", "Print the findings as JSON"),
  try: text("try", "NAME", "Only try this backend, within this process, and print one line of JSON"),
  project: placeFlags.project
}, (input) => Effect.flatMap(Effect.promise(() => import("../actions/doctor.ts")), (action) => action.doctorAction(input)))
