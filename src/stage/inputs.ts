/** What a stage reads: the files handed in for each declared input, with a reader of the right kind. */
import { availableMemory } from "node:process"
import { Effect } from "effect"
import { openSamples, readDataset } from "../table/dataset-file.ts"
import { openBatches, readTable } from "../table/read.ts"
import type { DatasetInput, FileInput, TableBatches, TableInput } from "./context.ts"
import { StageError } from "./error.ts"
import { attempt, readBytes } from "./files.ts"
import type { InputFile, InputSpec } from "./protocol.ts"

export type AnyInput = TableInput | DatasetInput | FileInput

/** The value of one input: a source, a list of them for a `many` input, undefined for an optional one that was left out. */
export const openInput = (
  name: string,
  spec: InputSpec,
  files: ReadonlyArray<InputFile>
): Effect.Effect<AnyInput | ReadonlyArray<AnyInput> | undefined, StageError> => {
  if (spec.many) return Effect.succeed(files.map((file) => source(name, spec, file)))
  const [file, ...others] = files
  if (others.length > 0) return Effect.fail(new StageError({ message: `input "${name}" takes one file and was given ${files.length}` }))
  if (file !== undefined) return Effect.succeed(source(name, spec, file))
  return spec.optional ? Effect.undefined : Effect.fail(new StageError({ message: `input "${name}" is missing` }))
}

const source = (name: string, spec: InputSpec, { path, digest, coordinates }: InputFile): AnyInput => {
  const about = `input "${name}"`
  switch (spec.kind) {
    case "table":
      return { path, digest, coordinates, read: attempt(about, () => readTable(path)), batches: openedBatches(about, path) }
    case "dataset":
      return { path, digest, coordinates, read: attempt(about, () => readDataset(path)), open: openedSamples(about, path) }
    default:
      return { path, digest, coordinates, read: readBytes(about, path) }
  }
}

const openedBatches = (about: string, path: string) =>
  Effect.acquireRelease(attempt(about, () => openBatches(path)), ({ close }) => Effect.sync(close)).pipe(
    Effect.map(({ count, read, rows }): TableBatches => ({ rows, count, read: (batch) => attempt(about, () => read(batch)) }))
  )

/** Share of the free memory that a data set may take to be read at once. Other tasks run beside this one. */
const memoryShare = 1 / 8

const openedSamples = (about: string, path: string) =>
  Effect.acquireRelease(
    attempt(about, () => openSamples(path, availableMemory() * memoryShare)),
    (samples) => Effect.sync(samples.close)
  )
