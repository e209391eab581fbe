/**
 * NumPy's files: .npy (a header in Python's notation, then the values) and .npz (a ZIP archive of such files, stored or deflated).
 * Numbers and booleans only, little-endian or of one byte, in C order.
 */
import { inflateRawSync } from "node:zlib"
import type { Bytes, ByteSource } from "../../../src/table/byte-source.ts"

export interface NpyArray {
  readonly shape: ReadonlyArray<number>
  /** Values `from` to `from + count` of all, in C order. */
  values(from: number, count: number): Float32Array
}

const readers: Readonly<Record<string, readonly [number, (view: DataView, at: number) => number]>> = {
  "|b1": [1, (view, at) => view.getUint8(at)],
  "|u1": [1, (view, at) => view.getUint8(at)],
  "|i1": [1, (view, at) => view.getInt8(at)],
  "<u2": [2, (view, at) => view.getUint16(at, true)],
  "<i2": [2, (view, at) => view.getInt16(at, true)],
  "<u4": [4, (view, at) => view.getUint32(at, true)],
  "<i4": [4, (view, at) => view.getInt32(at, true)],
  "<u8": [8, (view, at) => Number(view.getBigUint64(at, true))],
  "<i8": [8, (view, at) => Number(view.getBigInt64(at, true))],
  "<f4": [4, (view, at) => view.getFloat32(at, true)],
  "<f8": [8, (view, at) => view.getFloat64(at, true)]
}

/** Longest header that is read: NumPy's own has some hundred bytes. */
const longestHeader = 65_536

/** The array of a .npy file, or what is wrong with its bytes. Values are read when they are asked for. */
export const openNpy = (source: ByteSource): NpyArray | string => {
  const bytes = source.at(0, Math.min(source.size, longestHeader))
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 12 || bytes[0] !== 0x93 || new TextDecoder().decode(bytes.subarray(1, 6)) !== "NUMPY") return "it does not begin as a .npy file does"
  const wide = (bytes[6] ?? 1) > 1
  const start = wide ? 12 : 10
  const end = start + (wide ? view.getUint32(8, true) : view.getUint16(8, true))
  const header = new TextDecoder("latin1").decode(bytes.subarray(start, end))
  const [, type = ""] = /'descr':\s*'([^']*)'/.exec(header) ?? []
  const [, sizes] = /'shape':\s*\(([^)]*)\)/.exec(header) ?? []
  const reader = readers[type]
  if (sizes === undefined) return "its header names no shape"
  if (reader === undefined) return `its values are of type ${type || "unknown"}; booleans and little-endian numbers up to 64 bits are read`
  if (/'fortran_order':\s*True/.test(header)) return "its values lie in Fortran order; save it with numpy.ascontiguousarray"
  const shape = sizes.split(",").map((text) => text.trim()).filter((text) => text !== "").map(Number)
  const total = shape.reduce((a, b) => a * b, 1)
  const [width, read] = reader
  if (!Number.isSafeInteger(total) || source.size < end + total * width) return `its header announces ${total} values, but the file ends before`
  return {
    shape,
    values: (from, count) => {
      const part = source.at(end + from * width, count * width)
      const partView = new DataView(part.buffer, part.byteOffset, part.byteLength)
      const data = new Float32Array(count)
      for (let i = 0; i < count; i++) data[i] = read(partView, i * width)
      return data
    }
  }
}

/** The files of a ZIP archive by name, without .npy; or what is wrong with it. */
export const parseNpz = (bytes: Uint8Array): ReadonlyMap<string, Bytes> | string => {
  try {
    return unzip(bytes)
  } catch {
    return "it is damaged" // a place outside of the file, or data that cannot be unpacked
  }
}

const unzip = (bytes: Uint8Array): ReadonlyMap<string, Bytes> | string => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let tail = bytes.length - 22
  while (tail >= 0 && view.getUint32(tail, true) !== 0x06054b50) tail--
  if (tail < 0) return "it is no ZIP archive, as .npz files are"
  const files = new Map<string, Bytes>()
  let at = view.getUint32(tail + 16, true)
  for (let entry = 0; entry < view.getUint16(tail + 10, true); entry++) {
    if (view.getUint32(at, true) !== 0x02014b50) return "its list of files is damaged, or it is larger than 4 GB"
    const [method, size, nameLength, extra, comment, local] = [
      view.getUint16(at + 10, true), view.getUint32(at + 20, true), view.getUint16(at + 28, true), view.getUint16(at + 30, true), view.getUint16(at + 32, true), view.getUint32(at + 42, true)
    ]
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength))
    const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true)
    const stored = bytes.subarray(start, start + size)
    if (method !== 0 && method !== 8) return `its file ${name} is packed by method ${method}; stored and deflated ones are read`
    files.set(name.replace(/\.npy$/, ""), method === 0 ? Uint8Array.from(stored) : Uint8Array.from(inflateRawSync(stored)))
    at += 46 + nameLength + extra + comment
  }
  return files
}
