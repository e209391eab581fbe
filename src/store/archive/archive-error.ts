/** What can be wrong with an archive, said so that the user knows what to do. */
import { Schema } from "effect"
import { remedyFor } from "../remedy.ts"

export class ArchiveError extends Schema.TaggedError<ArchiveError>()("ArchiveError", {
  message: Schema.String,
  /** What to do about it. */
  hint: Schema.optionalKey(Schema.String),
  cause: Schema.optionalKey(Schema.Defect())
}) {}

/** What was thrown, as an `ArchiveError`; `doing` completes "Cannot ...". */
export const archiveError = (doing: string, cause: unknown): ArchiveError => {
  if (cause instanceof ArchiveError) return cause
  const remedy = remedyFor(cause)
  const problem = remedy?.problem ?? (cause instanceof Error ? cause.message : String(cause))
  return new ArchiveError({ message: `Cannot ${doing}: ${problem}.`, ...(remedy === undefined ? {} : { hint: remedy.hint }), cause })
}
