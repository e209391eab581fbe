/** How a stage fails on purpose: what is wrong, and what the user can do about it. Anything else thrown is a defect and keeps its stack. */
import { Schema } from "effect"

export class StageError extends Schema.TaggedError<StageError>()("StageError", {
  message: Schema.String,
  /** What to do about it. */
  hint: Schema.optionalKey(Schema.String),
  cause: Schema.optionalKey(Schema.Defect())
}) {}
