/** Writes the JSON Schema of pipeline files, every stage of this project included. */
import { Effect } from "effect"
import { writeFileSync } from "node:fs"
import { openRegistry } from "../../run/registry.ts"
import { pipelineSchema } from "../../spec/json-schema.ts"
import { usageFailure } from "../failure.ts"
import { findPlace, type PlaceInput } from "../place.ts"
import { notice, print } from "../terminal.ts"

interface Input extends PlaceInput {
  readonly output: string | undefined
}

export const schemaAction = Effect.fn("schema")(function*(input: Input) {
  const place = yield* findPlace(input)
  const registry = openRegistry({ project: place.project, packageRoot: place.packageRoot })
  const descriptions = yield* registry.describe(registry.names())
  const text = `${JSON.stringify(pipelineSchema(descriptions), null, 2)}\n`
  const { output } = input
  if (output === undefined) return print(text)
  yield* Effect.try({
    try: () => writeFileSync(output, text),
    catch: (cause) => usageFailure(`error: cannot write ${output}: ${cause instanceof Error ? cause.message : String(cause)}`)
  })
  notice(`${output}: pipelines and the parameters of ${descriptions.length} stages. Begin a pipeline with\n# yaml-language-server: $schema=${output}`)
})
