/** Picking samples of a data set. */
import { type Dataset, sampleSize } from "../../../src/stage.ts"

/** The samples with these numbers, in their order. */
export const samplesOf = (data: Dataset, which: ArrayLike<number>): Dataset => {
  const size = sampleSize(data)
  const x = new Float32Array(which.length * size)
  const y = new Float32Array(which.length)
  for (let place = 0; place < which.length; place++) {
    const sample = which[place] ?? 0
    x.set(data.x.subarray(sample * size, (sample + 1) * size), place * size)
    y[place] = data.y[sample] ?? 0
  }
  return { ...data, x, y }
}
