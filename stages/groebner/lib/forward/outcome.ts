/** What came of one engine on one sample, and the figures of many: medians and tails, since a few hard samples make up most of a mean. */
export const outcomes = ["solved", "timeout", "failed"] as const

export interface Run {
  readonly outcome: (typeof outcomes)[number]
  /** Seconds; null unless solved. */
  readonly seconds: number | null
  /** The basis is G; null where there is none, or where G is not the basis under the order. */
  readonly right: boolean | null
  readonly message: string | null
}

export interface Figures {
  readonly samples: number
  readonly solved: number
  readonly timeouts: number
  readonly failed: number
  readonly right: number
  readonly mean: number
  readonly median: number
  readonly p90: number
  readonly p99: number
  readonly greatest: number
}

/** A run that was given up counts as the limit, as in the published protocol; one that failed counts in no time. NaN where no run counts. */
export const figuresOf = (runs: ReadonlyArray<Run>, limit: number): Figures => {
  const times = Float64Array.from(runs.flatMap(({ outcome, seconds }) => (outcome === "failed" ? [] : [seconds ?? limit]))).sort()
  const count = (outcome: Run["outcome"]) => runs.filter((run) => run.outcome === outcome).length
  return {
    samples: runs.length,
    solved: count("solved"),
    timeouts: count("timeout"),
    failed: count("failed"),
    right: runs.filter(({ right }) => right === true).length,
    mean: times.reduce((sum, time) => sum + time, 0) / times.length,
    median: quantile(times, 0.5),
    p90: quantile(times, 0.9),
    p99: quantile(times, 0.99),
    greatest: times.at(-1) ?? Number.NaN
  }
}

/** Between the two nearest of sorted values, linearly. */
const quantile = (sorted: Float64Array, share: number): number => {
  const place = share * (sorted.length - 1)
  const [below, above] = [sorted[Math.floor(place)] ?? Number.NaN, sorted[Math.ceil(place)] ?? Number.NaN]
  return below + (above - below) * (place - Math.floor(place))
}
