/**
 * The state of an unfinished training as bytes: facts as JSON, then tensors as they lie in memory. Nothing is rounded, so that a resumed
 * training gives the same bytes as one that was never stopped.
 *
 *   length of the JSON (uint32, little-endian) | JSON { facts, tensors: [{ name, shape }] } | float32 values, tensor by tensor
 */
import type { Json } from "../../../src/stage.ts"
import { sizeOf } from "../../../src/tensor/shape.ts"
import { float32Of, type Tensor, tensor } from "../../../src/tensor/tensor.ts"

export interface Checkpoint {
  readonly facts: Json
  readonly tensors: Readonly<Record<string, Tensor>>
}

interface Header {
  readonly facts: Json
  readonly tensors: ReadonlyArray<{ readonly name: string; readonly shape: ReadonlyArray<number> }>
}

export const encodeCheckpoint = ({ facts, tensors }: Checkpoint): Uint8Array => {
  const entries = Object.entries(tensors)
  const header: Header = { facts, tensors: entries.map(([name, { shape }]) => ({ name, shape })) }
  const text = new TextEncoder().encode(JSON.stringify(header))
  const values = entries.map(([, value]) => float32Of(value))
  const bytes = new Uint8Array(4 + text.length + 4 * values.reduce((sum, { length }) => sum + length, 0))
  new DataView(bytes.buffer).setUint32(0, text.length, true)
  bytes.set(text, 4)
  let at = 4 + text.length
  for (const data of values) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at)
    at += data.byteLength
  }
  return bytes
}

/** Undefined when the bytes are no checkpoint. */
export const decodeCheckpoint = (bytes: Uint8Array): Checkpoint | undefined => {
  try {
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
    const { facts, tensors }: Header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)))
    let at = 4 + length
    const read = (shape: ReadonlyArray<number>): Tensor => {
      const end = at + 4 * sizeOf(shape)
      const values = new Float32Array(Uint8Array.from(bytes.subarray(at, end)).buffer)
      at = end
      return tensor(values, shape)
    }
    return { facts, tensors: Object.fromEntries(tensors.map(({ name, shape }) => [name, read(shape)])) }
  } catch {
    return undefined
  }
}
