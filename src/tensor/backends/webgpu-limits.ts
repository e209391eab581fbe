/**
 * Nodes that onnxruntime's WebGPU provider takes and then cannot run (as of 1.30): it says so only when the graph runs, or gives wrong
 * numbers. Found here beforehand, by the forms that its kernels refuse or fail at.
 */
import { type Node, reachable, type Value } from "../graph.ts"
import { axisOf, first, intOf, item } from "../operator.ts"
import { sameShape } from "../shape.ts"

export interface LimitedNode {
  readonly node: Node
  /** As the written model names it. */
  readonly name: string
}

/** Whether a node is beyond its kernel. `isUsed` tells which outputs the model has. */
const beyond: Readonly<Record<string, (node: Node, isUsed: (output: Value) => boolean) => boolean>> = {
  // "The Indices output is not supported yet."
  MaxPool: ({ outputs }, isUsed) => outputs.slice(1).some(isUsed),
  // "The antialias attribute of Resize operator is NOT implemented."
  Resize: ({ attributes }) => intOf(attributes, "antialias", 0) !== 0,
  // "Only Conv2d or Conv1d are supported." And where each group makes one channel of several, all groups but the first come out wrong.
  ConvTranspose: ({ inputs, attributes }) => {
    const [groups, [channels = 0, perGroup]] = [intOf(attributes, "group", 1), item(inputs, 1).shape]
    return first(inputs).shape.length > 4 || (groups > 1 && perGroup === 1 && channels > groups)
  },
  // "Conv3D does not support grouped convolution."
  Conv: ({ inputs, attributes }) => first(inputs).shape.length > 4 && intOf(attributes, "group", 1) !== 1,
  // "Size of scale and bias (if provided) must match this."
  LayerNormalization: ({ inputs, attributes }) => {
    const { shape } = first(inputs)
    return inputs.slice(1).some((parameter) => !sameShape(parameter.shape, shape.slice(axisOf(intOf(attributes, "axis", -1), shape))))
  }
}

export const beyondWebgpu = (outputs: Readonly<Record<string, Value>>): ReadonlyArray<LimitedNode> => {
  const values = reachable(Object.values(outputs))
  const used = new Set(values)
  const found = new Map<Node, LimitedNode>()
  for (const { node, id } of values) {
    if (node === undefined || found.has(node) || !Object.hasOwn(beyond, node.operator.name)) continue
    if (beyond[node.operator.name]?.(node, (output) => used.has(output)) === true) found.set(node, { node, name: `${node.operator.name}_${id}` })
  }
  return [...found.values()]
}
