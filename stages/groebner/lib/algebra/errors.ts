/** What can go wrong in the algebra: every error says what was asked, and what the user can do. */
import { Schema } from "effect"

/** A field, order, ring or text that cannot be: a composite modulus, blocks that do not cover the variables, an unknown variable. */
export class AlgebraError extends Schema.TaggedError<AlgebraError>()("AlgebraError", {
  message: Schema.String
}) {}

/** A monomial left the range of exponents that can be held. Nothing ever wraps. */
export class ExponentOverflow extends Schema.TaggedError<ExponentOverflow>()("ExponentOverflow", {
  /** The greatest exponent that fits. */
  limit: Schema.Int,
  message: Schema.String
}) {}

/** The caller's `stop` said so, or memory for the next matrix would not suffice. */
export class ComputationStopped extends Schema.TaggedError<ComputationStopped>()("ComputationStopped", {
  message: Schema.String
}) {}

export const algebraError = (message: string): AlgebraError => new AlgebraError({ message })
