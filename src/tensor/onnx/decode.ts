/**
 * ONNX to graph: reads the files that `encodeModel` writes and others that keep to the operators the engine knows. Shapes are
 * inferred anew, so that a model with symbolic sizes takes the ones it is given.
 */
import { GraphError } from "../errors.ts"
import { Graph, type Value } from "../graph.ts"
import type { AttributeRule, AttributeValue } from "../operator.ts"
import { operatorNamed } from "../operators/registry.ts"
import { sizeOf } from "../shape.ts"
import { allocate, fromNumbers, type Tensor, type TensorType, toNumbers } from "../tensor.ts"
import { type AttributeProto, type ModelProto, type NodeProto, readModel, readTensorProto, type TensorProto, type ValueInfoProto } from "./schema.ts"
import { dataTypeOf } from "./types.ts"

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
 * @throws GraphError naming the node for an operator, an attribute or a type that the engine does not know, and the dimension
 * for a symbolic one without a size.
 */
export const decodeModel = (bytes: Uint8Array, options: DecodeOptions = {}): DecodedModel => {
  const { graph: proto, metadata_props } = parse(bytes, readModel)
  if (proto === undefined) throw new GraphError({ message: "The file holds no ONNX graph." })
  const graph = new Graph()
  const values = new Map<string, Value>()
  for (const initialiser of proto.initializer ?? []) values.set(initialiser.name ?? "", graph.constant(tensorOf(initialiser)))
  const inputs: Record<string, Value> = {}
  for (const info of proto.input ?? []) {
    const name = info.name ?? ""
    if (values.has(name)) continue // an initialiser with a declared type, as old files have them
    const fixed = options.constants?.[name]
    if (fixed !== undefined) {
      values.set(name, graph.constant(fixed))
      continue
    }
    const { shape, type } = typeOf(info, options)
    inputs[name] = graph.input(name, shape, type)
    values.set(name, inputs[name])
  }
  for (const node of proto.node ?? []) addNode(graph, node, values)
  const outputs: Record<string, Value> = {}
  for (const { name = "" } of proto.output ?? []) outputs[name] = named(values, name, "the graph's outputs")
  return { graph, inputs, outputs, metadata: Object.fromEntries((metadata_props ?? []).map(({ key = "", value = "" }) => [key, value])) }
}

/** The tensor of an ONNX tensor file (`.pb`). @throws GraphError when it is none or of a type that the engine does not have. */
export const decodeTensor = (bytes: Uint8Array): Tensor => tensorOf(parse(bytes, readTensorProto))

const parse = <Proto extends ModelProto | TensorProto>(bytes: Uint8Array, read: (bytes: Uint8Array) => Proto): Proto => {
  try {
    return read(bytes)
  } catch (error) {
    throw new GraphError({ message: `The file is not ONNX: ${error instanceof Error ? error.message : String(error)}.` })
  }
}

const named = (values: ReadonlyMap<string, Value>, name: string, where: string): Value => {
  const value = values.get(name)
  if (value === undefined) throw new GraphError({ message: `${where} name "${name}", which nothing before them computes.` })
  return value
}

const typeOf = ({ name, type: proto }: ValueInfoProto, { dimensions = {} }: DecodeOptions): TensorType => {
  const type = dataTypeOf(proto?.tensor_type?.elem_type ?? 0)
  if (type === undefined) throw new GraphError({ message: `The input "${name}" has an element type that the engine does not have.` })
  const shape = (proto?.tensor_type?.shape?.dim ?? []).map(({ dim_value, dim_param }) => {
    if (dim_param === undefined || dim_param === "") return dim_value ?? 0
    const size = dimensions[dim_param]
    if (size === undefined) {
      throw new GraphError({ message: `The input "${name}" has the symbolic dimension "${dim_param}"; give its size: { dimensions: { ${dim_param}: ... } }.` })
    }
    return size
  })
  return { type, shape }
}

const addNode = (graph: Graph, node: NodeProto, values: Map<string, Value>): void => {
  const op = node.op_type ?? ""
  const where = `Node "${node.name ?? ""}" (${op})`
  const names = node.output ?? []
  const results = op === "Constant" ? [graph.constant(constantOf(node, where))] : applyNode(graph, node, op, where, values)
  names.forEach((name, i) => {
    const result = results[i]
    if (name !== "" && result !== undefined) values.set(name, result)
  })
}

const applyNode = (graph: Graph, node: NodeProto, op: string, where: string, values: ReadonlyMap<string, Value>): ReadonlyArray<Value> => {
  const operator = operatorNamed(op)
  const domain = node.domain ?? ""
  if (operator === undefined || (operator.domain ?? "") !== (domain === "ai.onnx" ? "" : domain)) {
    throw new GraphError({ message: `${where}: the operator is not known to the tensor engine.` })
  }
  const given = (node.input ?? []).map((name) => (name === "" ? undefined : named(values, name, `${where}'s inputs`)))
  const rules = Object.entries(operator.attributes ?? {})
  const attributes: Record<string, AttributeValue> = {}
  for (const attribute of node.attribute ?? []) {
    const [name, rule] = rules.find(([known]) => known === attribute.name) ?? []
    if (name === undefined || rule === undefined) throw new GraphError({ message: `${where}: the attribute ${attribute.name} is not known.` })
    attributes[name] = attributeValue(attribute, rule)
  }
  for (const [name, rule] of rules) {
    const operand = rule.input === undefined ? undefined : given[rule.input]
    if (operand === undefined) continue
    if (operand.constant === undefined) throw new GraphError({ message: `${where}: its ${name} is computed by the graph; only constants are supported.` })
    const numbers = [...toNumbers(operand.constant)]
    attributes[name] = rule.kind === "int" || rule.kind === "float" ? numbers[0] ?? 0 : numbers
  }
  // Before operator set 18 a Split without sizes makes equal parts, as many as it has outputs.
  if (op === "Split" && attributes["split"] === undefined) attributes["num_outputs"] ??= (node.output ?? []).length
  const operandPositions = new Set(rules.map(([, rule]) => rule.input))
  const inputs = withDefaults(op, graph, given).filter((_, position) => !operandPositions.has(position))
  const present = inputs.flatMap((input) => (input === undefined ? [] : [input]))
  if (present.length < inputs.length) throw new GraphError({ message: `${where}: an optional input in the middle is left out.` })
  return attempt(where, () => graph.apply(op, present, attributes, Math.max(1, (node.output ?? []).length)))
}

const attempt = <A>(where: string, make: () => A): A => {
  try {
    return make()
  } catch (error) {
    throw error instanceof GraphError ? new GraphError({ message: `${where}: ${error.message}` }) : error
  }
}

/** Clip's bounds may be left out. */
const withDefaults = (op: string, graph: Graph, inputs: ReadonlyArray<Value | undefined>): ReadonlyArray<Value | undefined> => {
  const [x, low, high] = inputs
  return op === "Clip" && x !== undefined ? [x, low ?? graph.constant(-Infinity, x.type), high ?? graph.constant(Infinity, x.type)] : inputs
}

const attributeValue = ({ f, i, s, floats, ints }: AttributeProto, { kind }: AttributeRule): AttributeValue => {
  switch (kind) {
    case "float": return f ?? 0
    case "int": return i ?? 0
    case "string": return new TextDecoder().decode(s)
    case "floats": return floats ?? []
    case "ints": return ints ?? []
  }
}

const constantOf = ({ attribute = [] }: NodeProto, where: string): Tensor => {
  for (const { name, t, f, i, floats, ints } of attribute) {
    if (name === "value" && t !== undefined) return tensorOf(t)
    if (name === "value_float") return fromNumbers([f ?? 0], { type: "float32", shape: [] })
    if (name === "value_int") return fromNumbers([i ?? 0], { type: "int64", shape: [] })
    if (name === "value_floats") return fromNumbers(floats ?? [], { type: "float32", shape: [(floats ?? []).length] })
    if (name === "value_ints") return fromNumbers(ints ?? [], { type: "int64", shape: [(ints ?? []).length] })
  }
  throw new GraphError({ message: `${where}: its value is of a kind that the engine does not have.` })
}

const tensorOf = (proto: TensorProto): Tensor => {
  const type = dataTypeOf(proto.data_type ?? 0)
  if (type === undefined) throw new GraphError({ message: `The tensor "${proto.name ?? ""}" has an element type that the engine does not have.` })
  if ((proto.external_data ?? []).length > 0) throw new GraphError({ message: `The tensor "${proto.name ?? ""}" lies in another file; only weights inside the model are read.` })
  const shape = [...proto.dims ?? []]
  const size = sizeOf(shape)
  const { raw_data } = proto
  if (raw_data !== undefined && raw_data.length > 0) {
    const data = allocate(type, size)
    if (raw_data.length !== data.byteLength) throw new GraphError({ message: `The tensor "${proto.name ?? ""}" has ${raw_data.length} bytes, not ${data.byteLength}.` })
    new Uint8Array(data.buffer).set(raw_data)
    return { type, shape, data }
  }
  const listed = [proto.float_data, proto.double_data, proto.int64_data, proto.int32_data].find((list) => list !== undefined && list.length > 0) ?? []
  if (listed.length !== size) throw new GraphError({ message: `The tensor "${proto.name ?? ""}" has ${listed.length} elements, not ${size}.` })
  return fromNumbers(listed, { type, shape })
}

