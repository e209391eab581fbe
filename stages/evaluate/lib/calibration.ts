/**
 * Calibration of a classifier's probabilities (Guo et al. 2017): how far confidence is from accuracy, bin by bin, and the temperature that
 * scores are divided by so that they fit held-out labels best.
 */
import { rowOf } from "../../attack/lib/rows.ts"
import { logProbabilities } from "../../train/lib/measures.ts"

export interface Scored {
  readonly n: number
  readonly classes: number
  /** [n, classes] */
  readonly scores: Float32Array
  readonly label: Int32Array
  readonly says: Int32Array
}

export const binnings = ["equal-width", "equal-count"] as const
export type Binning = (typeof binnings)[number]

export interface Bin {
  /** Confidences of the bin: above `low`, up to `high`. */
  readonly low: number
  readonly high: number
  readonly n: number
  /** Means over the bin; null where it is empty. */
  readonly confidence: number | null
  readonly accuracy: number | null
}

export interface Calibration {
  readonly bins: ReadonlyArray<Bin>
  /** Expected calibration error: mean over samples of the distance of confidence and accuracy in their bins. */
  readonly ece: number
  /** The greatest of these distances. */
  readonly mce: number
  /** Mean squared distance of the probabilities from the one-hot label, summed over classes. */
  readonly brier: number
  /** Mean negative logarithm of the label's probability, nats. */
  readonly loss: number
}

/** Measures probabilities softmax(scores / temperature). */
export const calibrationOf = ({ classes, label, n, says, scores }: Scored, temperature: number, count: number, binning: Binning): Calibration => {
  const logarithms = Array.from(label, (_, row) => logProbabilities(rowOf(scores, row, classes), 1 / temperature))
  const confidence = Float64Array.from(logarithms, (own, row) => Math.exp(own[says[row] ?? 0] ?? 0))
  const right = says.map((said, row) => (said === label[row] ? 1 : 0))
  const bins = (binning === "equal-width" ? equalWidth(confidence, count) : equalCount(confidence, count)).map(({ rows, ...ends }): Bin => {
    const average = (of: ArrayLike<number>) => (rows.length === 0 ? null : rows.reduce((sum, row) => sum + (of[row] ?? 0), 0) / rows.length)
    return { ...ends, n: rows.length, confidence: average(confidence), accuracy: average(right) }
  })
  const gaps = bins.map((bin) => ({ n: bin.n, gap: Math.abs((bin.confidence ?? 0) - (bin.accuracy ?? 0)) }))
  const mean = (of: (logarithm: Float64Array, own: number) => number) => logarithms.reduce((sum, row, sample) => sum + of(row, label[sample] ?? 0), 0) / n
  const brier = mean((row, own) => row.reduce((sum, logarithm, k) => sum + (Math.exp(logarithm) - (k === own ? 1 : 0)) ** 2, 0))
  const loss = mean((row, own) => -(row[own] ?? 0))
  return { bins, ece: gaps.reduce((sum, { gap, n: size }) => sum + (gap * size) / n, 0), mce: Math.max(...gaps.map(({ gap }) => gap)), brier, loss }
}

interface Rows {
  readonly low: number
  readonly high: number
  readonly rows: ReadonlyArray<number>
}

const equalWidth = (confidence: Float64Array, count: number): ReadonlyArray<Rows> => {
  const rows = Array.from({ length: count }, (): Array<number> => [])
  confidence.forEach((value, row) => rows[Math.min(Math.max(Math.ceil(value * count) - 1, 0), count - 1)]?.push(row))
  return rows.map((own, bin) => ({ low: bin / count, high: (bin + 1) / count, rows: own }))
}

/** As many samples in each bin, but for the rounding; ends are the least and the greatest confidence in it. */
const equalCount = (confidence: Float64Array, count: number): ReadonlyArray<Rows> => {
  const order = Array.from(confidence, (_, row) => row).sort((a, b) => (confidence[a] ?? 0) - (confidence[b] ?? 0))
  return Array.from({ length: Math.min(count, order.length) }, (_, bin, bins = Math.min(count, order.length)) => {
    const rows = order.slice(Math.round((bin * order.length) / bins), Math.round(((bin + 1) * order.length) / bins))
    return { low: confidence[rows[0] ?? 0] ?? 0, high: confidence[rows.at(-1) ?? 0] ?? 1, rows }
  })
}

/** Temperatures that are looked at: beyond them the data say no more than "as sharp (or as flat) as can be". */
export const temperatureRange = [0.01, 100] as const

/**
 * The temperature whose probabilities give the labels the least mean loss. In the inverse temperature b the loss is convex, with the slope
 * mean(expected score under softmax(b z) - score of the label), so that halving finds its zero. At an end of the range
 * where there is none within: labels that the scores separate want no softness, scores that know nothing want no sharpness.
 */
export const fitTemperature = ({ classes, label, scores }: Pick<Scored, "classes" | "label" | "scores">): number => {
  const slope = (sharpness: number): number =>
    label.reduce((sum, own, row) => {
      const scored = rowOf(scores, row, classes)
      const expected = logProbabilities(scored, sharpness).reduce((mean, logarithm, k) => mean + (scored[k] ?? 0) * Math.exp(logarithm), 0)
      return sum + expected - (scored[own] ?? 0)
    }, 0)
  let [low, high] = [1 / temperatureRange[1], 1 / temperatureRange[0]]
  if (slope(low) >= 0) return temperatureRange[1]
  if (slope(high) <= 0) return temperatureRange[0]
  for (let round = 0; round < 50; round++) {
    const middle = Math.sqrt(low * high)
    if (slope(middle) > 0) high = middle
    else low = middle
  }
  return 1 / Math.sqrt(low * high)
}
