/**
 * What the training of sequences lowers, and what is measured of it: cross-entropy of each next token given the ones before it (teacher
 * forcing), averaged over the places that are not padding; in hybrid models plus the squared error of the numbers.
 */
import type { Graph, Value } from "../../../src/tensor/graph.ts"
import type { Built } from "../../../src/tensor/layers/network.ts"
import { tokenAccuracy, tokenCrossEntropy } from "../../../src/tensor/losses/sequence.ts"
import * as o from "../../../src/tensor/ops.ts"
import type { Lengths } from "./sequence-batches.ts"
import { inputTypes } from "./sequence-network.ts"
import type { Vocabulary } from "./token-set.ts"

/** Weight of the numbers' mean squared error (Kera et al. 2024). */
const NUMBERS_WEIGHT = 0.01

/** The graph inputs of a batch: those of the network, and what it is to answer. */
export const inputsOf = (graph: Graph, batch: number, lengths: Lengths, hasNumbers: boolean) => ({
  inputs: Object.fromEntries(Object.entries(inputTypes(lengths, hasNumbers)).map(([name, { shape, type }]) => [name, graph.input(name, [batch, ...shape], type)])),
  answer: graph.input("answer", [batch, lengths.target], "int64"),
  answerValue: hasNumbers ? graph.input("answer_value", [batch, lengths.target]) : undefined
})

/** How the answers of a batch are judged. */
export interface Judging {
  readonly vocabulary: Vocabulary
  /** Hybrid models: a number is right if it is within less than so much. */
  readonly threshold: number
}

/** Mean loss of a batch, a scalar, and the share of its tokens that are right. */
export const trainingObjective = ({ output: scores, outputs }: Built, answer: Value, answerValue: Value | undefined, vocabulary: Vocabulary, smoothing: number) => {
  const { loss } = tokenCrossEntropy(scores, answer, { smoothing, ignore: vocabulary.pad })
  const numbers = answerValue === undefined ? undefined : squaredError(outputs["value"], answer, answerValue, vocabulary)
  return {
    loss: numbers === undefined ? loss : o.add(loss, o.mul(o.div(o.reduceSum(numbers.each), o.max(numbers.counted, 1)), NUMBERS_WEIGHT)),
    accuracy: tokenAccuracy(scores, answer, { ignore: vocabulary.pad }).tokens
  }
}

/** Sums over a batch, scalars, from which the means over a data set follow: rows of padding alone add nothing. */
export const measuredSums = ({ output: scores, outputs }: Built, answer: Value, answerValue: Value | undefined, { threshold, vocabulary }: Judging) => {
  const { counted, each } = tokenCrossEntropy(scores, answer, { ignore: vocabulary.pad })
  const counts = o.cast(o.not(o.equal(answer, vocabulary.pad)), scores.type)
  const tokens = o.mul(o.cast(o.equal(o.argMax(scores, -1), answer), scores.type), counts)
  const numbers = answerValue === undefined ? undefined : squaredError(outputs["value"], answer, answerValue, vocabulary)
  const right = numbers === undefined ? tokens : o.mul(tokens, o.cast(o.less(numbers.each, threshold ** 2), scores.type))
  const wrong = o.reduceMax(o.sub(counts, right), [-1])
  return { loss: o.reduceSum(each), tokens: counted, right: o.reduceSum(right), sequences: o.reduceSum(o.sub(o.reduceMax(counts, [-1]), wrong)) }
}

/** Squared error of the number at each place, 0 where there is none, and how many there are. */
const squaredError = (value: Value | undefined, answer: Value, answerValue: Value, { number = -1 }: Vocabulary) => {
  if (value === undefined) throw new Error("A hybrid model has an output named value.")
  const counts = o.cast(o.equal(answer, number), value.type)
  return { each: o.mul(o.square(o.sub(value, answerValue)), counts), counted: o.reduceSum(counts) }
}
