/** Bytes that can be read in part: a file, or what was read of one. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs"

/** Bytes of their own buffer, which may be handed to native code. */
export type Bytes = Uint8Array<ArrayBuffer>

export interface ByteSource {
  /** For messages. */
  readonly path: string
  readonly size: number
  /** `length` bytes from `offset`, at a multiple of eight in their buffer. Throws RangeError where there are none. */
  at(offset: number, length: number): Bytes
  /** Fills `target` from `offset` on. */
  into(offset: number, target: Uint8Array): void
  close(): void
}

/** Files up to this size are read at once; of larger ones, only the parts asked for. */
const wholeBytes = 2 ** 20

const outside = () => new RangeError("a part lies outside of it")

export const bytesSource = (path: string, bytes: Bytes): ByteSource => {
  const size = bytes.byteLength
  const at = (offset: number, length: number): Bytes => {
    if (!(offset >= 0 && length >= 0 && offset + length <= size)) throw outside()
    const aligned = (bytes.byteOffset + offset) % 8 === 0
    return aligned ? bytes.subarray(offset, offset + length) : bytes.slice(offset, offset + length)
  }
  return { path, size, at, into: (offset, target) => target.set(at(offset, target.length)), close: () => {} }
}

const readFully = (file: number, offset: number, target: Uint8Array): void => {
  for (let done = 0; done < target.length;) {
    const taken = readSync(file, target, done, target.length - done, offset + done)
    if (taken === 0) throw new RangeError("it ends too early")
    done += taken
  }
}

/** Opens a file; throws what Node throws. */
export const fileSource = (path: string): ByteSource => {
  const file = openSync(path, "r")
  let open = true
  const close = (): void => {
    if (open) closeSync(file)
    open = false
  }
  try {
    const size = fstatSync(file).size
    if (size <= wholeBytes) {
      const bytes = new Uint8Array(size)
      readFully(file, 0, bytes)
      close()
      return bytesSource(path, bytes)
    }
    const into = (offset: number, target: Uint8Array): void => {
      if (!(offset >= 0 && offset + target.length <= size)) throw outside()
      readFully(file, offset, target)
    }
    const at = (offset: number, length: number): Bytes => {
      // Checked before the array is made: a damaged length must not ask for memory.
      if (!(offset >= 0 && length >= 0 && offset + length <= size)) throw outside()
      const bytes = new Uint8Array(length)
      readFully(file, offset, bytes)
      return bytes
    }
    return { path, size, at, into, close }
  } catch (error) {
    close()
    throw error
  }
}
