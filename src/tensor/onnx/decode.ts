/** Files that the engine wrote, read back: an import with what such a file needs. */
import type { Graph, Value } from "../graph.ts"
import { importModel, importTensor } from "../import.ts"
import type { Tensor } from "../tensor.ts"

export interface DecodeOptions {
  /** Sizes of the model's symbolic dimensions, by name: `{ batch: 64 }`. */
  readonly dimensions?: Readonly<Record<string, number>>
  /** Inputs that are fixed while the model is read, by name: they become constants. */
  readonly constants?: Readonly<Record<string, Tensor>>
}

export interface DecodedModel {
  readonly graph: Graph
  readonly inputs: Readonly<Record<string, Value>>
  readonly outputs: Readonly<Record<string, Value>>
  readonly metadata: Readonly<Record<string, string>>
}

/**
 * The graph of an ONNX file, its weights as constants.
 * @throws GraphError as `importModel` does.
 */
export const decodeModel = (bytes: Uint8Array, { dimensions = {}, constants = {} }: DecodeOptions = {}): DecodedModel =>
  importModel(bytes, { shapes: dimensions, constants })

/** The tensor of an ONNX tensor file (`.pb`). @throws GraphError when it is none or of a type that the engine does not have. */
export const decodeTensor = (bytes: Uint8Array): Tensor => importTensor(bytes)
