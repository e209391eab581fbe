/**
 * Tensors as values: an element type, a shape and a typed array in row-major order. `bool` is stored as bytes of 0 and 1,
 * as ONNX and onnxruntime do.
 */
import { GraphError } from "./errors.ts"
import { type Shape, showShape, sizeOf } from "./shape.ts"

export type DataType = "float32" | "float64" | "int32" | "int64" | "uint8" | "bool"

export type TensorData = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array

export interface Tensor {
  readonly type: DataType
  readonly shape: Shape
  readonly data: TensorData
}

/** What is known of a tensor before there is one. */
export interface TensorType {
  readonly type: DataType
  readonly shape: Shape
}

export const isFloat = (type: DataType): boolean => type === "float32" || type === "float64"

/** Bytes of an element. */
export const bytesOf: Readonly<Record<DataType, number>> = { float32: 4, float64: 8, int32: 4, int64: 8, uint8: 1, bool: 1 }

/** A buffer as elements of a type. */
const viewed = (type: DataType, buffer: ArrayBufferLike): TensorData => {
  switch (type) {
    case "float32": return new Float32Array(buffer)
    case "float64": return new Float64Array(buffer)
    case "int32": return new Int32Array(buffer)
    case "int64": return new BigInt64Array(buffer)
    case "uint8":
    case "bool": return new Uint8Array(buffer)
  }
}

/** Zeros of a type. */
export const allocate = (type: DataType, size: number): TensorData => viewed(type, new ArrayBuffer(size * bytesOf[type]))

export const zeros = (type: DataType, shape: Shape): Tensor => ({ type, shape, data: allocate(type, sizeOf(shape)) })

/** Zeros in memory that other threads see too. */
export const sharedZeros = (type: DataType, shape: Shape): Tensor =>
  ({ type, shape, data: viewed(type, new SharedArrayBuffer(sizeOf(shape) * bytesOf[type])) })

export const isShared = ({ data }: Tensor): boolean => data.buffer instanceof SharedArrayBuffer

/** Copies the elements to a tensor of the same type and size. */
export const copyTensor = (from: Tensor, to: Tensor): void => bytesOfTensor(to).set(bytesOfTensor(from))

const bytesOfTensor = ({ data: { buffer, byteLength, byteOffset } }: Tensor): Uint8Array => new Uint8Array(buffer, byteOffset, byteLength)

const typeOfData = (data: TensorData): DataType =>
  data instanceof Float32Array ? "float32"
  : data instanceof Float64Array ? "float64"
  : data instanceof Int32Array ? "int32"
  : data instanceof BigInt64Array ? "int64"
  : "uint8"

const holds = (type: DataType, data: TensorData): boolean => typeOfData(data) === (type === "bool" ? "uint8" : type)

const isTypedArray = (data: TensorData | ReadonlyArray<number>): data is TensorData => ArrayBuffer.isView(data)

/**
 * A tensor over `data`. A typed array is taken as it is, not copied; plain numbers are converted to `type` (float32 when not given).
 * @throws GraphError when the length does not fit the shape, or the array cannot hold the type.
 */
export const tensor = (data: TensorData | ReadonlyArray<number>, shape: Shape, type?: DataType): Tensor => {
  if (data.length !== sizeOf(shape)) {
    throw new GraphError({ message: `A tensor of shape ${showShape(shape)} has ${sizeOf(shape)} elements, not ${data.length}.` })
  }
  if (!isTypedArray(data)) return fromNumbers(data, { type: type ?? "float32", shape })
  const actual = type ?? typeOfData(data)
  if (!holds(actual, data)) throw new GraphError({ message: `A ${actual} tensor cannot lie in a ${data.constructor.name}.` })
  return { type: actual, shape, data }
}

/** One number, of shape []. */
export const scalar = (value: number, type: DataType = "float32"): Tensor => fromNumbers([value], { type, shape: [] })

/** Numbers rounded into a type: floats to nearest, integers towards zero, those beyond int64 to its ends. */
export const fromNumbers = (values: ArrayLike<number>, { type, shape }: TensorType): Tensor => {
  const data = allocate(type, values.length)
  if (data instanceof BigInt64Array) {
    for (let i = 0; i < values.length; i++) data[i] = toInt64(values[i] ?? 0)
  } else if (type === "bool") {
    for (let i = 0; i < values.length; i++) data[i] = values[i] === 0 ? 0 : 1
  } else {
    for (let i = 0; i < values.length; i++) data[i] = values[i] ?? 0
  }
  return { type, shape, data }
}

const toInt64 = (x: number): bigint => (x >= 2 ** 63 ? 2n ** 63n - 1n : x <= -(2 ** 63) ? -(2n ** 63n) : BigInt(Math.trunc(x)))

/** The elements as doubles (int64 beyond 2^53 loses digits). */
export const toNumbers = ({ data }: Tensor): Float64Array => {
  if (data instanceof Float64Array) return data
  if (!(data instanceof BigInt64Array)) return Float64Array.from(data)
  const numbers = new Float64Array(data.length)
  data.forEach((value, i) => (numbers[i] = Number(value)))
  return numbers
}

/** The elements of a float32 tensor, shared, not copied. @throws GraphError for another type. */
export const float32Of = (of: Tensor): Float32Array => {
  if (of.data instanceof Float32Array) return of.data
  throw new GraphError({ message: `Expected a float32 tensor, got ${of.type} of shape ${showShape(of.shape)}.` })
}

/** The only element of a tensor with one. */
export const itemOf = (of: Tensor): number => {
  const value = of.data[0]
  if (value === undefined || of.data.length !== 1) {
    throw new GraphError({ message: `Expected one element, got a tensor of shape ${showShape(of.shape)}.` })
  }
  return Number(value)
}

export const cloneTensor = ({ type, shape, data }: Tensor): Tensor => ({ type, shape, data: data.slice() })
