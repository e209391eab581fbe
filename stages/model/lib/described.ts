/** What can be read off a model's file without computing anything. */
import { GraphError } from "../../../src/tensor/errors.ts"
import { type ModelMetadata, readMetadata } from "../../../src/tensor/onnx/metadata.ts"
import { readModel, type TensorProto, type ValueInfoProto } from "../../../src/tensor/onnx/schema.ts"
import { elementTypeName } from "../../../src/tensor/onnx/types.ts"
import { sizeOf } from "../../../src/tensor/shape.ts"

export interface Port {
  readonly direction: "input" | "output"
  readonly name: string
  readonly type: string
  readonly shape: string
}

export interface Described {
  readonly architecture: string | undefined
  readonly producer: string
  readonly opset: number
  readonly numbers: number
  readonly nodes: number
  readonly operators: ReadonlyArray<{ readonly operator: string; readonly count: number }>
  readonly ports: ReadonlyArray<Port>
  /** All texts of the file, and those that are understood. */
  readonly texts: Readonly<Record<string, string>>
  readonly metadata: ModelMetadata
  readonly training: ReadonlyArray<{ readonly key: string; readonly value: string }>
}

/** @throws GraphError when the bytes are no ONNX model. */
export const describeModel = (bytes: Uint8Array): Described => {
  const { graph, metadata_props = [], opset_import = [], producer_name = "", producer_version = "" } = parsed(bytes)
  if (graph === undefined) throw new GraphError({ message: "The file holds no ONNX graph." })
  const { initializer = [], input = [], node = [], output = [] } = graph
  const texts = Object.fromEntries(metadata_props.map(({ key = "", value = "" }) => [key, value]))
  const metadata = readMetadata(texts)
  const kept = new Set(initializer.map(({ name }) => name))
  const counts = Map.groupBy(node, ({ domain = "", op_type = "" }) => (domain === "" ? op_type : `${domain}.${op_type}`))
  return {
    architecture: titleOf(metadata.architecture),
    producer: [producer_name, producer_version].filter((text) => text !== "").join(" "),
    opset: opset_import.find(({ domain = "" }) => domain === "" || domain === "ai.onnx")?.version ?? 1,
    numbers: initializer.filter(isFloating).reduce((sum, { dims = [] }) => sum + sizeOf(dims), 0),
    nodes: node.length,
    operators: [...counts].map(([operator, { length: count }]) => ({ operator, count })).toSorted((a, b) => b.count - a.count || (a.operator < b.operator ? -1 : 1)),
    ports: [...input.filter(({ name }) => !kept.has(name)).map(portOf("input")), ...output.map(portOf("output"))],
    texts,
    metadata,
    training: entriesOf(metadata.training)
  }
}

const parsed = (bytes: Uint8Array): ReturnType<typeof readModel> => {
  try {
    return readModel(bytes)
  } catch (error) {
    throw new GraphError({ message: `The file is not ONNX: ${error instanceof Error ? error.message : String(error)}.` })
  }
}

const isFloating = ({ data_type = 0 }: TensorProto): boolean => /float|double/.test(elementTypeName(data_type))

const portOf = (direction: Port["direction"]) => ({ name = "", type }: ValueInfoProto): Port => {
  const { elem_type = 0, shape } = type?.tensor_type ?? {}
  const sizes = (shape?.dim ?? []).map(({ dim_param = "", dim_value }) => (dim_param === "" ? dim_value ?? "?" : dim_param))
  return { direction, name, type: elementTypeName(elem_type), shape: `[${sizes.join(", ")}]` }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null && !Array.isArray(value)

const json = (text: string | undefined): unknown => {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined // a name, not JSON
  }
}

/** A name as it stands; of an architecture's file its description. */
const titleOf = (architecture: string | undefined): string | undefined => {
  const file = json(architecture)
  if (!isRecord(file)) return architecture
  return typeof file["description"] === "string" ? file["description"].trim() : "layers without a description"
}

/** The training's facts as rows, one level deep: `stage`, `params.rate`, `inputs.data`. */
const entriesOf = (training: string | undefined): ReadonlyArray<{ readonly key: string; readonly value: string }> => {
  const facts = json(training)
  const shown = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value))
  return Object.entries(isRecord(facts) ? facts : {}).flatMap(([key, value]) =>
    isRecord(value) ? Object.entries(value).map(([name, each]) => ({ key: `${key}.${name}`, value: shown(each) })) : [{ key, value: shown(value) }])
}
