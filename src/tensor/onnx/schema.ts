/**
 * The messages of an ONNX file as a protobuf descriptor: the part of onnx.proto (https://github.com/onnx/onnx, IR version 10) that graphs
 * of tensors use, with subgraphs and functions. Field numbers are the format's. Unknown fields are skipped when reading.
 */
import protobuf from "protobufjs/light.js"

const field = (id: number, type: string) => ({ id, type })
const repeated = (id: number, type: string) => ({ id, type, rule: "repeated" })
const packed = (id: number, type: string) => ({ ...repeated(id, type), options: { packed: true } })

const descriptor = {
  nested: {
    ModelProto: {
      fields: {
        ir_version: field(1, "int64"), opset_import: repeated(8, "OperatorSetIdProto"), producer_name: field(2, "string"),
        producer_version: field(3, "string"), domain: field(4, "string"), doc_string: field(6, "string"), graph: field(7, "GraphProto"),
        metadata_props: repeated(14, "StringStringEntryProto"), functions: repeated(25, "FunctionProto")
      }
    },
    OperatorSetIdProto: { fields: { domain: field(1, "string"), version: field(2, "int64") } },
    StringStringEntryProto: { fields: { key: field(1, "string"), value: field(2, "string") } },
    GraphProto: {
      fields: {
        node: repeated(1, "NodeProto"), name: field(2, "string"), initializer: repeated(5, "TensorProto"), doc_string: field(10, "string"),
        input: repeated(11, "ValueInfoProto"), output: repeated(12, "ValueInfoProto"), value_info: repeated(13, "ValueInfoProto"), sparse_initializer: repeated(15, "SparseTensorProto")
      }
    },
    FunctionProto: {
      fields: {
        name: field(1, "string"), input: repeated(4, "string"), output: repeated(5, "string"), attribute: repeated(6, "string"),
        node: repeated(7, "NodeProto"), opset_import: repeated(9, "OperatorSetIdProto"), domain: field(10, "string"),
        attribute_proto: repeated(11, "AttributeProto")
      }
    },
    NodeProto: {
      fields: {
        input: repeated(1, "string"), output: repeated(2, "string"), name: field(3, "string"), op_type: field(4, "string"),
        domain: field(7, "string"), attribute: repeated(5, "AttributeProto")
      }
    },
    AttributeProto: {
      fields: {
        name: field(1, "string"), type: field(20, "int32"), f: field(2, "float"), i: field(3, "int64"), s: field(4, "bytes"), t: field(5, "TensorProto"),
        g: field(6, "GraphProto"), floats: repeated(7, "float"), ints: repeated(8, "int64"), strings: repeated(9, "bytes"),
        ref_attr_name: field(21, "string")
      }
    },
    TensorProto: {
      fields: {
        dims: repeated(1, "int64"), data_type: field(2, "int32"), float_data: packed(4, "float"), int32_data: packed(5, "int32"),
        int64_data: packed(7, "int64"), name: field(8, "string"), raw_data: field(9, "bytes"), double_data: packed(10, "double"),
        uint64_data: packed(11, "uint64"), external_data: repeated(13, "StringStringEntryProto"), data_location: field(14, "int32")
      }
    },
    SparseTensorProto: { fields: { values: field(1, "TensorProto"), indices: field(2, "TensorProto"), dims: repeated(3, "int64") } },
    ValueInfoProto: { fields: { name: field(1, "string"), type: field(2, "TypeProto") } },
    TypeProto: { fields: { tensor_type: field(1, "TensorTypeProto") } },
    TensorTypeProto: { fields: { elem_type: field(1, "int32"), shape: field(2, "TensorShapeProto") } },
    TensorShapeProto: { fields: { dim: repeated(1, "Dimension") } },
    Dimension: { oneofs: { value: { oneof: ["dim_value", "dim_param"] } }, fields: { dim_value: field(1, "int64"), dim_param: field(2, "string") } }
  }
}

/** AttributeProto.AttributeType */
export const attributeTypes = { float: 1, int: 2, string: 3, tensor: 4, graph: 5, floats: 6, ints: 7, strings: 8 } as const

export interface TensorProto {
  readonly dims?: ReadonlyArray<number>
  readonly data_type?: number
  readonly float_data?: ReadonlyArray<number>
  readonly int32_data?: ReadonlyArray<number>
  readonly int64_data?: ReadonlyArray<number>
  readonly double_data?: ReadonlyArray<number>
  readonly name?: string
  readonly raw_data?: Uint8Array
  readonly uint64_data?: ReadonlyArray<number>
  readonly external_data?: ReadonlyArray<{ readonly key?: string; readonly value?: string }>
  /** 1 when the elements lie in another file. */
  readonly data_location?: number
}
export interface SparseTensorProto {
  /** The elements that are not zero; their name is the tensor's. */
  readonly values?: TensorProto
  /** Their places: [n] in the flattened tensor, or [n, rank]. */
  readonly indices?: TensorProto
  readonly dims?: ReadonlyArray<number>
}
export interface AttributeProto {
  readonly name?: string
  readonly type?: number
  readonly f?: number
  readonly i?: number
  readonly s?: Uint8Array
  readonly t?: TensorProto
  readonly floats?: ReadonlyArray<number>
  readonly ints?: ReadonlyArray<number>
  readonly strings?: ReadonlyArray<Uint8Array>
  readonly g?: GraphProto
  /** In a function's body: the attribute of the calling node whose value this one takes. */
  readonly ref_attr_name?: string
}
export interface NodeProto {
  readonly input?: ReadonlyArray<string>
  readonly output?: ReadonlyArray<string>
  readonly name?: string
  readonly op_type?: string
  readonly domain?: string
  readonly attribute?: ReadonlyArray<AttributeProto>
}
export interface Dimension {
  readonly dim_value?: number
  readonly dim_param?: string
}
export interface ValueInfoProto {
  readonly name?: string
  readonly type?: { readonly tensor_type?: { readonly elem_type?: number; readonly shape?: { readonly dim?: ReadonlyArray<Dimension> } } }
}
export interface GraphProto {
  readonly node?: ReadonlyArray<NodeProto>
  readonly name?: string
  readonly initializer?: ReadonlyArray<TensorProto>
  readonly sparse_initializer?: ReadonlyArray<SparseTensorProto>
  readonly input?: ReadonlyArray<ValueInfoProto>
  readonly output?: ReadonlyArray<ValueInfoProto>
  /** Of values in between. */
  readonly value_info?: ReadonlyArray<ValueInfoProto>
}
export interface OperatorSetIdProto {
  readonly domain?: string
  readonly version?: number
}
export interface FunctionProto {
  readonly name?: string
  readonly domain?: string
  readonly input?: ReadonlyArray<string>
  readonly output?: ReadonlyArray<string>
  readonly attribute?: ReadonlyArray<string>
  /** Attributes with default values. */
  readonly attribute_proto?: ReadonlyArray<AttributeProto>
  readonly node?: ReadonlyArray<NodeProto>
  readonly opset_import?: ReadonlyArray<OperatorSetIdProto>
}
export interface ModelProto {
  readonly ir_version?: number
  readonly opset_import?: ReadonlyArray<OperatorSetIdProto>
  readonly producer_name?: string
  readonly producer_version?: string
  readonly graph?: GraphProto
  readonly functions?: ReadonlyArray<FunctionProto>
  readonly metadata_props?: ReadonlyArray<{ readonly key?: string; readonly value?: string }>
}

let types: protobuf.Root | undefined
/** Compiled at first use: importing this file costs nothing. */
const typeNamed = (name: "ModelProto" | "TensorProto"): protobuf.Type => (types ??= protobuf.Root.fromJSON(descriptor)).lookupType(name)

export const writeModel = (proto: ModelProto): Uint8Array => {
  const type = typeNamed("ModelProto")
  const bytes = type.encode(type.fromObject(proto)).finish()
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** @throws an Error when the bytes are not a protobuf message of this form. */
export const readModel = (bytes: Uint8Array): ModelProto => {
  const type = typeNamed("ModelProto")
  return type.toObject(type.decode(bytes), { longs: Number })
}

/** @throws an Error when the bytes are not a protobuf message of this form. */
export const readTensorProto = (bytes: Uint8Array): TensorProto => {
  const type = typeNamed("TensorProto")
  return type.toObject(type.decode(bytes), { longs: Number })
}
