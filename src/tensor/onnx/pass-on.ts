/**
 * Operators of a file that the engine does not know, passed on to the runtime as they are: they run forward, where the file declares the types
 * and shapes of what they give (onnx.shape_inference writes these into a file).
 */
import { GraphError } from "../errors.ts"
import type { Graph, Value } from "../graph.ts"
import type { AttributeRule, AttributeValue } from "../operator.ts"
import { opaque } from "../operators/opaque.ts"
import type { TensorType } from "../tensor.ts"
import { type CallAttribute, plainAttribute, standard } from "./call.ts"
import { type AttributeProto, attributeTypes, type GraphProto, type NodeProto } from "./schema.ts"
import { declaredType } from "./sizes.ts"

/** Types by name, of all values whose shape the file declares in full. */
export type Declared = ReadonlyMap<string, TensorType>

export const declaredTypes = ({ output = [], value_info = [] }: GraphProto, symbols: ReadonlyMap<string, number>): Declared =>
  new Map([...value_info, ...output].flatMap((info) => {
    const type = declaredType(info, symbols)
    return type === undefined ? [] : [[info.name ?? "", type] as const]
  }))

/** Whether the file says what each of the node's results is. */
export const isDeclared = ({ output = [] }: NodeProto, declared: Declared): boolean => output.length > 0 && output.every((name) => declared.has(name))

const kinds: ReadonlyMap<number, AttributeRule["kind"]> = new Map([
  [attributeTypes.float, "float"], [attributeTypes.int, "int"], [attributeTypes.string, "string"], [attributeTypes.floats, "floats"], [attributeTypes.ints, "ints"]
])

export interface Passed {
  readonly node: NodeProto
  readonly inputs: ReadonlyArray<Value | undefined>
  readonly attributes: ReadonlyMap<string, CallAttribute>
  readonly where: string
}

/** @throws GraphError when an attribute is a tensor or a graph, or an input in the middle is left out. */
export const passOn = (graph: Graph, { attributes, inputs, node, where }: Passed, declared: Declared): ReadonlyArray<Value> => {
  const { domain = "", op_type = "", output = [] } = node
  const last = inputs.findLastIndex((input) => input !== undefined)
  const present = inputs.slice(0, last + 1).flatMap((input) => input ?? [])
  if (present.length <= last) throw new GraphError({ message: `${where}: an optional input in the middle is left out, which cannot be passed on.` })
  const values: Record<string, AttributeValue> = {}
  for (const [name, attribute] of attributes) {
    const value = plainAttribute(attribute)
    if (value === undefined) throw new GraphError({ message: `${where}: its attribute ${name} cannot be passed on.` })
    values[name] = value
  }
  const operator = opaque({
    name: op_type,
    ...(standard(domain) ? {} : { domain }),
    attributes: Object.fromEntries((node.attribute ?? []).map((attribute) => [attribute.name ?? "", { kind: kindOf(attribute) }])),
    outputs: output.flatMap((name) => declared.get(name) ?? [])
  })
  return graph.apply(operator, present, values, output.length)
}

const kindOf = ({ type = 0 }: AttributeProto): AttributeRule["kind"] => kinds.get(type) ?? "ints"
