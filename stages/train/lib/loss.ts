/**
 * Losses, as graphs. The binary ones take scores [n] and labels -1 or 1, with s = -y f: the identity loss is s itself (unbounded below,
 * so that the norm of the net grows for ever), the logistic loss log(1 + exp(s)). Cross-entropy takes scores [n, classes] and class
 * numbers.
 */
import type { Value } from "../../../src/tensor/graph.ts"
import { cast, crossEntropy, mul, neg, reduceMean, softplus } from "../../../src/tensor/ops.ts"

export const binaryLosses = ["identity", "logistic"] as const
export const losses = [...binaryLosses, "cross-entropy"] as const
export type Loss = (typeof losses)[number]

/** Mean loss over a batch, a scalar. Labels are float32, of shape [n]. */
export const meanLoss = (loss: Loss, scores: Value, labels: Value): Value => {
  switch (loss) {
    case "identity": return reduceMean(neg(mul(labels, scores)))
    case "logistic": return reduceMean(softplus(neg(mul(labels, scores))))
    case "cross-entropy": return crossEntropy(scores, cast(labels, "int64"))
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
      case "cross-entropy": return total + surprise(scores.subarray(sample * width, (sample + 1) * width), label)
    }
  }, 0)
  return sum / labels.length
}

/** -log softmax(row)[label] */
const surprise = (row: Float32Array, label: number): number => {
  const top = row.reduce((most, score) => Math.max(most, score), -Infinity)
  return top + Math.log(row.reduce((total, score) => total + Math.exp(score - top), 0)) - (row[label] ?? 0)
}
