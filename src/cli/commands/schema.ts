/** `reprise schema`: the command's flags and help; the work is in actions/schema.ts. */
import { Effect } from "effect"
import { placeFlags } from "../flags.ts"
import { command, text } from "../framework.ts"

export const schema = command("schema", {
  summary: "Print a JSON Schema of pipeline files, so that an editor completes and checks them as you type",
  details: "Covers the parameters of every stage. A YAML language server uses it where a file begins with\n# yaml-language-server: $schema=PATH",
  examples: [
    { command: "reprise schema --output reprise.schema.json", description: "Write it beside your pipelines" }
  ]
}, {
  output: text("output", "FILE", "Write it to a file"),
  ...placeFlags
}, (input) => Effect.flatMap(Effect.promise(() => import("../actions/schema.ts")), (action) => action.schemaAction(input)))
