/**
 * The IDX format of the MNIST files: two zero bytes, a type code, the number of dimensions, the dimensions as big-endian
 * 32-bit integers, then the values. Only unsigned bytes (code 8) occur in image and label files. A gzip file is unpacked.
 */
import { createHash } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import { gunzipSync } from "node:zlib"
import { Effect, StageError } from "../../../src/stage.ts"

export interface IdxArray {
  readonly shape: ReadonlyArray<number>
  readonly data: Uint8Array
}

const unsignedByte = 8

/** What is wrong with the bytes, or the array that they hold. */
export const parseIdx = (bytes: Uint8Array): IdxArray | string => {
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0) return "it does not begin with two zero bytes as an IDX file does"
  if (bytes[2] !== unsignedByte) return `its values have type code ${bytes[2]}; only unsigned bytes (8) are read`
  const rank = bytes[3] ?? 0
  const start = 4 + 4 * rank
  if (bytes.length < start) return `its header names ${rank} dimensions but ends before them`
  const header = new DataView(bytes.buffer, bytes.byteOffset, start)
  const shape = Array.from({ length: rank }, (_, axis) => header.getUint32(4 + 4 * axis))
  const values = shape.reduce((a, b) => a * b, 1)
  if (bytes.length !== start + values) {
    return `its header announces ${shape.join(" x ")} values, ${values} bytes, but ${bytes.length - start} follow`
  }
  return { shape, data: bytes.subarray(start) }
}

/**
 * Reads an IDX file, packed or not. With `sha256`, its bytes must have that digest: as they lie on disk, or (`content`) unpacked, which is the same for
 * every packing. Fails naming the exact file when it is missing, is another one, or is no IDX file.
 */
export const readIdx = (path: string, sha256?: string, of: "file" | "content" = "file"): Effect.Effect<IdxArray, StageError> =>
  Effect.suspend(() => {
    if (!existsSync(path)) {
      return new StageError({
        message: `No file at ${path}.`,
        hint: "Put the IDX file there (gzip is fine too), or name the file you have."
      })
    }
    const stored = readFileSync(path)
    return Effect.gen(function*() {
      if (of === "file") yield* checked(path, stored, sha256)
      const bytes = yield* unpack(stored, path)
      if (of === "content") yield* checked(path, bytes, sha256)
      const array = parseIdx(bytes)
      return typeof array === "string"
        ? yield* new StageError({ message: `${path} cannot be read: ${array}.`, hint: "The stage reads the IDX files of MNIST and its relatives." })
        : array
    })
  })

const checked = (path: string, bytes: Uint8Array, expected: string | undefined): Effect.Effect<void, StageError> =>
  Effect.suspend(() => {
    if (expected === undefined) return Effect.void
    const found = createHash("sha256").update(bytes).digest("hex")
    return found === expected.toLowerCase() ? Effect.void : new StageError({
      message: `${path} is not the file that was asked for: its SHA-256 is ${found}, expected ${expected}.`,
      hint: "Fetch the file again, or give the digest of the file that you mean to use."
    })
  })

const unpack = (bytes: Uint8Array, path: string): Effect.Effect<Uint8Array, StageError> =>
  bytes[0] === 0x1f && bytes[1] === 0x8b
    ? Effect.try({
      try: () => gunzipSync(bytes),
      catch: (cause) => new StageError({ message: `${path} is a damaged gzip file.`, hint: "Fetch the file again.", cause })
    })
    : Effect.succeed(bytes)
