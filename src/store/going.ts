/**
 * Whether a run really goes on. A record says `running` until somebody closes it; a process that was killed cannot, and the next one that
 * writes to the store does so for it (sweep.ts). Until then whoever looks should not be told that it still runs.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { liveness } from "./identity.ts"
import { readJsonFile } from "./json-file.ts"
import type { StorePaths } from "./paths.ts"
import { isOwner, ownedRunFile } from "./staging.ts"

/** Whether a process that may be alive says that it records this run; of one on another machine nothing better is known. */
export const isGoing = (paths: StorePaths, id: string): boolean =>
  namesIn(paths.staging).some((name) => {
    const folder = join(paths.staging, name)
    if (textOf(join(folder, ownedRunFile)) !== id) return false
    const owner = readJsonFile(join(folder, "owner.json"), isOwner)
    return owner === undefined || liveness(owner.process) !== "dead"
  })

const namesIn = (folder: string): ReadonlyArray<string> => {
  try {
    return readdirSync(folder)
  } catch {
    return [] // nobody has written to this store
  }
}

const textOf = (path: string): string => {
  try {
    return readFileSync(path, "utf8").trim()
  } catch {
    return "" // it records no run
  }
}
