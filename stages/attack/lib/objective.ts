/**
 * What attacks raise, one number for each sample, as graphs over class scores z [n, classes]. A larger number is worse for the model. With
 * a target t the objective falls with the distance to t instead of rising with the distance from the label y.
 *
 *   cross-entropy   -log softmax(z)_y                           targeted: log softmax(z)_t
 *   dlr             -(z_y - max_{i != y} z_i) / (z_(1) - z_(3))    targeted: -(z_y - z_t) / (z_(1) - (z_(3) + z_(4)) / 2)
 *   margin          max_{i != y} z_i - z_y                      targeted: z_t - z_y
 *
 * The difference of logits ratio is Croce and Hein's (2020): no scale of the scores changes it, so that no model hides behind saturation.
 */
import type { Value } from "../../../src/tensor/graph.ts"
import { add, concat, div, greater, logSoftmax, mul, neg, oneHot, reduceMax, reduceSum, reshape, slice, sub, topK, where } from "../../../src/tensor/ops.ts"

export const objectives = ["cross-entropy", "dlr", "margin"] as const
export type Objective = (typeof objectives)[number]

/** Class numbers of a batch, int64 [n]. */
export interface Labels {
  readonly label: Value
  readonly target?: Value
}

/** The scores that a model gives, as scores of classes: a binary score s becomes (-s/2, s/2), whose softmax is the logistic function of s. */
export const classScores = (scores: Value): Value => {
  if (scores.shape.length !== 1) return scores
  const half = reshape(mul(scores, 0.5), [scores.shape[0] ?? 0, 1])
  return concat([neg(half), half], 1)
}

/** The objective of each sample, [n]. @throws GraphError when there are too few classes for it. */
export const objectiveOf = (objective: Objective, scores: Value, { label, target }: Labels): Value => {
  const [, classes = 0] = scores.shape
  const at = (which: Value, of: Value) => reduceSum(mul(oneHot(which, classes, scores), of), [1])
  switch (objective) {
    case "cross-entropy": {
      const logarithms = logSoftmax(scores)
      return target === undefined ? neg(at(label, logarithms)) : at(target, logarithms)
    }
    case "margin": return sub(target === undefined ? bestOther(scores, label) : at(target, scores), at(label, scores))
    case "dlr": {
      const top = topK(scores, target === undefined ? 3 : 4).values
      const place = (rank: number) => reshape(slice(top, [rank], [rank + 1], [1]), [scores.shape[0] ?? 0])
      const [other, scale] = target === undefined
        ? [bestOther(scores, label), sub(place(0), place(2))]
        : [at(target, scores), sub(place(0), mul(add(place(2), place(3)), 0.5))]
      return div(sub(other, at(label, scores)), add(scale, 1e-12))
    }
  }
}

/** Classes that an objective needs. */
export const fewestClasses = (objective: Objective, targeted: boolean): number => (objective === "dlr" ? (targeted ? 4 : 3) : 2)

/** The greatest score of a class other than the label. */
const bestOther = (scores: Value, label: Value): Value => {
  const [, classes = 0] = scores.shape
  return reduceMax(where(greater(oneHot(label, classes, scores), 0.5), -1e30, scores), [1])
}
