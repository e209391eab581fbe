/** Working through a data set piece by piece, so that one larger than memory goes through. */
import { type Dataset, type DatasetWriter, Effect, type Samples, sampleSize, slice, type StageError } from "../../../src/stage.ts"

/** Values of a piece at most: 8 MiB. */
const pieceValues = 2 ** 21

/** The pieces that the samples fall into, in order: where each begins, and where the next one does. */
export const pieces = (samples: Samples): ReadonlyArray<readonly [from: number, to: number]> => {
  const [n, length] = [samples.y.length, Math.max(1, Math.floor(pieceValues / Math.max(1, sampleSize(samples))))]
  return Array.from({ length: Math.ceil(n / length) }, (_, i) => [i * length, Math.min((i + 1) * length, n)] as const)
}

/** Writes the samples, each piece changed on the way. A set without samples is written too. */
export const writePieces = (writer: DatasetWriter, samples: Samples, change: (part: Dataset) => Dataset = (part) => part): Effect.Effect<void, StageError> =>
  samples.y.length === 0
    ? writer.write(change(slice(samples, 0, 0)))
    : Effect.forEach(pieces(samples), ([from, to]) => Effect.suspend(() => writer.append(change(slice(samples, from, to)))), { discard: true })
