/** Training on pairs of sequences: batches of like length, the steps' sessions and what is measured after every epoch, put into the loop. */
import { Effect } from "../../../src/stage.ts"
import type { Optimiser } from "../../../src/tensor/training.ts"
import { finite, type Measured } from "./epochs.ts"
import type { Random } from "./network.ts"
import { feedsOf, type Lengths, type SequenceBatches } from "./sequence-batches.ts"
import { openSequenceMeasure } from "./sequence-measure.ts"
import type { SequenceNetwork } from "./sequence-network.ts"
import { openSequenceSteps } from "./sequence-steps.ts"
import type { TokenSet, Vocabulary } from "./token-set.ts"
import { type LoopSettings, type TrainingHost, trainingLoop, type TrainingWork } from "./training-loop.ts"

export interface SequenceTraining {
  readonly network: SequenceNetwork
  readonly vocabulary: Vocabulary
  /** Hybrid models: a number counts as right if it is within less than so much. */
  readonly threshold: number
  readonly data: TokenSet
  /** Measured after every epoch, no longer than the data's rows; at the ends of epochs there are means of the training's own batches alone when left out. */
  readonly validation?: TokenSet
  /** Training ends after so many epochs without a better one. */
  readonly patience?: number
  /** The pairs of padded lengths, and the batches, each of one of them. */
  readonly kinds: ReadonlyArray<Lengths>
  readonly batches: SequenceBatches
  readonly random: Random
  readonly optimiser: Optimiser
  readonly smoothing: number
  readonly clip?: number
  readonly loop: LoopSettings
}

export const trainSequences = Effect.fn("trainSequences")(function*(settings: SequenceTraining, host: TrainingHost) {
  const { batches, data, kinds, network, patience, random, threshold, validation, vocabulary } = settings
  const most: Lengths = { source: data.source.length, target: data.target.length }
  const { loop, noise } = yield* openSequenceSteps({ ...settings, batchSize: batches.batchSize }, random, host)
  const measure = validation === undefined ? undefined : yield* openSequenceMeasure(network, validation, kinds, most, { vocabulary, threshold }, host)
  const work: TrainingWork = {
    parameters: network.parameters,
    loop,
    feeds: (step) => {
      const { kind, rows } = batches.batch(step)
      return { ...feedsOf(data, rows, batches.batchSize, kinds[kind] ?? most, vocabulary), ...noise(kind, step) }
    },
    epochs: {
      measure: Effect.fnUntraced(function*(weights) {
        const found = yield* measure?.(weights) ?? Effect.succeed({ loss: null, accuracy: null, sequences: null })
        const measured: Measured = {
          validationLoss: finite(found.loss), validationAccuracy: found.accuracy, validationSequences: found.sequences, testLoss: null, testAccuracy: null
        }
        return measured
      }),
      // More sequences are right, or as many with less loss. Without validation data, less loss in training.
      isBetter: (record, best) => {
        if (best === undefined) return true
        if (validation === undefined) return record.loss < best.loss
        const [now, then] = [record.validationSequences ?? 0, best.validationSequences ?? 0]
        return now > then || (now === then && (record.validationLoss ?? Infinity) < (best.validationLoss ?? Infinity))
      },
      patience
    }
  }
  return yield* trainingLoop(settings.loop, work, host)
})
