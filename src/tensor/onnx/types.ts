/** ONNX's numbers for element types (TensorProto.DataType). */
import type { DataType } from "../tensor.ts"

export const elementTypes: Readonly<Record<DataType, number>> = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9, float64: 11 }

const byNumber = new Map<number, DataType>([[1, "float32"], [2, "uint8"], [6, "int32"], [7, "int64"], [9, "bool"], [11, "float64"]])

/** The data type with ONNX's number, if the engine has it. */
export const dataTypeOf = (elementType: number): DataType | undefined => byNumber.get(elementType)
