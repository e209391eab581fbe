/**
 * A CSV file of the project as a table: published values beside the measured ones, lists of settings, whatever a query wants to join. Which
 * columns the table has, only the file knows. So the stage writes the table as a finished file, and promises no column to
 * stages that would take it.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { artefact, defineStage, doc, Effect, field, file, oneOf, Schema, StageError, type StageInterface } from "../../src/stage.ts"
import { openTableWriter } from "../../src/table/write.ts"
import { csvTypes, parseCsv } from "./lib/csv.ts"

const stage = defineStage({
  name: "data/csv",
  summary: doc("A CSV file of the project as a table; its first line names the columns, an empty field is null."),
  params: Schema.Struct({
    file: field(file(), doc("The CSV file.")),
    columns: field(
      Schema.Record(Schema.String, oneOf(...csvTypes)),
      doc("Types of columns by their names; those left out get the narrowest of bool, int64, float64 and category that all their fields have."),
      {}
    )
  }),
  inputs: {},
  outputs: { data: artefact({ mediaType: "application/vnd.apache.arrow.file", extension: "arrow" }, doc("The file's rows.")) },
  run: Effect.fn("data/csv")(function*(ctx) {
    const { columns, file } = ctx.params
    const text = yield* Effect.try({
      try: () => readFileSync(ctx.file(file), "utf8"),
      catch: (cause) => new StageError({ message: `There is no readable file at ${ctx.file(file)}.`, hint: "Give its path from the project's folder.", cause })
    })
    const table = parseCsv(text, columns)
    if ("message" in table) return yield* new StageError({ message: `${file}:${table.line}: ${table.message}.`, hint: "Correct the file, or the types in `columns`." })
    const path = join(ctx.scratch, "table.arrow")
    const writer = openTableWriter(path, table.schema)
    writer.append(table.rows)
    writer.close()
    yield* ctx.outputs.data.write(readFileSync(path))
  })
})

const outputs: StageInterface["outputs"] = { data: { kind: "table", columns: {}, doc: "The file's rows." } }
export default { ...stage, outputs, describe: () => ({ ...stage.describe(), outputs }) } satisfies StageInterface
