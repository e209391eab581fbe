/**
 * Which nodes of a graph a provider has no kernel for. onnxruntime says only that there are some, so each distinct node is opened by itself:
 * what cannot be opened without the processor's kernels is one of them.
 */
import type * as Ort from "onnxruntime-node"
import { Graph, type Node, reachable, type Value } from "../graph.ts"
import { encodeModel } from "../onnx/encode.ts"
import { showShape } from "../shape.ts"

/** What onnxruntime says when a graph needs the processor's kernels and may not have them. */
export const needsProcessor = (cause: unknown): boolean => cause instanceof Error && cause.message.includes("fallback to CPU EP has been explicitly disabled")

/** `Einsum(float32 [2, 3])`: an operator and what it is applied to. */
export const describeNode = ({ operator, inputs }: Node): string =>
  `${operator.name}(${inputs.map(({ type, shape }) => `${type} ${showShape(shape)}`).join(", ")})`

/** The node alone: its constants stay, every other operand i is an input named x{i}. Undefined where nothing is left to compute. */
export const alone = (node: Node): Readonly<Record<string, Value>> | undefined => {
  const graph = new Graph()
  const inputs = node.inputs.map((input, i) => (input.constant === undefined ? graph.input(`x${i}`, input.shape, input.type) : graph.constant(input.constant)))
  const outputs = graph.apply(node.operator.name, inputs, node.attributes, node.outputs.length)
  return outputs.some((output) => output.node === undefined) ? undefined : Object.fromEntries(outputs.map((output, i) => [`y${i}`, output]))
}

/** Nodes that are opened alike. */
export const keyOf = ({ operator, inputs, attributes, outputs }: Node): string =>
  JSON.stringify([operator.name, inputs.map(({ type, shape, constant }) => [type, shape, constant !== undefined]), attributes, outputs.length])

/**
 * Describes every node that `open` refuses because of missing kernels, each kind once.
 * @param open opens a model with the processor's kernels forbidden
 */
export const nodesWithoutKernel = async (
  outputs: Readonly<Record<string, Value>>,
  open: (model: Uint8Array) => Promise<Ort.InferenceSession>
): Promise<ReadonlyArray<string>> => {
  const kinds = new Map<string, Node>()
  for (const { node } of reachable(Object.values(outputs))) if (node !== undefined) kinds.set(keyOf(node), node)
  const missing: Array<string> = []
  for (const node of kinds.values()) {
    const model = alone(node)
    if (model === undefined) continue
    try {
      await (await open(encodeModel(model))).release()
    } catch (cause) {
      if (needsProcessor(cause)) missing.push(describeNode(node))
    }
  }
  return missing
}
