/**
 * Mini-batches in a random order that is another one in every epoch and a function of the seed alone, so that a resumed training meets
 * the same batches. Samples that do not fill a last batch are left out of that epoch; the order decides which. Images may be changed
 * on the way (augmentation.ts), and mixed with those of the reversed batch (mixup).
 */
import { asSamples, type Dataset, type RandomStream, type Samples, sampleSize } from "../../../src/stage.ts"
import { type Tensor, tensor } from "../../../src/tensor/tensor.ts"
import { augment, type Augmentation, beta, changesNothing } from "./augmentation.ts"

export interface MiniBatches {
  readonly batchSize: number
  readonly perEpoch: number
  /** Samples `x` and labels `y` of a step, from 0, and with mixup the `other` labels and their shares `mixed`. */
  readonly batch: (step: number) => Readonly<Record<string, Tensor>> & { readonly x: Tensor; readonly y: Tensor }
}

export interface Changes extends Augmentation {
  /** Mixes pairs of images with shares from Beta(mixup, mixup); 0 for none. */
  readonly mixup: number
  /** The stream of an epoch's changes. */
  readonly random: (epoch: number) => RandomStream
}

/** Batches of `size` samples, of all of them when there are fewer. `order` gives the stream of an epoch's permutation. */
export const miniBatches = (all: Dataset | Samples, size: number, order: (epoch: number) => Pick<RandomStream, "permutation">, changes?: Changes): MiniBatches => {
  const data = asSamples(all)
  const n = data.y.length
  const values = sampleSize(data)
  const batchSize = Math.min(size, n)
  const perEpoch = Math.floor(n / batchSize)
  let epoch = -1
  let permutation: Uint32Array = new Uint32Array()
  let images: RandomStream | undefined
  return {
    batchSize,
    perEpoch,
    batch: (step) => {
      const current = Math.floor(step / perEpoch)
      if (current !== epoch) {
        permutation = order(current).permutation(n)
        images = changes?.random(current)
        epoch = current
      }
      const stream = images
      const from = (step % perEpoch) * batchSize
      const x = new Float32Array(batchSize * values)
      const y = new Float32Array(batchSize)
      const chosen = permutation.subarray(from, from + batchSize)
      chosen.forEach((sample, place) => (y[place] = data.y[sample] ?? 0))
      if (changes === undefined || stream === undefined || changesNothing(changes)) data.copy(chosen, x)
      else {
        const unchanged = new Float32Array(x.length)
        data.copy(chosen, unchanged)
        chosen.forEach((sample, place) => {
          const [start, end] = [place * values, (place + 1) * values]
          augment(unchanged.subarray(start, end), x.subarray(start, end), data.shape, changes, stream.at(sample))
        })
      }
      const plain = { x: tensor(x, [batchSize, ...data.shape]), y: tensor(y, [batchSize]) }
      if (changes === undefined || stream === undefined || changes.mixup === 0) return plain
      const share = beta(changes.mixup, stream.at(n + (step % perEpoch)))
      return {
        x: tensor(x.map((value, i) => (1 - share) * value + share * (x[(batchSize - 1 - Math.floor(i / values)) * values + (i % values)] ?? 0)), plain.x.shape),
        y: plain.y,
        other: tensor(y.toReversed(), [batchSize]),
        mixed: tensor(new Float32Array(batchSize).fill(share), [batchSize])
      }
    }
  }
}
