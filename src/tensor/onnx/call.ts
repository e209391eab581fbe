/**
 * A node of a file as the importer works on it: its operands found, its attributes read, whatever operator set it was written for.
 */
import { GraphError } from "../errors.ts"
import type { Graph, Value } from "../graph.ts"
import type { AttributeValue } from "../operator.ts"
import { type Tensor, toNumbers } from "../tensor.ts"
import { type AttributeProto, attributeTypes, type GraphProto, type NodeProto } from "./schema.ts"
import { type ExternalData, tensorOf } from "./tensor-proto.ts"

/** An attribute as a file can hold it; those that hold lists of text are kept as such. */
export type CallAttribute = AttributeValue | Tensor | GraphProto | ReadonlyArray<string>

export interface Call {
  readonly op: string
  /** Of the operator set that the file declares for the node's domain. */
  readonly version: number
  readonly graph: Graph
  /** undefined for an optional one that is left out. */
  readonly inputs: ReadonlyArray<Value | undefined>
  readonly attributes: ReadonlyMap<string, CallAttribute>
  /** How many outputs the node declares. */
  readonly outputs: number
  /** `Node "name" (Op)`, for messages. */
  readonly where: string
}

/** The node's name as a message puts it. */
export const whereOf = ({ name, op_type, domain, output }: NodeProto): string => {
  const op = op_type ?? ""
  const qualified = domain === undefined || standard(domain) ? op : `${domain}.${op}`
  return `Node "${name !== undefined && name !== "" ? name : output?.[0] ?? ""}" (${qualified})`
}

/** ONNX's own operators go by two names. */
export const standard = (domain: string): boolean => domain === "" || domain === "ai.onnx"

export const attributeOf = (proto: AttributeProto, external?: ExternalData): CallAttribute => {
  const text = new TextDecoder()
  switch (proto.type ?? guessed(proto)) {
    case attributeTypes.float: return proto.f ?? 0
    case attributeTypes.int: return proto.i ?? 0
    case attributeTypes.string: return text.decode(proto.s)
    case attributeTypes.tensor: return tensorOf(proto.t ?? {}, external)
    case attributeTypes.graph: return proto.g ?? {}
    case attributeTypes.floats: return proto.floats ?? []
    case attributeTypes.ints: return proto.ints ?? []
    case attributeTypes.strings: return (proto.strings ?? []).map((bytes) => text.decode(bytes))
    default: throw new GraphError({ message: `The attribute ${proto.name ?? ""} is of a kind that the engine does not have.` })
  }
}

/** Files of the first format versions do not say which kind an attribute is. */
const guessed = (proto: AttributeProto): number => {
  const { float, int, string, tensor, graph, floats, ints, strings } = attributeTypes
  const kinds = [[proto.f, float], [proto.i, int], [proto.s, string], [proto.t, tensor], [proto.g, graph], [proto.floats, floats], [proto.ints, ints]] as const
  return kinds.find(([value]) => value !== undefined)?.[1] ?? strings
}

const isTensor = (attribute: CallAttribute): attribute is Tensor => typeof attribute === "object" && "shape" in attribute && "data" in attribute
const isList = (attribute: CallAttribute): attribute is ReadonlyArray<number> | ReadonlyArray<string> => Array.isArray(attribute)
const isNumbers = (list: ReadonlyArray<number> | ReadonlyArray<string>): list is ReadonlyArray<number> => list.every((element) => typeof element === "number")

const wrongKind = ({ where }: Call, name: string, wanted: string): GraphError => new GraphError({ message: `${where}: its attribute ${name} is no ${wanted}.` })

/** A number that an attribute holds. */
export const numberAttribute = (call: Call, name: string): number | undefined => {
  const value = call.attributes.get(name)
  if (value !== undefined && typeof value !== "number") throw wrongKind(call, name, "number")
  return value
}
export const textAttribute = (call: Call, name: string): string | undefined => {
  const value = call.attributes.get(name)
  if (value !== undefined && typeof value !== "string") throw wrongKind(call, name, "text")
  return value
}
export const listAttribute = (call: Call, name: string): ReadonlyArray<number> | undefined => {
  const value = call.attributes.get(name)
  if (value === undefined) return undefined
  if (!isList(value) || !isNumbers(value)) throw wrongKind(call, name, "list of numbers")
  return value
}
export const tensorAttribute = (call: Call, name: string): Tensor | undefined => {
  const value = call.attributes.get(name)
  if (value !== undefined && !isTensor(value)) throw wrongKind(call, name, "tensor")
  return value
}
export const graphAttribute = (call: Call, name: string): GraphProto | undefined => {
  const value = call.attributes.get(name)
  if (value === undefined) return undefined
  if (typeof value !== "object" || isTensor(value) || isList(value)) throw wrongKind(call, name, "graph")
  return value
}

/** An attribute as the engine's operators take it, or undefined for a kind that none of them has. */
export const plainAttribute = (value: CallAttribute): AttributeValue | undefined =>
  typeof value === "number" || typeof value === "string" ? value : isList(value) && isNumbers(value) ? value : undefined

/** An operand that must be there. */
export const operand = ({ inputs, where }: Call, position: number): Value => {
  const value = inputs[position]
  if (value === undefined) throw new GraphError({ message: `${where}: its input ${position} is left out.` })
  return value
}

/**
 * The numbers of an operand that shapes depend on.
 * @throws GraphError when the graph computes it from its inputs.
 */
export const numbersOf = (value: Value, what: string, { where }: Call): ReadonlyArray<number> => {
  if (value.constant !== undefined) return Array.from(toNumbers(value.constant), withinSafe)
  throw new GraphError({
    message: `${where}: its ${what} is computed from the model's inputs, and shapes must be known beforehand; give that input a fixed value (constants).`
  })
}

/** Files write "to the end" as the greatest int64, which a double does not hold. */
const withinSafe = (x: number): number =>
  Number.isFinite(x) ? Math.min(Math.max(x, Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER) : x

/** The call with other attributes; undefined takes one away. */
export const withAttributes = (call: Call, changes: Readonly<Record<string, CallAttribute | undefined>>): Call => {
  const attributes = new Map(call.attributes)
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) attributes.delete(name)
    else attributes.set(name, value)
  }
  return { ...call, attributes }
}
