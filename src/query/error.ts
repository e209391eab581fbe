/** What a query cannot do, said so that the user can mend it: DuckDB's own words for a mistake in SQL, ours for the store. */
import { Schema } from "effect"

export class QueryError extends Schema.TaggedError<QueryError>()("QueryError", {
  message: Schema.String,
  /** What to do about it. */
  hint: Schema.optionalKey(Schema.String),
  cause: Schema.optionalKey(Schema.Defect())
}) {}

const textOf = (cause: unknown): string => cause instanceof Error ? cause.message : String(cause)

/** What was thrown, as a `QueryError`. */
export const queryError = (cause: unknown): QueryError =>
  cause instanceof QueryError ? cause : new QueryError({ message: textOf(cause), cause })
