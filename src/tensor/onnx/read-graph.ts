/** Reads the nodes of a file into a graph: names to values, scope by scope, with functions and subgraphs read where they are used. */
import { GraphError } from "../errors.ts"
import type { Graph, Value } from "../graph.ts"
import { applyCall, knownOperator } from "./apply.ts"
import { attributeOf, type Call, type CallAttribute, standard, whereOf } from "./call.ts"
import { control } from "./control.ts"
import { type Declared, isDeclared, passOn } from "./pass-on.ts"
import { sharedBatch } from "./rebatch.ts"
import type { AttributeProto, FunctionProto, GraphProto, NodeProto, OperatorSetIdProto } from "./schema.ts"
import { type ExternalData, sparseTensorOf, tensorOf } from "./tensor-proto.ts"

/** Values by name; names of the scopes around it are seen too. */
export class Scope {
  readonly #values = new Map<string, Value>()
  readonly #outer: Scope | undefined
  constructor(outer?: Scope) {
    this.#outer = outer
  }
  get(name: string): Value | undefined {
    return this.#values.get(name) ?? this.#outer?.get(name)
  }
  set(name: string, value: Value): void {
    this.#values.set(name, value)
  }
  /** @throws GraphError saying who asked. */
  named(name: string, where: string): Value {
    const value = this.get(name)
    if (value === undefined) throw new GraphError({ message: `${where} name "${name}", which nothing before them computes.` })
    return value
  }
}

export interface Reading {
  readonly graph: Graph
  readonly functions: ReadonlyArray<FunctionProto>
  readonly external?: ExternalData
  /** The number of samples at once, where the file had another one written into it. */
  readonly batch?: number
  /** What the file declares of its values, where operators that are not known are passed on. */
  readonly declared?: Declared
}

/** Where nodes stand: the operator sets they are written for, and in a function the attributes that it was called with. */
export interface Place {
  readonly scope: Scope
  readonly versions: ReadonlyMap<string, number>
  readonly parameters?: ReadonlyMap<string, AttributeProto>
}

/** Operator sets by domain; files of the first version declare none. */
export const versionsOf = (sets: ReadonlyArray<OperatorSetIdProto> | undefined): ReadonlyMap<string, number> =>
  new Map((sets ?? []).map(({ domain = "", version = 1 }) => [standard(domain) ? "" : domain, version]))

/** Weights of a graph. */
export const readInitialisers = (proto: GraphProto, { graph, external }: Reading, scope: Scope): void => {
  for (const tensor of proto.initializer ?? []) scope.set(tensor.name ?? "", graph.constant(tensorOf(tensor, external), undefined, tensor.name))
  for (const sparse of proto.sparse_initializer ?? []) scope.set(sparse.values?.name ?? "", graph.constant(sparseTensorOf(sparse, external)))
}

/** Computes the values that nodes name, as far as `outputs` need them. @throws GraphError naming every unknown operator at once. */
export const readNodes = (all: ReadonlyArray<NodeProto>, outputs: ReadonlyArray<string>, reading: Reading, place: Place): void => {
  const { nodes, used } = needed(all, outputs)
  const unknown = unknownNodes(nodes, reading)
  if (unknown.length > 0) {
    const hint = reading.declared === undefined ? "" : ", and the file does not declare the shapes of its results (onnx.shape_inference does)"
    throw new GraphError({
      message: unknown.map((node) => `${whereOf(node)}: the operator is not known to the tensor engine${hint}.`).join("\n")
    })
  }
  for (const node of nodes) readNode(node, used, reading, place)
}

/** A subgraph's outputs, with values for its own inputs. */
export const readSubgraph = (proto: GraphProto, inputs: ReadonlyArray<Value>, reading: Reading, place: Place): ReadonlyArray<Value> => {
  const scope = new Scope(place.scope)
  readInitialisers(proto, reading, scope)
  proto.input?.forEach(({ name = "" }, i) => {
    const value = inputs[i]
    if (value !== undefined) scope.set(name, value)
  })
  const names = (proto.output ?? []).map(({ name = "" }) => name)
  readNodes(proto.node ?? [], names, reading, { ...place, scope })
  return names.map((name) => scope.named(name, "A subgraph's outputs"))
}

const readNode = (node: NodeProto, used: ReadonlySet<string>, reading: Reading, place: Place): void => {
  const { graph } = reading
  const where = whereOf(node)
  const domain = node.domain ?? ""
  const names = node.output ?? []
  const outputs = names.findLastIndex((name) => used.has(name)) + 1
  const inputs = (node.input ?? []).map((name) => (name === "" ? undefined : place.scope.named(name, `${where}: its inputs`)))
  const attributes = attributesOf(node, reading, place)
  const body = functionOf(node, reading)
  let results: ReadonlyArray<Value>
  if (body !== undefined) results = readFunction(body, inputs, node, reading, place)
  else if (reading.declared !== undefined && !isKnown(node)) results = passOn(graph, { node, inputs, attributes, where }, reading.declared)
  else {
    const version = place.versions.get(standard(domain) ? "" : domain) ?? 1
    const call: Call = { op: knownOperator(node.op_type ?? "", domain) ?? node.op_type ?? "", version, graph, inputs, attributes, outputs, where }
    const subgraphs = control.get(call.op)
    const read = (proto: GraphProto, given: ReadonlyArray<Value>) => readSubgraph(proto, given, reading, place)
    const batched = sharedBatch(call, reading.batch)
    results = subgraphs !== undefined ? subgraphs(call, read) : "op" in batched ? applyCall(batched) : batched
  }
  names.forEach((name, i) => {
    const result = results[i]
    if (name !== "" && result !== undefined) place.scope.set(name, result)
  })
}

const attributesOf = (node: NodeProto, { external }: Reading, { parameters }: Place): ReadonlyMap<string, CallAttribute> =>
  new Map((node.attribute ?? []).flatMap((attribute) => {
    const given = attribute.ref_attr_name === undefined || attribute.ref_attr_name === "" ? attribute : parameters?.get(attribute.ref_attr_name)
    return given === undefined ? [] : [[attribute.name ?? "", attributeOf(given, external)] as const]
  }))

const functionOf = ({ op_type, domain = "" }: NodeProto, { functions }: Reading): FunctionProto | undefined =>
  functions.find((one) => one.name === op_type && (one.domain ?? "") === domain)

/** A function of the file sees its own inputs and the attributes of the call, nothing else. */
const readFunction = (body: FunctionProto, inputs: ReadonlyArray<Value | undefined>, node: NodeProto, reading: Reading, place: Place): ReadonlyArray<Value> => {
  const scope = new Scope()
  body.input?.forEach((name, i) => {
    const value = inputs[i]
    if (value !== undefined) scope.set(name, value)
  })
  const given = (node.attribute ?? []).map((attribute) => place.parameters?.get(attribute.ref_attr_name ?? "") ?? attribute)
  const parameters = new Map([
    ...(body.attribute_proto ?? []).map((attribute) => [attribute.name ?? "", attribute] as const),
    ...given.map((attribute, i) => [node.attribute?.[i]?.name ?? "", attribute] as const)
  ])
  const names = (body.output ?? []).slice(0, Math.max(1, (node.output ?? []).length))
  readNodes(body.node ?? [], names, reading, { scope, versions: new Map([...place.versions, ...versionsOf(body.opset_import)]), parameters })
  return names.map((name) => scope.named(name, `${whereOf(node)}: its outputs`))
}

/** The nodes that the outputs depend on, in order, and every name that they and the outputs read. */
const needed = (all: ReadonlyArray<NodeProto>, outputs: ReadonlyArray<string>): { nodes: ReadonlyArray<NodeProto>; used: ReadonlySet<string> } => {
  const used = new Set(outputs)
  const nodes = all.toReversed().filter((node) => {
    if (!(node.output ?? []).some((name) => used.has(name))) return false
    for (const name of readBy(node)) used.add(name)
    return true
  })
  return { nodes: nodes.reverse(), used }
}

/** Names that a node and the subgraphs in it read. */
const readBy = (node: NodeProto): ReadonlyArray<string> => [
  ...(node.input ?? []),
  ...(node.attribute ?? []).flatMap(({ g }) => [...(g?.node ?? []).flatMap(readBy), ...(g?.output ?? []).map(({ name = "" }) => name)])
]

const unknownNodes = (nodes: ReadonlyArray<NodeProto>, reading: Reading): ReadonlyArray<NodeProto> =>
  nodes.flatMap((node) => {
    const body = functionOf(node, reading)
    if (body !== undefined) return unknownNodes(body.node ?? [], reading)
    return isKnown(node) || (reading.declared !== undefined && isDeclared(node, reading.declared)) ? [] : [node]
  })

const isKnown = ({ attribute = [], domain = "", op_type = "" }: NodeProto): boolean =>
  (standard(domain) && control.has(op_type) && attribute.some(({ g }) => g !== undefined)) || knownOperator(op_type, domain) !== undefined
