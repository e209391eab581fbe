/** Where and on how many threads a stage's graphs run. */
import { Effect, StageError } from "../../../src/stage.ts"
import type { Backend, SessionOptions } from "../../../src/tensor/runtime.ts"

/** The part of a stage's context that says so. */
export interface Engine {
  readonly backend: string
  readonly threads: number
}

const backends: ReadonlyArray<Backend> = ["cpu", "webgpu", "cuda"]

export const sessionOptions = ({ backend, threads }: Engine): Effect.Effect<SessionOptions, StageError> => {
  const known = backends.find((name) => name === backend)
  return known === undefined
    ? Effect.fail(new StageError({ message: `There is no backend ${backend}.`, hint: `Use one of ${backends.join(", ")}.` }))
    : Effect.succeed({ backend: known, threads })
}
