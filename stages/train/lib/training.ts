/** Training a network on labelled samples, full batches or mini-batches. One session run is one step, an attack on the images included. */
import { type Dataset, Effect } from "../../../src/stage.ts"
import { type Tensor, tensor } from "../../../src/tensor/tensor.ts"
import type { Optimiser } from "../../../src/tensor/training.ts"
import { type EpochSettings, isBetter, openMeasure } from "./epochs.ts"
import type { Loss } from "./loss.ts"
import type { Network } from "./network.ts"
import type { Method } from "./objective.ts"
import { openStepLoop } from "./step-loop.ts"
import { type LoopSettings, type TrainingHost, trainingLoop } from "./training-loop.ts"

export interface TrainingSettings extends LoopSettings {
  readonly network: Network
  readonly loss: Loss
  readonly optimiser: Optimiser
  /** Cross-entropy's share of a label that is spread over all classes (0). */
  readonly smoothing?: number
  /** What is trained on, where it is not the batch as it is. */
  readonly method?: Method
  /** Whether batches are mixed pairs. */
  readonly mixes?: boolean
  /** Samples `x` [batchSize, ...], labels `y` [batchSize] and what else a step needs, from 0; the same whenever it is asked. */
  readonly batch: (step: number) => Readonly<Record<string, Tensor>>
  /** What is measured after every period. Nothing when left out. */
  readonly epochs?: EpochSettings
}

/** Trains from the network's initial values, or from the saved state of an earlier attempt. Fails when the loss is not finite any more. */
export const train = Effect.fn("train")(function*(settings: TrainingSettings, host: TrainingHost) {
  const { batch, epochs, network } = settings
  const { feeds, loop } = yield* openStepLoop(settings, host)
  const measured = epochs === undefined ? {} : {
    epochs: { measure: yield* openMeasure(network, settings.loss, epochs, host), isBetter: isBetter(epochs), patience: epochs.patience }
  }
  return yield* trainingLoop(settings, { parameters: network.parameters, loop, feeds: (step) => ({ ...batch(step), ...feeds(step) }), ...measured }, host)
})

/** The whole data set as the one batch of every step. */
export const fullBatch = (data: Dataset): TrainingSettings["batch"] => {
  const whole = { x: tensor(data.x, [data.y.length, ...data.shape]), y: tensor(data.y, [data.y.length]) }
  return () => whole
}
