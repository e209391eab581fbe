/** A share of a data set set aside, at random and for good: it depends on the seed alone. */
import { type Dataset, type RandomStream, sampleSize } from "../../../src/stage.ts"

/** The samples with these numbers. */
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

/** Sets aside `share` of the samples, rounded; both parts keep the order of the data. */
export const setAside = (data: Dataset, share: number, random: Pick<RandomStream, "permutation">): { readonly rest: Dataset; readonly aside: Dataset } => {
  const order = random.permutation(data.y.length)
  const count = Math.round(share * data.y.length)
  return { aside: samplesOf(data, order.slice(0, count).sort()), rest: samplesOf(data, order.slice(count).sort()) }
}
