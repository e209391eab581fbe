/** What can go wrong with the store as a whole, said so that the user knows what to do. Damage to single results is no error: it is a
 * `Lookup` (actions.ts), because the remedy is to run a task again. Nothing of Effect here, so that a command with nothing to do need not
 * load it. */
import { remedyFor } from "./remedy.ts"

export class StoreError extends Error {
  readonly _tag = "StoreError"
  /** File or folder that could not be used. */
  readonly path: string
  /** What to do about it. */
  readonly hint?: string

  constructor(about: { readonly message: string; readonly path: string; readonly hint?: string; readonly cause?: unknown }) {
    super(about.message, about.cause === undefined ? {} : { cause: about.cause })
    this.name = "StoreError"
    this.path = about.path
    if (about.hint !== undefined) this.hint = about.hint
  }
}

/** What was thrown, as a `StoreError`; `doing` completes "Cannot ...". */
export const storeError = (doing: string, path: string, cause: unknown): StoreError => {
  if (cause instanceof StoreError) return cause
  const remedy = remedyFor(cause)
  const problem = remedy?.problem ?? (cause instanceof Error ? cause.message : String(cause))
  return new StoreError({ message: `Cannot ${doing} ${path}: ${problem}.`, path, ...(remedy === undefined ? {} : { hint: remedy.hint }), cause })
}
