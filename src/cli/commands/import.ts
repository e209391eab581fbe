/** `reprise import`: the command's flags and help; the work is in actions/import.ts. */
import { Effect } from "effect"
import { placeFlags } from "../flags.ts"
import { argument, choice, command, text } from "../framework.ts"

export const importRun = command("import", {
  summary: "Merge a run that was exported elsewhere into the store, after checking every byte of it",
  details: "An archive that is damaged, or that holds anything but a run, is refused as a whole. What the store has already stays as it is. The project's files (the pipeline, its stages, which are programs) stay in the archive unless --unpack names a new folder for them.",
  examples: [
    { command: "reprise import run.tar.gz", description: "Merge into results/ here" },
    { command: "reprise import run.tar.gz --unpack review", description: "A new folder with the project's files and the results in it" },
    { command: "reprise import run.tar.gz --store /data/results", description: "Into another store" }
  ]
}, {
  archive: argument("ARCHIVE", "A file that reprise export wrote"),
  unpack: text("unpack", "DIR", "Also write the project's files into this new folder, and the results into DIR/results unless --store is given"),
  format: choice("format", ["text", "json"], "text (default) or json"),
  ...placeFlags
}, (input) => Effect.flatMap(Effect.promise(() => import("../actions/import.ts")), (action) => action.importAction(input)))
