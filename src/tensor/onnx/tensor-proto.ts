/**
 * Tensors of a file as tensors of the engine: every number type that TensorProto spells, its elements as raw bytes, in a typed field or
 * in another file.
 */
import { GraphError } from "../errors.ts"
import { at, sizeOf, stridesOf } from "../shape.ts"
import { allocate, fromNumbers, type Tensor, toNumbers } from "../tensor.ts"
import type { SparseTensorProto, TensorProto } from "./schema.ts"
import { elementTypeName, holdingType } from "./types.ts"

/** The bytes of a file that lies beside the model, by the name that the model gives it. */
export type ExternalData = (location: string) => Uint8Array

/**
 * The tensor that a proto holds, in the engine's type for its element type.
 * @throws GraphError naming it for text, complex numbers, a wrong number of elements, or elements in another file when there is no
 * `external` to read it.
 */
export const tensorOf = (proto: TensorProto, external?: ExternalData): Tensor => {
  const name = proto.name ?? ""
  const elementType = proto.data_type ?? 0
  const type = holdingType(elementType)
  if (type === undefined) throw new GraphError({ message: `The tensor "${name}" holds ${elementTypeName(elementType)}, which the engine does not have.` })
  const shape = [...proto.dims ?? []]
  const size = sizeOf(shape)
  const raw = bytesOf(proto, name, external)
  if (raw !== undefined) {
    const expected = Math.ceil(size * bytesPerElement(elementType))
    if (raw.length !== expected) throw new GraphError({ message: `The tensor "${name}" has ${raw.length} bytes, not ${expected}.` })
    return { type, shape, data: fromBytes(raw, elementType, size) }
  }
  const lists = [proto.float_data, proto.double_data, proto.int64_data, proto.uint64_data, proto.int32_data]
  const listed = lists.find((list) => list !== undefined && list.length > 0) ?? []
  const packed = elementType === 21 || elementType === 22 ? Math.ceil(size / 2) : size
  if (listed.length !== packed) throw new GraphError({ message: `The tensor "${name}" has ${listed.length} elements, not ${packed}.` })
  if (elementType === 10 || elementType >= 16) return { type, shape, data: fromBytes(bitsOf(listed, elementType), elementType, size) }
  return fromNumbers(listed, { type, shape })
}

/** A sparse tensor, filled with zeros. */
export const sparseTensorOf = ({ values, indices, dims = [] }: SparseTensorProto, external?: ExternalData): Tensor => {
  if (values === undefined || indices === undefined) throw new GraphError({ message: "A sparse tensor lacks its values or its indices." })
  const [stored, places] = [tensorOf(values, external), tensorOf(indices, external)]
  const dense = new Float64Array(sizeOf(dims))
  const strides = places.shape.length === 2 ? stridesOf(dims) : [1]
  const numbers = toNumbers(places)
  toNumbers(stored).forEach((value, i) => {
    dense[strides.reduce((offset, stride, axis) => offset + stride * at(numbers, i * strides.length + axis), 0)] = value
  })
  return fromNumbers(dense, { type: stored.type, shape: [...dims] })
}

const bytesOf = (proto: TensorProto, name: string, external: ExternalData | undefined): Uint8Array | undefined => {
  const entries = new Map((proto.external_data ?? []).map(({ key = "", value = "" }) => [key, value]))
  if (entries.size === 0 && proto.data_location !== 1) {
    return proto.raw_data !== undefined && proto.raw_data.length > 0 ? proto.raw_data : undefined
  }
  const location = entries.get("location") ?? ""
  if (external === undefined) {
    throw new GraphError({ message: `The tensor "${name}" lies in the file "${location}" beside the model; give a way to read it (externalData).` })
  }
  const file = external(location)
  const offset = Number(entries.get("offset") ?? 0)
  const length = Number(entries.get("length") ?? file.length - offset)
  if (offset + length > file.length) {
    throw new GraphError({ message: `The tensor "${name}" is to be at ${offset} to ${offset + length} of "${location}", which has ${file.length} bytes.` })
  }
  return file.subarray(offset, offset + length)
}

const bytesPerElement = (elementType: number): number => {
  switch (elementType) {
    case 7: case 11: case 13: return 8
    case 1: case 6: case 12: return 4
    case 4: case 5: case 10: case 16: return 2
    case 21: case 22: return 0.5
    default: return 1
  }
}

/** Small formats lie in the int32 field one by one, as bit patterns (4-bit integers two together). */
const bitsOf = (listed: ReadonlyArray<number>, elementType: number): Uint8Array => {
  const bits = bytesPerElement(elementType) === 2 ? Uint16Array.from(listed) : Uint8Array.from(listed)
  return new Uint8Array(bits.buffer)
}

/** Elements as they lie in a file, little-endian. */
const fromBytes = (raw: Uint8Array, elementType: number, size: number): Tensor["data"] => {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength)
  const floats = (read: (i: number) => number) => Float32Array.from({ length: size }, (_, i) => read(i))
  const ints = (read: (i: number) => number) => Int32Array.from({ length: size }, (_, i) => read(i))
  const nibble = (i: number) => (at(raw, i >> 1) >> (i % 2 === 0 ? 0 : 4)) & 15
  switch (elementType) {
    case 3: return ints((i) => view.getInt8(i))
    case 4: return ints((i) => view.getUint16(2 * i, true))
    case 5: return ints((i) => view.getInt16(2 * i, true))
    case 10: return floats((i) => smallFloat(view.getUint16(2 * i, true), 5, 10))
    case 12: return BigInt64Array.from({ length: size }, (_, i) => BigInt(view.getUint32(4 * i, true)))
    case 16: {
      const wide = new Uint32Array(size).map((_, i) => view.getUint16(2 * i, true) << 16)
      return new Float32Array(wide.buffer)
    }
    case 17: return floats((i) => ((at(raw, i) & 127) === 127 ? NaN : smallFloat(at(raw, i), 4, 3, { finite: true })))
    case 18: return floats((i) => (at(raw, i) === 128 ? NaN : smallFloat(at(raw, i), 4, 3, { finite: true, bias: 8 })))
    case 19: return floats((i) => smallFloat(at(raw, i), 5, 2))
    case 20: return floats((i) => (at(raw, i) === 128 ? NaN : smallFloat(at(raw, i), 5, 2, { finite: true, bias: 16 })))
    case 21: return Uint8Array.from({ length: size }, (_, i) => nibble(i))
    case 22: return ints((i) => (nibble(i) ^ 8) - 8)
    default: return copied(raw, elementType, size)
  }
}

const copied = (raw: Uint8Array, elementType: number, size: number): Tensor["data"] => {
  const data = allocate(holdingType(elementType) ?? "float32", size)
  new Uint8Array(data.buffer).set(raw)
  return data
}

/**
 * A binary floating-point number of `exponentBits` and `mantissaBits`. The formats marked `finite` use their highest exponent for numbers
 * too, instead of infinities and NaN.
 */
const smallFloat = (
  bits: number,
  exponentBits: number,
  mantissaBits: number,
  { finite = false, bias = 2 ** (exponentBits - 1) - 1 }: { readonly finite?: boolean; readonly bias?: number } = {}
): number => {
  const sign = (bits >> (exponentBits + mantissaBits)) & 1 ? -1 : 1
  const exponent = (bits >> mantissaBits) & (2 ** exponentBits - 1)
  const fraction = (bits & (2 ** mantissaBits - 1)) / 2 ** mantissaBits
  if (!finite && exponent === 2 ** exponentBits - 1) return fraction === 0 ? sign * Infinity : NaN
  return exponent === 0 ? sign * fraction * 2 ** (1 - bias) : sign * (1 + fraction) * 2 ** (exponent - bias)
}
