/**
 * What a trained model's file says of how its weights came about: the stage, its parameters and the digests of what it was given, as
 * canonical JSON under `training`, and the SHA-256 of that text under `fingerprint`. Whoever has the file can tell which training made it,
 * and make it again.
 *
 * Neither the stage's code nor the engine's version and threads are in it: where these are others and the weights come out the same, the
 * file is the same, and nothing after it runs again. They stand in the record of the run.
 */
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { canonicalJson, Effect, type JsonObject, StageError } from "../../../src/stage.ts"
import { metadataText } from "../../../src/tensor/onnx/metadata.ts"

/** The part of a stage's context that a training depends on. */
export interface Training {
  readonly params: JsonObject
  file(path: string): string
}

export interface Given {
  /** Parameters that name files of the project: their content counts, their names do not. */
  readonly files?: Readonly<Record<string, string>>
  /** What the weights are computed from. */
  readonly inputs: Readonly<Record<string, { readonly digest: string }>>
}

/** Texts for the metadata of every model that the training gives. Fails when a file cannot be read. */
export const trainingOrigin = (stage: string, { file, params }: Training, { files = {}, inputs }: Given): Effect.Effect<Record<string, string>, StageError> =>
  Effect.try({
    try: () => {
      const named = Object.entries(files).map(([name, path]) => [name, `sha256:${sha256(readFileSync(file(path)))}`] as const)
      const training = canonicalJson({
        stage,
        params: { ...params, ...Object.fromEntries(named) },
        inputs: Object.fromEntries(Object.entries(inputs).map(([name, { digest }]) => [name, digest]))
      })
      return metadataText({ training, fingerprint: fingerprintOf(training) })
    },
    catch: (cause) => new StageError({ message: `A file that the training names cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, cause })
  })

/** The fingerprint that goes with a text `training`. */
export const fingerprintOf = (training: string): string => `sha256:${sha256(training)}`

const sha256 = (of: string | Uint8Array): string => createHash("sha256").update(of).digest("hex")
