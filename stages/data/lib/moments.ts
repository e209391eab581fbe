/** Means and standard deviations of parts of samples. */
import { type Samples, sampleSize } from "../../../src/stage.ts"
import { pieces } from "./pieces.ts"

export interface Moments {
  readonly mean: number
  readonly deviation: number
}

/** Of each run of `run` neighbouring values of a sample, over all samples; in two passes and double precision. */
export const momentsOf = (samples: Samples, run: number): ReadonlyArray<Moments> => {
  const size = sampleSize(samples)
  const parts = size / run
  const count = samples.y.length * run
  const sumOf = (term: (value: number, part: number) => number): Float64Array => {
    const sums = new Float64Array(parts)
    for (const [from, to] of pieces(samples)) {
      samples.range(from, to).forEach((value, i) => {
        const part = Math.floor((i % size) / run)
        sums[part] = (sums[part] ?? 0) + term(value, part)
      })
    }
    return sums
  }
  const means = sumOf((value) => value).map((sum) => sum / count)
  const squares = sumOf((value, part) => (value - (means[part] ?? 0)) ** 2)
  return Array.from(means, (mean, part) => ({ mean, deviation: Math.sqrt((squares[part] ?? 0) / count) }))
}
