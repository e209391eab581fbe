/** Computations of this family as effects of a stage: what the algebra says is the user's to mend, everything else keeps its cause. */
import { Effect, StageError } from "../../../src/stage.ts"
import { AlgebraError } from "./algebra/index.ts"

/** Runs `body`; `otherwise` says what cannot be done where neither the algebra nor a stage says it itself. */
export const computed = <A>(otherwise: string, body: () => A): Effect.Effect<A, StageError> =>
  Effect.try({
    try: body,
    catch: (cause) => cause instanceof StageError ? cause
      : cause instanceof AlgebraError ? new StageError({ message: cause.message })
      : new StageError({ message: otherwise, cause })
  })
