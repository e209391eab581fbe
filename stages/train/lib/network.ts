/**
 * A network as training sees it: named parameters with their initial values, some of them frozen, and a function that builds
 * the scores of a batch from them as a graph. The two-layer net and the layers of an architecture file are both networks.
 */
import type { Value } from "../../../src/tensor/graph.ts"

export interface Parameter {
  readonly name: string
  readonly shape: ReadonlyArray<number>
  /** Row-major. */
  readonly initial: Float32Array
  /** A frozen parameter keeps its initial value. */
  readonly trainable: boolean
}

export interface Network {
  readonly parameters: ReadonlyArray<Parameter>
  /** Shape of one sample. */
  readonly input: ReadonlyArray<number>
  /** Scores of a sample: 1 for a binary net, whose score has shape [n]; otherwise the number of classes, of shape [n, classes]. */
  readonly outputs: number
  /** Scores of a batch `x` of shape [n, ...input]. */
  readonly scores: (x: Value, parameter: (name: string) => Value) => Value
}

/** Streams of random numbers by purpose. */
export type Random = (purpose: string) => { fillNormal(out: Float32Array): Float32Array; fillUniform(out: Float32Array): Float32Array }
