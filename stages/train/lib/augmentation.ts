/**
 * Random changes of training images, drawn for each sample from a stream of its own (epoch and sample number), so that batches are the same
 * on every machine and after every interruption: crops of the padded image, mirror images, and a blanked square (DeVries and Taylor 2017).
 */
import type { RandomStream } from "../../../src/stage.ts"

export interface Augmentation {
  /** Pixels of zeros around the image before it is cropped back to its size at a random place; 0 for none. */
  readonly crop: number
  /** Mirrors every other image, left to right. */
  readonly flip: boolean
  /** Side of a square of zeros with its middle anywhere in the image; 0 for none. */
  readonly cutout: number
}

export const changesNothing = ({ crop, cutout, flip }: Augmentation): boolean => crop === 0 && cutout === 0 && !flip

/** Writes the image `from` (shape [channels, rows, columns]) to `to`, changed. */
export const augment = (
  from: Float32Array,
  to: Float32Array,
  [channels = 1, rows = 1, columns = 1]: ReadonlyArray<number>,
  { crop, cutout, flip }: Augmentation,
  random: Pick<RandomStream, "integer">
): void => {
  const [down, right] = crop === 0 ? [0, 0] : [random.integer(2 * crop + 1) - crop, random.integer(2 * crop + 1) - crop]
  const mirrored = flip && random.integer(2) === 1
  const hole = cutout === 0 ? undefined : { top: random.integer(rows) - Math.floor(cutout / 2), left: random.integer(columns) - Math.floor(cutout / 2) }
  // Columns whose source lies inside the image; the others stay blank.
  const [first, last] = mirrored ? [Math.max(0, right), Math.min(columns, columns + right)] : [Math.max(0, -right), Math.min(columns, columns - right)]
  for (let c = 0; c < channels; c++) {
    for (let row = 0; row < rows; row++) {
      const [source, target] = [(c * rows + row + down) * columns + right, (c * rows + row) * columns]
      const outside = row + down < 0 || row + down >= rows || first >= last
      if (outside || last - first < columns) to.fill(0, target, target + columns)
      if (outside) continue
      // A loop, because rows are too short for `set` to pay.
      if (!mirrored) for (let column = first; column < last; column++) to[target + column] = from[source + column] ?? 0
      else for (let column = first; column < last; column++) to[target + column] = from[source + columns - 1 - column] ?? 0
      if (hole !== undefined && row >= hole.top && row < hole.top + cutout) to.fill(0, target + Math.max(0, hole.left), target + Math.max(0, Math.min(columns, hole.left + cutout)))
    }
  }
}

/** A draw of Beta(alpha, alpha), for mixup (Zhang et al. 2018): the share that one of two gamma draws has of both. */
export const beta = (alpha: number, random: Pick<RandomStream, "uniform" | "normal">): number => {
  const [a, b] = [gamma(alpha, random), gamma(alpha, random)]
  return a + b === 0 ? 0.5 : a / (a + b)
}

/** A gamma draw of the given shape (Marsaglia and Tsang 2000). */
const gamma = (shape: number, random: Pick<RandomStream, "uniform" | "normal">): number => {
  if (shape < 1) return gamma(shape + 1, random) * random.uniform() ** (1 / shape)
  const d = shape - 1 / 3
  for (;;) {
    const normal = random.normal()
    const v = (1 + normal / Math.sqrt(9 * d)) ** 3
    if (v > 0 && Math.log(1 - random.uniform()) < normal * normal / 2 + d - d * v + d * Math.log(v)) return d * v
  }
}
