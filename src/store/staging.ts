/**
 * A process's own folder in `staging/`: files being written, on the same file system as the objects, so that publishing is a
 * rename. `owner.json` in it says whose it is; its time stamp is the owner's heartbeat, and claims are hard links to it.
 */
import { mkdirSync, rmSync, utimesSync } from "node:fs"
import { randomBytes } from "node:crypto"
import { join } from "node:path"
import { storeError } from "./error.ts"
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

/** Name of the file that links the run being recorded to its process. */
export const ownedRunFile = "run.txt"

export interface Staging {
  readonly folder: string
  readonly owner: Owner
  readonly ownerFile: string
  /** A path in the folder that was not given out before. */
  fresh(name: string): string
  beat(): void
  remove(): void
}

export const openStaging = (paths: StorePaths): Staging => {
  const token = randomBytes(6).toString("hex")
  const folder = join(paths.staging, `${process.pid}-${token}`)
  const owner: Owner = { version: 1, token, process: ownIdentity(), since: Date.now() }
  const ownerFile = join(folder, "owner.json")
  try {
    mkdirSync(folder, { recursive: true })
  } catch (cause) {
    throw storeError("create", folder, cause)
  }
  writeJsonFile(ownerFile, owner, `${ownerFile}.new`)
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
    remove: () => rmSync(folder, { recursive: true, force: true })
  }
}
