/**
 * A process's own folder in `staging/`: files being written, on the same file system as the objects, so that publishing is a
 * rename. `owner.json` in it says whose it is; its time stamp is the owner's heartbeat, and claims are hard links to it.
 */
import { existsSync, readdirSync, rmSync, utimesSync } from "node:fs"
import { randomBytes } from "node:crypto"
import { join } from "node:path"
import { storeError } from "./error.ts"
import { makeFolders } from "./folders.ts"
import { isProcessIdentity, ownIdentity, type ProcessIdentity } from "./identity.ts"
import { writeJsonFile } from "./json-file.ts"
import type { StorePaths } from "./paths.ts"

export interface Owner {
  readonly version: 1
  /** Tells this folder from every other, also from one of the same process. */
  readonly token: string
  readonly process: ProcessIdentity
  /** Milliseconds since 1970. */
  readonly since: number
}

export const isOwner = (value: unknown): value is Owner =>
  typeof value === "object" && value !== null && "version" in value && value.version === 1 && "token" in value && "process" in value && isProcessIdentity(value.process)

/** Name of the file that links the run being recorded to its process; gone once the run's end is recorded. */
export const ownedRunFile = "run.txt"

export interface Staging {
  readonly folder: string
  readonly owner: Owner
  readonly ownerFile: string
  /** A path in the folder that was not given out before. */
  fresh(name: string): string
  beat(): void
  /** Best effort. */
  remove(): void
}

export const openStaging = (paths: StorePaths): Staging => {
  const token = randomBytes(6).toString("hex")
  const folder = join(paths.staging, `${process.pid}-${token}`)
  const owner: Owner = { version: 1, token, process: ownIdentity(), since: Date.now() }
  const ownerFile = join(folder, "owner.json")
  try {
    makeFolders(folder)
  } catch (cause) {
    throw storeError("create", folder, cause)
  }
  writeJsonFile(ownerFile, owner, `${ownerFile}.new`, false) // it says whose the folder is, and no process outlives a power failure
  let given = 0
  return {
    folder,
    owner,
    ownerFile,
    fresh: (name) => join(folder, `${++given}-${name}`),
    beat: () => {
      try {
        const now = new Date()
        utimesSync(ownerFile, now, now)
      } catch {
        // Somebody took us for dead and tidied up. The next write says so; a heartbeat must not end the run.
      }
    },
    remove: () => {
      try {
        // A run whose end could not be recorded (the disk is full) is for the next process to close: it needs to know whose it was.
        const kept = existsSync(join(folder, ownedRunFile)) ? ["owner.json", ownedRunFile] : []
        for (const name of readdirSync(folder)) if (!kept.includes(name)) rmSync(join(folder, name), { recursive: true, force: true })
        if (kept.length === 0) rmSync(folder, { recursive: true, force: true })
      } catch {
        // What stays is tidied up by whoever works here next. It must not hide why the run ended.
      }
    }
  }
}
