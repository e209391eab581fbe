/**
 * Digests of files, and the sealing of a file that is finished: digest taken, made read-only, flushed to the disk. What is
 * sealed can be published by a rename. The worker does this, beside the other workers, not the one process that runs the plan.
 */
import { createHash } from "node:crypto"
import { closeSync, fchmodSync, fstatSync, fsyncSync, openSync, readSync } from "node:fs"

export interface SealedFile {
  /** SHA-256, 64 hexadecimal digits. */
  readonly digest: string
  readonly bytes: number
}

const chunkBytes = 1 << 20
let chunk: Buffer | undefined

const digestOpen = (file: number, bytes: number): SealedFile => {
  const hash = createHash("sha256")
  chunk ??= Buffer.allocUnsafeSlow(chunkBytes)
  let total = 0
  // The file is read to its end, whatever its size was: a file that is still growing must not pass for a shorter one.
  for (;;) {
    const read = readSync(file, chunk, 0, chunkBytes, null)
    if (read === 0) break
    hash.update(read === chunkBytes ? chunk : chunk.subarray(0, read))
    total += read
    if (total === bytes && read < chunkBytes) break
  }
  return { digest: hash.digest("hex"), bytes: total }
}

const withFile = <A>(path: string, use: (file: number) => A): A => {
  const file = openSync(path, "r")
  try {
    return use(file)
  } finally {
    closeSync(file)
  }
}

/** Digest and size of a file. Throws what the file system throws. */
export const digestFile = (path: string): SealedFile => withFile(path, (file) => digestOpen(file, fstatSync(file).size))

/** The digest of a file that may be large: gives back control after each portion, with the bytes read in it. Throws what the file system throws. */
export function* digestInPortions(path: string): Generator<number, string> {
  const file = openSync(path, "r")
  try {
    const hash = createHash("sha256")
    const portion = Buffer.allocUnsafe(8 * chunkBytes)
    for (let read = readSync(file, portion); read > 0; read = readSync(file, portion)) {
      hash.update(portion.subarray(0, read))
      yield read
    }
    return hash.digest("hex")
  } finally {
    closeSync(file)
  }
}

/**
 * Results that took less than this, in milliseconds, are not flushed when they are published: a flush takes as long as the work, or
 * longer when the disk is busy. Only a power failure can tell the difference, within seconds, and then sizes and digests tell that
 * the results are not whole, and the work is done again.
 */
export const worthFlushingMs = 50

/** Digest and size of a finished file, which is read-only afterwards, and on the disk with `flush`. Throws what the file system throws. */
export const sealFile = (path: string, flush: boolean): SealedFile =>
  withFile(path, (file) => {
    const stat = fstatSync(file)
    if (!stat.isFile()) throw new Error("it is not a file")
    const sealed = digestOpen(file, stat.size)
    fchmodSync(file, 0o444)
    if (flush) fsyncSync(file)
    return sealed
  })
