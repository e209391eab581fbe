/**
 * Bringing a model from elsewhere: any ONNX file of operator set 9 or later (most older ones too) as a graph that can be run,
 * differentiated and fine-tuned. What only depends on the file is computed while it is read, so that shapes are known; old ways of writing
 * an operator become the present one (onnx/old-forms.ts); branches and loops become plain graphs (onnx/control.ts).
 */
import { GraphError } from "./errors.ts"
import { Graph, type Value } from "./graph.ts"
import { dimensionsOf, inputType, type Sizes, symbolSizes } from "./onnx/sizes.ts"
import { declaredTypes } from "./onnx/pass-on.ts"
import { readInitialisers, readNodes, type Reading, Scope, versionsOf } from "./onnx/read-graph.ts"
import { type GraphProto, readModel, readTensorProto, type ValueInfoProto } from "./onnx/schema.ts"
import { type ExternalData, tensorOf } from "./onnx/tensor-proto.ts"
import { trainableWeights } from "./onnx/trainable.ts"
import { showShape } from "./shape.ts"
import type { Tensor } from "./tensor.ts"

export interface ImportOptions extends Sizes {
  /** Reads the files that lie beside the model, by the name that it gives them. */
  readonly externalData?: ExternalData
  /** Weights that become inputs of the graph: `true` for all that training would change, or names. */
  readonly trainable?: boolean | ReadonlyArray<string>
  /** Where a trainable weight comes from, in place of a new input of its name. */
  readonly weight?: (name: string, initial: Tensor) => Value
  /** Values to compute the model on, by the names of its inputs, in place of new inputs: the model becomes part of their graph. */
  readonly on?: Readonly<Record<string, Value>>
  /** Inputs that are fixed, by name: the lengths and axes that shapes depend on, for example. */
  readonly constants?: Readonly<Record<string, Tensor>>
  /** Values of the file to take as outputs instead of its own, also from the middle of the graph. */
  readonly outputs?: ReadonlyArray<string>
  /**
   * Samples at once: the first size of every input that is a number in the file. A 1 that the file repeats in the shapes of
   * Reshape and Concat follows it, which is a guess: compare with the file at one sample.
   */
  readonly batch?: number
  /**
   * What becomes of an operator that the engine does not know. `refuse`, the default: it is named, with its node. `forward`: onnxruntime
   * computes it, where the file declares the shapes of its results; nothing before it can be differentiated through it.
   */
  readonly unknown?: "refuse" | "forward"
}

export interface ImportedWeight {
  /** The input of the graph that takes it. */
  readonly value: Value
  readonly initial: Tensor
}

export interface ImportedModel {
  readonly graph: Graph
  readonly inputs: Readonly<Record<string, Value>>
  readonly outputs: Readonly<Record<string, Value>>
  /** Names in the file's order, which the keys of `inputs` and `outputs` lose where they are numbers. */
  readonly inputNames: ReadonlyArray<string>
  readonly outputNames: ReadonlyArray<string>
  /** The trainable weights. */
  readonly weights: ReadonlyMap<string, ImportedWeight>
  readonly metadata: Readonly<Record<string, string>>
  /** What the file says of itself. */
  readonly opset: number
  readonly producer: string
  readonly name: string
}

/**
 * Reads a model.
 * @throws GraphError when the bytes are no ONNX file; naming every node whose operator is not known; naming the input or node whose
 * sizes or types do not fit or are not known.
 */
export const importModel = (bytes: Uint8Array, options: ImportOptions = {}): ImportedModel => {
  const model = parseOnnx(bytes, readModel)
  const { graph: proto } = model
  if (proto === undefined) throw new GraphError({ message: "The file holds no ONNX graph." })
  const { externalData: external, batch } = options
  const graph = Object.values(options.on ?? {})[0]?.graph ?? new Graph()
  const reading: Reading = {
    graph, functions: model.functions ?? [], ...(external === undefined ? {} : { external }), ...(batch === undefined ? {} : { batch })
  }
  const scope = new Scope()
  const weights = new Map<string, ImportedWeight>()
  const trained = trainableWeights(proto, options.trainable, external)
  readInitialisers({ ...proto, initializer: (proto.initializer ?? []).filter(({ name = "" }) => !trained.has(name)) }, reading, scope)
  for (const [name, initial] of trained) {
    const value = options.weight?.(name, initial) ?? graph.input(name, initial.shape, initial.type)
    weights.set(name, { value, initial })
    scope.set(name, value)
  }
  const { inputs, symbols } = declareInputs(proto, options, graph, scope)
  const names = options.outputs ?? (proto.output ?? []).map(({ name = "" }) => name)
  // A weight that stood as a Constant node is an input now.
  const nodes = (proto.node ?? []).filter((node) => !(node.output ?? []).some((name) => trained.has(name)))
  readNodes(nodes, names, options.unknown === "forward" ? { ...reading, declared: declaredTypes(proto, symbols) } : reading, { scope, versions: versionsOf(model.opset_import) })
  const { metadata_props = [], opset_import } = model
  return {
    graph,
    inputs,
    outputs: Object.fromEntries(names.map((name) => [name, scope.named(name, "The graph's outputs")])),
    inputNames: (proto.input ?? []).map(({ name = "" }) => name).filter((name) => name in inputs),
    outputNames: names,
    weights,
    metadata: Object.fromEntries(metadata_props.map(({ key = "", value = "" }) => [key, value])),
    opset: versionsOf(opset_import).get("") ?? 1,
    producer: [model.producer_name, model.producer_version].filter((text) => text !== undefined && text !== "").join(" "),
    name: proto.name ?? ""
  }
}

/** Inputs without an initialiser (files of the first versions list weights among the inputs). */
const declareInputs = (proto: GraphProto, options: ImportOptions, graph: Graph, scope: Scope): { readonly inputs: Record<string, Value>; readonly symbols: ReadonlyMap<string, number> } => {
  const declared = (proto.input ?? []).filter(({ name = "" }) => scope.get(name) === undefined)
  const unknown = Object.keys({ ...options.inputShapes, ...options.on }).filter((name) => !declared.some((info) => info.name === name))
  if (unknown.length > 0) {
    throw new GraphError({ message: `The model has no input ${unknown.map((name) => `"${name}"`).join(", ")}; it has ${declared.map(({ name = "" }) => `"${name}"`).join(", ")}.` })
  }
  const shapesOn = Object.entries(options.on ?? {}).map(([name, { shape }]) => [name, shape] as const)
  const symbols = symbolSizes(declared, { ...options, inputShapes: { ...options.inputShapes, ...Object.fromEntries(shapesOn) } })
  const inputs: Record<string, Value> = {}
  for (const info of declared) {
    const name = info.name ?? ""
    const fixed = options.constants?.[name]
    if (fixed !== undefined) {
      scope.set(name, graph.constant(fixed))
      continue
    }
    const given = options.on?.[name]
    if (given !== undefined) {
      inputs[name] = fitting(given, info, graph)
      scope.set(name, given)
      continue
    }
    const { type, shape } = inputType(info, symbols, options)
    const free = options.batch !== undefined && options.inputShapes?.[name] === undefined && dimensionsOf(info)[0]?.dim_value !== undefined
    inputs[name] = graph.input(name, free ? shape.with(0, options.batch ?? 1) : shape, type)
    scope.set(name, inputs[name])
  }
  return { inputs, symbols }
}

/** A value in place of an input that the file declares. */
const fitting = (value: Value, info: ValueInfoProto, graph: Graph): Value => {
  const name = info.name ?? ""
  if (value.graph !== graph) throw new GraphError({ message: `The value given for the input "${name}" belongs to another graph.` })
  const { type } = inputType(info, new Map(), { inputShapes: { [name]: value.shape } })
  if (type !== value.type) throw new GraphError({ message: `The input "${name}" takes ${type}; the value given for it is ${value.type} ${showShape(value.shape)}.` })
  return value
}

export interface DeclaredInput {
  readonly name: string
  /** Sizes, names of symbolic dimensions, or undefined where the file leaves one open. */
  readonly dimensions: ReadonlyArray<number | string | undefined>
}

/**
 * The inputs that a file declares, without weights, and the names of its outputs, before any size is known.
 * @throws GraphError when the bytes are no ONNX file.
 */
export const declaredBy = (bytes: Uint8Array): { readonly inputs: ReadonlyArray<DeclaredInput>; readonly outputs: ReadonlyArray<string> } => {
  const { graph } = parseOnnx(bytes, readModel)
  const weights = new Set((graph?.initializer ?? []).map(({ name }) => name))
  return {
    inputs: (graph?.input ?? []).filter(({ name }) => !weights.has(name)).map((info) => ({
      name: info.name ?? "",
      dimensions: dimensionsOf(info).map(({ dim_param = "", dim_value }) => (dim_param === "" ? dim_value : dim_param))
    })),
    outputs: (graph?.output ?? []).map(({ name = "" }) => name)
  }
}

/** The tensor of an ONNX tensor file (`.pb`). @throws GraphError when it is none or of a type that the engine does not have. */
export const importTensor = (bytes: Uint8Array): Tensor => tensorOf(parseOnnx(bytes, readTensorProto))

const parseOnnx = <Proto>(bytes: Uint8Array, read: (bytes: Uint8Array) => Proto): Proto => {
  try {
    return read(bytes)
  } catch (error) {
    throw new GraphError({ message: `The file is not ONNX: ${error instanceof Error ? error.message : String(error)}.` })
  }
}
