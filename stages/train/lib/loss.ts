/**
 * Losses, as graphs. The binary ones take scores f [n] and labels y of -1 or 1, with s = -y f: identity s itself (unbounded below, so that the
 * norm of the net grows for ever), logistic log(1 + exp(s)), exponential exp(s), hinge max(0, 1 + s), mse (f - y)^2. Cross-entropy takes
 * scores [n, classes] and class numbers.
 */
import type { Value } from "../../../src/tensor/graph.ts"
import { add, cast, exp, logSoftmax, mul, neg, oneHot, reduceMean, reduceSum, relu, softplus, square, sub } from "../../../src/tensor/ops.ts"
import { surprise } from "./measures.ts"

export const binaryLosses = ["identity", "logistic"] as const
export const losses = [...binaryLosses, "exponential", "hinge", "mse", "cross-entropy"] as const
export type Loss = (typeof losses)[number]

/** Loss of each sample [n]. Labels are float32 [n]. `smoothing` is the share of a label that cross-entropy spreads evenly over all classes. */
export const sampleLosses = (loss: Loss, scores: Value, labels: Value, smoothing = 0): Value => {
  const s = (): Value => neg(mul(labels, scores))
  switch (loss) {
    case "identity": return s()
    case "logistic": return softplus(s())
    case "exponential": return exp(s())
    case "hinge": return relu(add(s(), 1))
    case "mse": return square(sub(scores, labels))
    case "cross-entropy": {
      const [, classes = 1] = scores.shape
      const logarithms = logSoftmax(scores)
      const own = neg(reduceSum(mul(oneHot(cast(labels, "int64"), classes, scores), logarithms), [1]))
      return smoothing === 0 ? own : add(mul(own, 1 - smoothing), mul(reduceMean(logarithms, [1]), -smoothing))
    }
  }
}

/** What is wrong with the labels for a loss; undefined when nothing is. */
export const labelProblem = (loss: Loss, labels: Float32Array, outputs: number): string | undefined => {
  const fits = loss === "cross-entropy"
    ? (label: number) => Number.isInteger(label) && label >= 0 && label < outputs
    : (label: number) => label === 1 || label === -1
  const sample = labels.findIndex((label) => !fits(label))
  if (sample < 0) return undefined
  const wanted = loss === "cross-entropy" ? `class numbers from 0 to ${outputs - 1}` : "labels -1 and 1"
  return `The ${loss} loss needs ${wanted}, but sample ${sample} is labelled ${labels[sample]}.`
}

/**
 * Mean loss of scores that have been computed already, in double precision: one score for each label, or one for each class row
 * by row.
 */
export const lossOfScores = (loss: Loss, scores: Float32Array, labels: Float32Array): number => {
  const width = scores.length / labels.length
  const sum = labels.reduce((total, label, sample) => {
    const s = -label * (scores[sample] ?? 0)
    switch (loss) {
      case "identity": return total + s
      case "logistic": return total + Math.max(s, 0) + Math.log1p(Math.exp(-Math.abs(s)))
      case "exponential": return total + Math.exp(s)
      case "hinge": return total + Math.max(0, 1 + s)
      case "mse": return total + ((scores[sample] ?? 0) - label) ** 2
      case "cross-entropy": return total + surprise(scores.subarray(sample * width, (sample + 1) * width), label)
    }
  }, 0)
  return sum / labels.length
}
