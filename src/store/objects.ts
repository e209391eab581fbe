/** Immutable files named by the SHA-256 of their bytes. Synchronous: the callers have thousands of small ones. */
import { mkdirSync, renameSync, statSync } from "node:fs"
import { storeError } from "./error.ts"
import { hasCode } from "./remedy.ts"
import type { StorePaths } from "./paths.ts"
import { digestFile } from "./seal.ts"

export interface Objects {
  path(digest: string): string
  /** Size in bytes; undefined where there is no such object. */
  size(digest: string): number | undefined
  /** Moves a sealed file of the same file system to its place. An object that is there already is replaced by the same bytes, which
   * mends one that was damaged. */
  publish(staged: string, digest: string): void
  /** Reads every byte. */
  verify(digest: string): "intact" | "corrupt" | "missing"
  /** Moves a corrupt object to where nothing finds it but a curious person. */
  setAside(digest: string): void
  isSetAside(digest: string): boolean
}

/** What an attempt to read an object says about it that failed. Throws `StoreError` where it says nothing. */
export const stateAfter = (cause: unknown, path: string): "corrupt" | "missing" => {
  if (hasCode(cause, "ENOENT")) return "missing"
  if (hasCode(cause, "EISDIR", "EIO")) return "corrupt" // a folder in its place, or a sector that cannot be read
  throw storeError("read", path, cause)
}

export const openObjects = (paths: StorePaths): Objects => {
  const foldersMade = new Set<string>()
  const move = (from: string, to: string, folder: string) => {
    if (!foldersMade.has(folder)) {
      mkdirSync(folder, { recursive: true })
      foldersMade.add(folder)
    }
    renameSync(from, to)
  }
  return {
    path: paths.object,
    size: (digest) => statSync(paths.object(digest), { throwIfNoEntry: false })?.size,
    publish: (staged, digest) => {
      const place = paths.object(digest)
      const folder = place.slice(0, place.lastIndexOf("/"))
      try {
        try {
          move(staged, place, folder)
        } catch (cause) {
          if (!hasCode(cause, "ENOENT")) throw cause
          foldersMade.delete(folder) // somebody has tidied up
          move(staged, place, folder)
        }
      } catch (cause) {
        throw storeError("publish", place, cause)
      }
    },
    verify: (digest) => {
      try {
        return digestFile(paths.object(digest)).digest === digest ? "intact" : "corrupt"
      } catch (cause) {
        return stateAfter(cause, paths.object(digest))
      }
    },
    setAside: (digest) => {
      try {
        move(paths.object(digest), paths.quarantined(digest), paths.quarantine)
      } catch (cause) {
        if (!hasCode(cause, "ENOENT")) throw storeError("set aside", paths.object(digest), cause)
      }
    },
    isSetAside: (digest) => statSync(paths.quarantined(digest), { throwIfNoEntry: false }) !== undefined
  }
}
