/** `reprise gc`: the command's flags and help; the work is in actions/gc.ts. */
import { Effect } from "effect"
import { placeFlags } from "../flags.ts"
import { command, text, texts, toggle } from "../framework.ts"

export const gc = command("gc", {
  summary: "Free space in the store: keep what the kept runs reach, remove the rest",
  details: "Without flags every run is kept, and only what no run reaches goes: leftovers of killed processes, damaged objects that were set aside. The latest run of each pipeline is always kept, unless it is named with --run.",
  examples: [
    { command: "reprise gc --dry-run", description: "Say what would go, and why the rest stays" },
    { command: "reprise gc --older-than 30d", description: "Runs that ended more than a month ago, with what only they reach" },
    { command: "reprise gc --run 20261121-204512-quickstart-3f2a", description: "This run, with what only it reaches" },
    { command: "reprise gc --max-size 20G", description: "The oldest runs, until the store has at most 20 GiB" }
  ]
}, {
  dryRun: toggle("dry-run", "Say what would go; remove nothing"),
  olderThan: text("older-than", "AGE", "Remove runs that ended longer ago than this: 30d, 12h, 2w"),
  run: texts("run", "RUN", "Remove this run"),
  maxSize: text("max-size", "SIZE", "Remove the oldest runs until the store has at most this size: 500M, 20G"),
  ...placeFlags
}, (input) => Effect.flatMap(Effect.promise(() => import("../actions/gc.ts")), (action) => action.gcAction(input)))
