/** `reprise export`: the command's flags and help; the work is in actions/export.ts. */
import { Effect } from "effect"
import { placeFlags } from "../flags.ts"
import { alias, command, optionalArgument, text, toggle } from "../framework.ts"

export const exportRun = command("export", {
  summary: "Write a run into one file that can be opened elsewhere: results, records, the pipeline and the project's stages",
  details: "The file is a tar archive that describes itself (RO-Crate 1.1) and lists the SHA-256 of every file in it. With reprise import it is merged into another store, where queries, plans and checks find everything done.",
  examples: [
    { command: "reprise export", description: "The latest run, into RUN.tar.gz in this folder" },
    { command: "reprise export 3f2a --output figure-2.tar.zst", description: "Another run, compressed with zstd" },
    { command: "reprise export --max-object 10M", description: "Without results that are larger than 10 MiB" },
    { command: "reprise export --no-objects", description: "Records only: what was asked, what ran, metrics, logs" },
    { command: "reprise export --license https://creativecommons.org/licenses/by/4.0/", description: "Say on which terms it may be used" }
  ]
}, {
  run: optionalArgument("RUN", "A run: its id, the beginning or end of it, a pipeline's name (default: the latest)"),
  output: text("output", "FILE", "Where to write: .tar.gz, .tar.zst or .tar (default: RUN.tar.gz)").pipe(alias("o")),
  noObjects: toggle("no-objects", "Leave out all results, and keep the records"),
  maxObject: text("max-object", "SIZE", "Leave out results that are larger than this: 500K, 10M"),
  license: text("license", "TEXT", "On which terms the archive may be used: the address of a licence, or words"),
  force: toggle("force", "Replace a file that is there"),
  ...placeFlags
}, (input) => Effect.flatMap(Effect.promise(() => import("../actions/export.ts")), (action) => action.exportAction(input)))
