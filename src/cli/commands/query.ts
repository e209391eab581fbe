/** `reprise query`: the command's flags and help; the work is in actions/query.ts. */
import { Effect } from "effect"
import { everythingFlag, placeFlags } from "../flags.ts"
import { alias, choice, command, optionalArgument, text, toggle } from "../framework.ts"

export const query = command("query", {
  summary: "Ask all results in SQL (DuckDB's); without a query, an interactive prompt",
  details: "Each table of a stage is a view named after it, `stage` or `stage_output`, in a schema named after its pipeline; `runs`, `tasks`, `params`, `metrics` and `claims` are there too. Every row carries its run, its task and the sweep's parameters as columns. Queries read only: they can change nothing, and see no file outside the store.",
  examples: [
    { command: 'reprise query "show tables"', description: "What there is to ask" },
    { command: 'reprise query "select lr, avg(accuracy) from student group by lr"', description: "The sweep's axes are columns" },
    { command: "reprise query -f question.sql --format csv --output answer.csv", description: "From a file, into a file" },
    { command: "reprise query", description: "Ask interactively" }
  ]
}, {
  sql: optionalArgument("SQL", "One query"),
  file: text("file", "FILE", "Read the query from a file; - for standard input").pipe(alias("f")),
  format: choice("format", ["table", "csv", "json", "ndjson", "markdown", "arrow", "parquet"], "How to print the answer (default: table)"),
  latest: toggle("latest", "Only the newest run of each pipeline"),
  pipeline: text("pipeline", "NAME", "Whose views need no prefix (default: the pipeline that ran last)"),
  output: text("output", "FILE", "Write the answer to a file"),
  all: everythingFlag,
  ...placeFlags
}, (input) => Effect.flatMap(Effect.promise(() => import("../actions/query.ts")), (action) => action.queryAction(input)))
