/** What can go wrong with the store as a whole, said so that the user knows what to do. Damage to single results is no error: it is a
 * `Lookup` (actions.ts), because the remedy is to run a task again. */
import { Schema } from "effect"
import { remedyFor } from "./remedy.ts"

export class StoreError extends Schema.TaggedError<StoreError>()("StoreError", {
  message: Schema.String,
  /** File or folder that could not be used. */
  path: Schema.String,
  /** What to do about it. */
  hint: Schema.optionalKey(Schema.String),
  cause: Schema.optionalKey(Schema.Defect())
}) {}

/** What was thrown, as a `StoreError`; `doing` completes "Cannot ...". */
export const storeError = (doing: string, path: string, cause: unknown): StoreError => {
  if (cause instanceof StoreError) return cause
  const remedy = remedyFor(cause)
  const problem = remedy?.problem ?? (cause instanceof Error ? cause.message : String(cause))
  return new StoreError({ message: `Cannot ${doing} ${path}: ${problem}.`, path, ...(remedy === undefined ? {} : { hint: remedy.hint }), cause })
}
