/** Where and on how many threads a stage's graphs run. */
import { Result } from "effect"
import { Effect, StageError } from "../../../src/stage.ts"
import { sessionOptionsOf } from "../../../src/tensor/backends/config.ts"
import type { SessionOptions } from "../../../src/tensor/runtime.ts"

/** The part of a stage's context that says so. */
export interface Engine {
  readonly backend: string
  readonly backendConfig?: unknown
  readonly threads: number
}

export const sessionOptions = ({ backend, backendConfig, threads }: Engine): Effect.Effect<SessionOptions, StageError> =>
  Result.match(sessionOptionsOf(backend, backendConfig, threads), {
    onSuccess: Effect.succeed,
    onFailure: ({ message }) => Effect.fail(new StageError({ message }))
  })
