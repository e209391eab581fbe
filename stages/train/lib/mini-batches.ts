/**
 * Mini-batches in a random order that is another one in every epoch and a function of the seed alone, so that a resumed training meets
 * the same batches. Samples that do not fill a last batch are left out of that epoch; the order decides which.
 */
import { type Dataset, type RandomStream, sampleSize } from "../../../src/stage.ts"
import { tensor } from "../../../src/tensor/tensor.ts"
import type { TrainingSettings } from "./training.ts"

export interface MiniBatches {
  readonly batchSize: number
  readonly perEpoch: number
  readonly batch: TrainingSettings["batch"]
}

/** Batches of `size` samples, of all of them when there are fewer. `order` gives the stream of an epoch's permutation. */
export const miniBatches = (data: Dataset, size: number, order: (epoch: number) => Pick<RandomStream, "permutation">): MiniBatches => {
  const n = data.y.length
  const values = sampleSize(data)
  const batchSize = Math.min(size, n)
  const perEpoch = Math.floor(n / batchSize)
  let epoch = -1
  let permutation: Uint32Array = new Uint32Array()
  return {
    batchSize,
    perEpoch,
    batch: (step) => {
      const current = Math.floor(step / perEpoch)
      if (current !== epoch) {
        permutation = order(current).permutation(n)
        epoch = current
      }
      const from = (step % perEpoch) * batchSize
      const x = new Float32Array(batchSize * values)
      const y = new Float32Array(batchSize)
      permutation.subarray(from, from + batchSize).forEach((sample, place) => {
        x.set(data.x.subarray(sample * values, (sample + 1) * values), place * values)
        y[place] = data.y[sample] ?? 0
      })
      return { x: tensor(x, [batchSize, ...data.shape]), y: tensor(y, [batchSize]) }
    }
  }
}
