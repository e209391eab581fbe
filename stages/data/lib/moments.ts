/** Means and standard deviations of parts of samples. */

export interface Moments {
  readonly mean: number
  readonly deviation: number
}

/** Of each run of `run` neighbouring values in rows of `size`, over all rows; in two passes and double precision. */
export const momentsOf = (x: Float32Array, size: number, run: number): ReadonlyArray<Moments> => {
  const parts = size / run
  const count = (x.length / size) * run
  const sums = new Float64Array(parts)
  x.forEach((value, i) => {
    const part = Math.floor((i % size) / run)
    sums[part] = (sums[part] ?? 0) + value
  })
  const means = sums.map((sum) => sum / count)
  const squares = new Float64Array(parts)
  x.forEach((value, i) => {
    const part = Math.floor((i % size) / run)
    squares[part] = (squares[part] ?? 0) + (value - (means[part] ?? 0)) ** 2
  })
  return Array.from(means, (mean, part) => ({ mean, deviation: Math.sqrt((squares[part] ?? 0) / count) }))
}
