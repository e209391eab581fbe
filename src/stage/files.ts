/** The few things that a stage's host does with the disk, as effects that fail with words a user understands. */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs"
import { dirname } from "node:path"
import { Effect } from "effect"
import { StageError } from "./error.ts"

/** Runs `action`; what it throws becomes a StageError that begins with `about` ("output stat"). */
export const attempt = <A>(about: string, action: () => A): Effect.Effect<A, StageError> =>
  Effect.try({
    try: action,
    catch: (cause) => new StageError({ message: `${about}: ${cause instanceof Error ? cause.message : String(cause)}`, cause })
  })

export const readBytes = (about: string, path: string): Effect.Effect<Uint8Array, StageError> => attempt(about, () => readFileSync(path))

/** The file's bytes, or undefined where there is none. */
export const readIfThere = (about: string, path: string): Effect.Effect<Uint8Array | undefined, StageError> =>
  attempt(about, () => {
    try {
      return readFileSync(path)
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined
      throw error
    }
  })

/** Replaces a file by a rename, so that a killed process leaves the old content or the new, never a part. */
export const replaceFile = (about: string, path: string, bytes: Uint8Array): Effect.Effect<void, StageError> =>
  attempt(about, () => {
    mkdirSync(dirname(path), { recursive: true })
    const temporary = `${path}.${process.pid}.tmp`
    try {
      writeBytes(temporary, bytes)
      renameSync(temporary, path)
    } catch (error) {
      rmSync(temporary, { force: true })
      throw error
    }
  })

const writeBytes = (path: string, bytes: Uint8Array): void => {
  const file = openSync(path, "w")
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
