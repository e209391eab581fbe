/** Small ONNX files written by hand, as other programs write them. */
import { type AttributeProto, attributeTypes, type Dimension, type FunctionProto, type GraphProto, type NodeProto, type TensorProto, type ValueInfoProto, writeModel } from "../../../src/tensor/onnx/schema.ts"

/** An attribute of the kind that its value shows: whole numbers are ints. */
export const attribute = (name: string, value: number | string | ReadonlyArray<number> | TensorProto | GraphProto): AttributeProto => {
  if (typeof value === "number") return Number.isInteger(value) ? { name, type: attributeTypes.int, i: value } : { name, type: attributeTypes.float, f: value }
  if (typeof value === "string") return { name, type: attributeTypes.string, s: new TextEncoder().encode(value) }
  if ("data_type" in value) return { name, type: attributeTypes.tensor, t: value }
  if (isNumbers(value)) return { name, type: attributeTypes.ints, ints: value }
  return { name, type: attributeTypes.graph, g: value }
}
const isNumbers = (value: object): value is ReadonlyArray<number> => Array.isArray(value)

export const node = (
  op_type: string,
  input: ReadonlyArray<string>,
  output: ReadonlyArray<string>,
  attributes: Readonly<Record<string, Parameters<typeof attribute>[1]>> = {},
  more: Partial<NodeProto> = {}
): NodeProto => ({ op_type, input, output, name: `${op_type} of ${output[0]}`, attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)), ...more })

/** A float32 value; text stands for a symbolic dimension, undefined for one without a name. */
export const info = (name: string, shape: ReadonlyArray<number | string | undefined>, elem_type = 1): ValueInfoProto => ({
  name,
  type: { tensor_type: { elem_type, shape: { dim: shape.map((size): Dimension => (size === undefined ? {} : typeof size === "number" ? { dim_value: size } : { dim_param: size })) } } }
})

export const floats = (name: string, dims: ReadonlyArray<number>, float_data: ReadonlyArray<number>): TensorProto => ({ name, dims, data_type: 1, float_data })
export const ints = (name: string, int64_data: ReadonlyArray<number>, dims: ReadonlyArray<number> = [int64_data.length]): TensorProto =>
  ({ name, dims, data_type: 7, int64_data })

export interface File extends GraphProto {
  readonly opset?: number
  readonly functions?: ReadonlyArray<FunctionProto>
  readonly domains?: ReadonlyArray<string>
}

/** The bytes of a model. */
export const file = ({ opset = 17, functions = [], domains = [], ...graph }: File): Uint8Array =>
  writeModel({ ir_version: 8, opset_import: [{ domain: "", version: opset }, ...domains.map((domain) => ({ domain, version: 1 }))], graph: { name: "test", ...graph }, functions })
