/** JSON files of the store: read with a check of their shape, written so that no reader ever sees half of one. */
import { closeSync, fsync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs"
import { dirname } from "node:path"
import { storeError } from "./error.ts"
import { hasCode } from "./remedy.ts"

/** The value in the file; undefined where there is no such file, where it is not JSON, or where it does not have the shape: whoever
 * was killed while writing it on a file system that lost the order of writes must not stop us. */
export const readJsonFile = <A>(path: string, isShape: (value: unknown) => value is A): A | undefined => {
  let text: string
  try {
    text = readFileSync(path, "utf8")
  } catch (cause) {
    if (hasCode(cause, "ENOENT", "ENOTDIR")) return undefined
    throw storeError("read", path, cause)
  }
  try {
    const value: unknown = JSON.parse(text)
    return isShape(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Writes to `temporary`, which must be on the same file system, flushes unless told not to, and renames. Makes the folder of `path`. */
export const writeJsonFile = (path: string, value: unknown, temporary: string, flush = true): void => {
  try {
    const file = openSync(temporary, "w", 0o644)
    try {
      writeWhole(file, JSON.stringify(value))
      if (flush) fsyncSync(file)
    } finally {
      closeSync(file)
    }
    moveTo(path, temporary)
  } catch (cause) {
    throw storeError("write", path, cause)
  }
}

/** The same, without keeping the process waiting for the disk, and flushing only if told to. Rejects with a `StoreError`. */
export const writeJsonFileAsync = async (path: string, value: unknown, temporary: string, flush: boolean): Promise<void> => {
  try {
    const file = openSync(temporary, "w", 0o644)
    try {
      writeWhole(file, JSON.stringify(value))
      if (flush) await new Promise<void>((resolve, reject) => fsync(file, (error) => (error === null ? resolve() : reject(error))))
    } finally {
      closeSync(file)
    }
    moveTo(path, temporary)
  } catch (cause) {
    throw storeError("write", path, cause)
  }
}

/** A disk that is nearly full takes a part, and says so only at the next write. */
export const writeWhole = (file: number, text: string): void => {
  const bytes = Buffer.from(text)
  for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written)
}

const moveTo = (path: string, temporary: string): void => {
  try {
    renameSync(temporary, path)
  } catch (cause) {
    if (!hasCode(cause, "ENOENT")) throw cause
    mkdirSync(dirname(path), { recursive: true })
    renameSync(temporary, path)
  }
}
