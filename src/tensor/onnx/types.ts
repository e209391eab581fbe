/** ONNX's numbers for element types (TensorProto.DataType), and which of the engine's types holds each. */
import type { DataType } from "../tensor.ts"

/** What the engine's types are called in a file. */
export const elementTypes: Readonly<Record<DataType, number>> = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9, float64: 11 }

const byNumber = new Map<number, DataType>([[1, "float32"], [2, "uint8"], [6, "int32"], [7, "int64"], [9, "bool"], [11, "float64"]])

/** The data type with ONNX's number, if the engine has it. */
export const dataTypeOf = (elementType: number): DataType | undefined => byNumber.get(elementType)

/**
 * Every number type of TensorProto, and the engine's type that holds all its values: half precision becomes float32 and small integers
 * int32. Numbers above 2^63 of a uint64 have no place.
 */
const held: ReadonlyMap<number, { readonly name: string; readonly type: DataType }> = new Map([
  [1, { name: "float32", type: "float32" }],
  [2, { name: "uint8", type: "uint8" }],
  [3, { name: "int8", type: "int32" }],
  [4, { name: "uint16", type: "int32" }],
  [5, { name: "int16", type: "int32" }],
  [6, { name: "int32", type: "int32" }],
  [7, { name: "int64", type: "int64" }],
  [9, { name: "bool", type: "bool" }],
  [10, { name: "float16", type: "float32" }],
  [11, { name: "float64", type: "float64" }],
  [12, { name: "uint32", type: "int64" }],
  [13, { name: "uint64", type: "int64" }],
  [16, { name: "bfloat16", type: "float32" }],
  [17, { name: "float8e4m3fn", type: "float32" }],
  [18, { name: "float8e4m3fnuz", type: "float32" }],
  [19, { name: "float8e5m2", type: "float32" }],
  [20, { name: "float8e5m2fnuz", type: "float32" }],
  [21, { name: "uint4", type: "uint8" }],
  [22, { name: "int4", type: "int32" }]
])

/** The engine's type that holds a file's, or undefined for text and complex numbers. */
export const holdingType = (elementType: number): DataType | undefined => held.get(elementType)?.type

/** What ONNX calls an element type. */
export const elementTypeName = (elementType: number): string =>
  held.get(elementType)?.name ?? ({ 0: "no element type", 8: "string", 14: "complex64", 15: "complex128", 23: "float4e2m1" }[elementType] ?? `element type ${elementType}`)
