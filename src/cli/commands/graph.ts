/** `reprise graph`: the command's flags and help; the work is in actions/graph.ts. */
import { Effect } from "effect"
import { selectionFlags } from "../flags.ts"
import { choice, command } from "../framework.ts"

export const graph = command("graph", {
  summary: "Draw a pipeline's stages as Mermaid or DOT",
  examples: [
    { command: "reprise graph pipelines/quickstart.yaml", description: "For a Markdown page" },
    { command: "reprise graph FILE --format dot | dot -Tsvg > graph.svg", description: "As a picture, with Graphviz" }
  ]
}, {
  ...selectionFlags,
  format: choice("format", ["mermaid", "dot"], "mermaid (default) or dot")
}, (input) => Effect.flatMap(Effect.promise(() => import("../actions/graph.ts")), (action) => action.graphAction(input)))
