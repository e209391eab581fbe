/** Reads an architecture (architecture.ts) from a YAML file of the project. */
import { readFileSync } from "node:fs"
import { Effect, Schema, StageError } from "../../../src/stage.ts"
import { parse } from "yaml"
import { Architecture } from "./architecture.ts"

/** Fails with the file's name and what is wrong with it. */
export const readArchitecture = (path: string, name: string): Effect.Effect<Architecture, StageError> => {
  const failure = (cause: unknown) =>
    new StageError({
      message: `${name} is no architecture: ${cause instanceof Error ? cause.message : String(cause)}`,
      hint: "An architecture is a YAML file with a list `layers`, as in configs/models/mlp.yaml.",
      cause
    })
  return Effect.try({ try: (): unknown => parse(readFileSync(path, "utf8")), catch: failure }).pipe(
    Effect.flatMap(Schema.decodeUnknownEffect(Architecture, { errors: "all", onExcessProperty: "error" })),
    Effect.mapError((error) => (error instanceof StageError ? error : failure(error)))
  )
}
