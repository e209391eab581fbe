/**
 * Models between stages: a trained network as an ONNX file with its weights inside, any number of samples at once (`x` -> `scores`), and
 * such a file as a graph for a batch of a given size.
 */
import { Effect, StageError } from "../../../src/stage.ts"
import { Graph, type Value } from "../../../src/tensor/graph.ts"
import { decodeModel } from "../../../src/tensor/onnx/decode.ts"
import { encodeModel } from "../../../src/tensor/onnx/encode.ts"
import { sizeOf } from "../../../src/tensor/shape.ts"
import { tensor } from "../../../src/tensor/tensor.ts"
import type { Network } from "./network.ts"

const batchAxis = "batch"

/** The ONNX file of a network with the given weights (every parameter, by name). */
export const encodeNetwork = (
  network: Network,
  weights: ReadonlyMap<string, Float32Array>,
  metadata: Readonly<Record<string, string>>
): Uint8Array => {
  const build = (batch: number) => {
    const graph = new Graph()
    const parameters = new Map(network.parameters.map(({ initial, name, shape }) => [name, graph.constant(tensor(weights.get(name) ?? initial, shape), undefined, name)]))
    return { scores: network.scores(graph.input("x", [batch, ...network.input]), (name) => valueOf(parameters, name)) }
  }
  // What differs between two sizes follows the size; a size of 1 would broadcast where it should not.
  return encodeModel(build(2), { name: "model", metadata, dynamicAxes: { x: { 0: batchAxis }, scores: { 0: batchAxis } }, elsewhere: build(3) })
}

/** Looks a parameter up; a network only asks for those that it declares. */
export const valueOf = (parameters: ReadonlyMap<string, Value>, name: string): Value => {
  const value = parameters.get(name)
  if (value === undefined) throw new Error(`The network has no parameter ${name}.`)
  return value
}

export interface OpenModel {
  readonly graph: Graph
  /** `[batch, ...sample]` */
  readonly x: Value
  /** `[batch]` for a binary model, `[batch, classes]` otherwise. */
  readonly scores: Value
}

/** The graph of a model for a batch of `batch` samples of the given size. Fails when it is no model, or takes samples of another size. */
export const openModel = (bytes: Uint8Array, batch: number, sample: number): Effect.Effect<OpenModel, StageError> =>
  Effect.flatMap(
    Effect.try({
      try: () => decodeModel(bytes, { dimensions: { [batchAxis]: batch } }),
      catch: (cause) => new StageError({ message: `The model cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, cause })
    }),
    ({ graph, inputs, outputs }) => {
      const { x } = inputs
      const { scores } = outputs
      if (x === undefined || scores === undefined) {
        return new StageError({ message: "The model has no input x or no output scores.", hint: "Use the model of a train stage." })
      }
      const expected = sizeOf(x.shape.slice(1))
      return expected === sample
        ? Effect.succeed({ graph, x, scores })
        : new StageError({ message: `The model takes samples of ${expected} values, but the data's have ${sample}.`, hint: "Give the data that it was trained for." })
    }
  )
