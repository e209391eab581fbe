/**
 * Graph to ONNX: only what the outputs need, in order, with constants as initialisers and the attributes that ONNX wants as inputs turned
 * into small constant tensors.
 */
import { GraphError } from "../errors.ts"
import { type Node, reachable, type Value } from "../graph.ts"
import type { AttributeRule, Attributes, AttributeValue } from "../operator.ts"
import { fromNumbers, tensor, type DataType, type Tensor } from "../tensor.ts"
import { freeSizes } from "./free-sizes.ts"
import { attributeTypes, type AttributeProto, type Dimension, type NodeProto, type TensorProto, type ValueInfoProto, writeModel } from "./schema.ts"
import { elementTypes } from "./types.ts"

/** The operator set that files are written in, and the format version that goes with it. */
export const OPSET = 21
const IR_VERSION = 10

export interface EncodeOptions {
  readonly name?: string
  /** Text kept in the file (metadata_props). */
  readonly metadata?: Readonly<Record<string, string>>
  /** Axes that may have any size when the model is used: `{ x: { 0: "batch" }, y: { 0: "batch" } }`. The graph must not depend on
   * their size otherwise; one name stands for one size. */
  readonly dynamicAxes?: Readonly<Record<string, Readonly<Record<number, string>>>>
  /** The same outputs built with another size of the dynamic axes: shapes within the graph then follow these (free-sizes.ts). */
  readonly elsewhere?: Readonly<Record<string, Value>>
  /** Inputs of the graph that become weights of the file, under their names and with these values: unlike constants they are not computed with in
   * advance, so that whoever reads the file finds each of them as it is. */
  readonly weights?: Readonly<Record<string, Tensor>>
}

/**
 * An ONNX file that computes `outputs` (by these names) from the graph's inputs that they depend on.
 * @throws GraphError when an output has the name of an input.
 */
export const encodeModel = (outputs: Readonly<Record<string, Value>>, options: EncodeOptions = {}): Uint8Array => {
  const values = reachable(Object.values(outputs))
  const { weights = {} } = options
  const named = values.filter((value) => value.node === undefined && value.constant === undefined)
  const inputs = named.filter(({ name }) => weights[name] === undefined)
  const writer = new Writer(values, named, outputs, freeSizes(Object.values(outputs), Object.values(options.elsewhere ?? {})))
  for (const value of values) writer.add(value)
  for (const [name, value] of Object.entries(outputs)) writer.output(name, value)
  const info = (name: string, { type, shape }: Value): ValueInfoProto => ({
    name,
    type: {
      tensor_type: {
        elem_type: elementTypes[type],
        shape: { dim: shape.map((size, axis): Dimension => {
          const symbol = options.dynamicAxes?.[name]?.[axis]
          return symbol === undefined ? { dim_value: size } : { dim_param: symbol }
        }) }
      }
    }
  })
  return writeModel({
    ir_version: IR_VERSION,
    producer_name: "reprise",
    opset_import: [{ domain: "", version: OPSET }, ...[...writer.domains].map((domain) => ({ domain, version: 1 }))],
    graph: {
      name: options.name ?? "graph",
      node: writer.nodes,
      initializer: [...named.flatMap(({ name }) => (weights[name] === undefined ? [] : [tensorProto(name, weights[name])])), ...writer.initialisers],
      input: inputs.map((value) => info(value.name, value)),
      output: Object.entries(outputs).map(([name, value]) => info(name, value))
    },
    metadata_props: Object.entries(options.metadata ?? {}).map(([key, value]) => ({ key, value }))
  })
}

class Writer {
  readonly nodes: Array<NodeProto> = []
  readonly initialisers: Array<TensorProto> = []
  readonly domains = new Set<string>()
  readonly #used: ReadonlySet<Value>
  readonly #names = new Map<Value, string>()
  readonly #taken: Set<string>
  readonly #written = new Set<Node>()
  readonly #operands = new Map<string, string>()
  readonly #free: ReadonlyMap<Node, Attributes>

  constructor(values: ReadonlyArray<Value>, inputs: ReadonlyArray<Value>, outputs: Readonly<Record<string, Value>>, free: ReadonlyMap<Node, Attributes>) {
    this.#free = free
    this.#used = new Set(values)
    this.#taken = new Set(inputs.map(({ name }) => name))
    for (const value of inputs) this.#names.set(value, value.name)
    for (const [name, value] of Object.entries(outputs)) {
      if (this.#taken.has(name)) throw new GraphError({ message: `The output "${name}" has the name of an input; give it another.` })
      this.#taken.add(name)
      if (value.node !== undefined && value.node.operator.name !== "StopGradient" && !this.#names.has(value)) this.#names.set(value, name)
    }
  }

  add(value: Value): void {
    const { node, constant } = value
    if (constant !== undefined) this.initialisers.push(tensorProto(this.#nameOf(value), constant))
    if (node === undefined || this.#written.has(node)) return
    this.#written.add(node)
    if (node.operator.name === "StopGradient") {
      this.#names.set(value, node.inputs.map((input) => this.#nameOf(input)).join())
      return
    }
    if (node.operator.domain !== undefined) this.domains.add(node.operator.domain)
    this.nodes.push({
      op_type: node.operator.name,
      ...(node.operator.domain === undefined ? {} : { domain: node.operator.domain }),
      name: this.#fresh(`${node.operator.name}_${value.id}`),
      input: this.#inputsOf(node),
      output: this.#outputsOf(node),
      attribute: attributesOf(node)
    })
  }

  /** An output that is an input, a constant, or another output too is a copy. */
  output(name: string, value: Value): void {
    const source = this.#nameOf(value)
    if (source !== name) this.nodes.push({ op_type: "Identity", name: this.#fresh(`Identity_${name}`), input: [source], output: [name] })
  }

  /** Outputs after the last one that is used are left out, unless ONNX requires them; one before it may be required, so it keeps its name. */
  #outputsOf(node: Node): ReadonlyArray<string> {
    const last = node.outputs.findLastIndex((output) => this.#used.has(output))
    const names = node.outputs.slice(0, last + 1).map((output) => this.#nameOf(output))
    const unused = Math.max(0, (node.operator.required ?? 1) - names.length)
    return [...names, ...Array.from({ length: unused }, () => this.#fresh(`${node.operator.name}_unused`))]
  }

  #inputsOf(node: Node): ReadonlyArray<string> {
    const names = node.inputs.map((input) => this.#nameOf(input))
    const type = node.inputs[0]?.type ?? "float32"
    for (const [name, rule] of Object.entries(node.operator.attributes ?? {})) {
      const value = this.#free.get(node)?.[name] ?? node.attributes[name]
      if (rule.input === undefined || value === undefined) continue
      while (names.length < rule.input) names.push("")
      names[rule.input] = this.#operand(portableShape(node, name, value), rule, type)
    }
    return names
  }

  #operand(value: AttributeValue, rule: AttributeRule, type: DataType): string {
    const elements = rule.kind === "float" || rule.kind === "floats" ? rule.type ?? type : "int64"
    const key = `${elements} ${JSON.stringify(value)}`
    const known = this.#operands.get(key)
    if (known !== undefined) return known
    if (typeof value === "string") throw new GraphError({ message: "Text cannot be an operand of an ONNX node." })
    const operand = typeof value === "number" ? fromNumbers([value], { type: elements, shape: [] }) : tensor(value, [value.length], elements)
    const name = this.#fresh(`operand_${this.#operands.size}`)
    this.#operands.set(key, name)
    this.initialisers.push(tensorProto(name, operand))
    return name
  }

  #nameOf(value: Value): string {
    const known = this.#names.get(value)
    if (known !== undefined) return known
    const name = this.#fresh(value.name)
    this.#names.set(value, name)
    return name
  }

  #fresh(wanted: string): string {
    let name = wanted
    while (this.#taken.has(name)) name = `${name}_`
    this.#taken.add(name)
    return name
  }
}

/** Sizes that a Reshape keeps are written as 0 ("as it was"), so that a model saved at one batch size works at every other. */
const portableShape = (node: Node, name: string, value: AttributeValue): AttributeValue => {
  const [input] = node.inputs
  if (node.operator.name !== "Reshape" || name !== "shape" || input === undefined || typeof value !== "object") return value
  return value.map((size, axis) => (size === input.shape[axis] ? 0 : size))
}

const attributesOf = ({ operator, attributes }: Node): ReadonlyArray<AttributeProto> =>
  Object.entries(operator.attributes ?? {}).flatMap(([name, { kind, input }]): ReadonlyArray<AttributeProto> => {
    const value = attributes[name]
    if (value === undefined || input !== undefined) return []
    const type = attributeTypes[kind]
    if (typeof value === "string") return [{ name, type, s: new TextEncoder().encode(value) }]
    if (typeof value === "number") return [kind === "float" ? { name, type, f: value } : { name, type, i: value }]
    return [kind === "floats" ? { name, type, floats: value } : { name, type, ints: value }]
  })

const tensorProto = (name: string, { type, shape, data }: Tensor): TensorProto => ({
  name,
  dims: shape,
  data_type: elementTypes[type],
  raw_data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
})
