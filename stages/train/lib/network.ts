/**
 * A network as training sees it: named parameters with their initial values, some of them frozen, and a function that builds
 * the scores of a batch from them as a graph. The two-layer net and the layers of an architecture file are both networks.
 */
import type { Value } from "../../../src/tensor/graph.ts"
import type { Tensor } from "../../../src/tensor/tensor.ts"

export interface Parameter {
  readonly name: string
  readonly shape: ReadonlyArray<number>
  /** Row-major. */
  readonly initial: Float32Array
  /** A frozen parameter keeps its initial value. */
  readonly trainable: boolean
  /** Not trainable, but a running statistic that follows the data in training. */
  readonly statistic?: boolean
}

/** What a training step of a network computes, where that is not what the trained network does. */
export interface TrainingForm {
  /** As those of the network. */
  readonly scores: Value
  /** Running statistics after the step, by name. */
  readonly statistics: Readonly<Record<string, Value>>
  /** Random numbers for the graph's inputs in a step, from 0; the same whenever it is asked. */
  readonly noise: (step: number) => Readonly<Record<string, Tensor>>
}

export interface Network {
  readonly parameters: ReadonlyArray<Parameter>
  /** Shape of one sample. */
  readonly input: ReadonlyArray<number>
  /** Scores of a sample: 1 for a binary net, whose score has shape [n]; otherwise the number of classes, of shape [n, classes]. */
  readonly outputs: number
  /** Scores of a batch `x` of shape [n, ...input]. */
  readonly scores: (x: Value, parameter: (name: string) => Value) => Value
  /** The form for training, if it is another one: statistics of the batch, dropout. */
  readonly training?: (x: Value, parameter: (name: string) => Value) => TrainingForm
  /** What the model's file says of the network. */
  readonly metadata?: Readonly<Record<string, string>>
}

/** Streams of random numbers by purpose. */
export type Random = (purpose: string) => { fillNormal(out: Float32Array): Float32Array; fillUniform(out: Float32Array): Float32Array }
