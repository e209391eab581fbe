/**
 * What one training step lowers, as a graph, and the places where a method may change it without touching the loop: the images that are
 * trained on, the weights of the samples, or the whole loss. Adversarial training is such a method (adversarial.ts).
 */
import type { Graph, Value } from "../../../src/tensor/graph.ts"
import { add, argMax, cast, equal, mul, reduceMean, sign, sub } from "../../../src/tensor/ops.ts"
import type { Tensor } from "../../../src/tensor/tensor.ts"
import { type Loss, sampleLosses } from "./loss.ts"
import type { Network, TrainingForm } from "./network.ts"

/** A step's graph as methods see it. */
export interface StepGraph {
  readonly graph: Graph
  /** Images [n, ...sample] and labels [n] of the batch. */
  readonly x: Value
  readonly y: Value
  /** Scores with the weights before the step in the form for use: what attacks differentiate through. */
  readonly scores: (x: Value) => Value
  /** Scores in the form for training. To be asked once. */
  readonly trainingScores: (x: Value) => Value
  /** Loss of each sample [n] for such scores. */
  readonly losses: (scores: Value) => Value
}

export interface Method {
  /** The images to train on, in place of the batch's. */
  readonly images?: (step: StepGraph) => Value
  /** Weight of each sample's loss [n], for the images that are trained on. */
  readonly weights?: (step: StepGraph, images: Value) => Value
  /** The loss, a scalar, and the scores that count for the training accuracy, in place of the mean loss of the images. */
  readonly loss?: (step: StepGraph, images: Value) => { readonly loss: Value; readonly scores: Value }
  /** Inputs of the graph that go on from step to step, by name: what they become and what they are at the start. Asked after the loss. */
  readonly carried?: (step: StepGraph) => Readonly<Record<string, { readonly next: Value; readonly start: Tensor }>>
  /** Random numbers and the like for the method's own inputs in a step, from 0; the same whenever it is asked. */
  readonly feeds?: (step: number) => Readonly<Record<string, Tensor>>
}

/** What the method changes nothing of. */
export const plain: Method = {}

export interface StepObjective {
  readonly loss: Value
  /** Share of the batch that the scores label right. */
  readonly accuracy: Value
  readonly form: TrainingForm
  readonly carried: Readonly<Record<string, { readonly next: Value; readonly start: Tensor }>>
}

export interface ObjectiveSettings {
  readonly network: Network
  readonly loss: Loss
  readonly smoothing: number
  readonly method: Method
  /** Batches carry a second label `other` and the share `mixed` of it in each sample's loss. */
  readonly mixes: boolean
}

export const stepObjective = ({ loss, method, mixes, network, smoothing }: ObjectiveSettings, x: Value, y: Value, parameter: (name: string) => Value): StepObjective => {
  const { graph } = x
  let form: TrainingForm | undefined
  const second = mixes ? { label: graph.input("other", y.shape), share: graph.input("mixed", y.shape) } : undefined
  const step: StepGraph = {
    graph, x, y,
    scores: (images) => network.scores(images, parameter),
    trainingScores: (images) => {
      form = network.training?.(images, parameter) ?? { scores: network.scores(images, parameter), statistics: {}, noise: () => ({}) }
      return form.scores
    },
    losses: (scores) => {
      const own = sampleLosses(loss, scores, y, smoothing)
      if (second === undefined) return own
      return add(mul(own, sub(1, second.share)), mul(sampleLosses(loss, scores, second.label, smoothing), second.share))
    }
  }
  const images = method.images?.(step) ?? x
  const found = method.loss?.(step, images) ?? meanLoss(step, images, method)
  if (form === undefined) throw new Error("The method's loss does not use the scores in the form for training.")
  return { loss: found.loss, accuracy: accuracyOf(found.scores, y), form, carried: method.carried?.(step) ?? {} }
}

const meanLoss = (step: StepGraph, images: Value, { weights }: Method) => {
  const scores = step.trainingScores(images)
  const losses = step.losses(scores)
  return { scores, loss: reduceMean(weights === undefined ? losses : mul(losses, weights(step, images))) }
}

const accuracyOf = (scores: Value, y: Value): Value => {
  const says = scores.shape.length === 1 ? sign(scores) : cast(argMax(scores, 1), "float32")
  return reduceMean(cast(equal(says, y), "float32"))
}
