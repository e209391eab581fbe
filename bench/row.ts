/** What every benchmark gives: one row a work, ours beside a peer measured in the same run. */

export interface BenchRow {
  readonly work: string
  /** Medians, in `unit`. */
  readonly ours: number
  /** null where the peer is not installed. */
  readonly peer: number | null
  /** Median over the pairs of ours / peer. */
  readonly ratio: number | null
  /** The most that the ratio (without a peer: ours) may be. */
  readonly limit: number | null
  /** Half the distance between the quartiles of what is compared with the limit, relative to its median. */
  readonly spread: number
  readonly unit: string
  readonly note?: string
}

/** The value that half of the numbers do not exceed, between the middle two of an even count; NaN for none. */
export const median = (values: ReadonlyArray<number>): number => quantile(values, 0.5)

export const spread = (values: ReadonlyArray<number>): number => (quantile(values, 0.75) - quantile(values, 0.25)) / 2 / median(values)

/** Linear between the two nearest ranks. */
const quantile = (values: ReadonlyArray<number>, share: number): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const rank = share * (sorted.length - 1)
  const [low, high] = [sorted[Math.floor(rank)] ?? NaN, sorted[Math.ceil(rank)] ?? NaN]
  return low + (high - low) * (rank - Math.floor(rank))
}
