/** Which weights of a file training changes. */
import { GraphError } from "../errors.ts"
import { isFloat, type Tensor } from "../tensor.ts"
import type { GraphProto, NodeProto, TensorProto } from "./schema.ts"
import { type ExternalData, tensorOf } from "./tensor-proto.ts"
import { holdingType } from "./types.ts"

/** Operands that are statistics or settings, by operator: everything else of floating-point numbers with at least one axis is learned. */
const settings: ReadonlyMap<string, ReadonlyArray<number>> = new Map([
  ["BatchNormalization", [3, 4]], ["Resize", [1, 2]], ["Upsample", [1]], ["Clip", [1, 2]], ["Pad", [2]], ["Dropout", [1]], ["OneHot", [2]], ["Range", [0, 1, 2]],
  ["QuantizeLinear", [1, 2]], ["DequantizeLinear", [1, 2]], ["Where", [0]], ["Pow", [1]]
])

/**
 * The weights that become inputs: those named, or with `true` all that a training framework would call parameters (running statistics,
 * scales of a resize and the like stay constants, and so do single numbers). Weights may stand as initialisers or as Constant nodes.
 * @throws GraphError for a name that is no weight of floating-point numbers.
 */
export const trainableWeights = (
  graph: GraphProto,
  trainable: boolean | ReadonlyArray<string> | undefined,
  external: ExternalData | undefined
): ReadonlyMap<string, Tensor> => {
  if (trainable === undefined || trainable === false) return new Map()
  const candidates = new Map<string, () => Tensor>()
  for (const proto of graph.initializer ?? []) {
    if (isWeight(proto)) candidates.set(proto.name ?? "", () => tensorOf(proto, external))
  }
  for (const node of graph.node ?? []) {
    const [value] = node.op_type === "Constant" ? node.attribute ?? [] : []
    if (value?.t !== undefined && isWeight(value.t)) candidates.set(node.output?.[0] ?? "", () => tensorOf(value.t ?? {}, external))
  }
  if (trainable !== true) {
    const chosen = trainable.map((name) => ({ name, read: candidates.get(name) }))
    const missing = chosen.filter(({ read }) => read === undefined).map(({ name }) => `"${name}"`)
    if (missing.length > 0) throw new GraphError({ message: `The model has no weights of floating-point numbers named ${missing.join(", ")}.` })
    return new Map(chosen.flatMap(({ name, read }) => (read === undefined ? [] : [[name, read()] as const])))
  }
  const fixed = fixedNames(graph.node ?? [])
  return new Map([...candidates].filter(([name]) => !fixed.has(name)).map(([name, read]) => [name, read()] as const).filter(([, { shape }]) => shape.length > 0))
}

const isWeight = ({ data_type }: TensorProto): boolean => isFloat(holdingType(data_type ?? 0) ?? "bool")

/** Names that nodes take as settings, seen through Identity nodes. */
const fixedNames = (nodes: ReadonlyArray<NodeProto>): ReadonlySet<string> => {
  const fixed = new Set(nodes.flatMap((node) => (settings.get(node.op_type ?? "") ?? []).flatMap((position) => node.input?.[position] ?? [])))
  for (const node of nodes.toReversed()) {
    if (node.op_type !== "Identity" || !(node.output ?? []).some((name) => fixed.has(name))) continue
    for (const name of node.input ?? []) fixed.add(name)
  }
  return fixed
}
