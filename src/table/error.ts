/** What is wrong with a table: a value that does not fit its column, a file that is not the Arrow that we read. */
import { Schema } from "effect"

export class TableError extends Schema.TaggedError<TableError>()("TableError", {
  message: Schema.String,
  /** The file being written or read. */
  path: Schema.String,
  column: Schema.optionalKey(Schema.String)
}) {}
