/** Tidies up after processes that were killed: their half-written files, their claims, and their runs that still say `running`. */
import { existsSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
import type { Claims } from "./claims.ts"
import { liveness } from "./identity.ts"
import { readJsonFile } from "./json-file.ts"
import type { StorePaths } from "./paths.ts"
import { closeDeadRun } from "./runs.ts"
import { isOwner, ownedRunFile, type Staging } from "./staging.ts"

/** What another machine's process left is removed once its heartbeat is this old: far beyond any difference between clocks. */
const foreignMs = 24 * 3_600_000

/** Best effort: what cannot be removed stays for the next one. */
export const sweep = (paths: StorePaths, staging: Staging, claims: Claims, now: number): void => {
  for (const name of namesIn(paths.staging)) {
    const folder = join(paths.staging, name)
    if (folder === staging.folder || !isDead(folder, now)) continue
    try {
      const runFile = join(folder, ownedRunFile)
      if (existsSync(runFile)) closeDeadRun(paths, readFileSync(runFile, "utf8").trim(), now, staging.fresh("run.json"))
      rmSync(folder, { recursive: true, force: true })
    } catch {
      // Another process tidies up at the same time, or may and we may not.
    }
  }
  claims.sweep()
}

const isDead = (folder: string, now: number): boolean => {
  const ownerFile = join(folder, "owner.json")
  const owner = readJsonFile(ownerFile, isOwner)
  const state = owner === undefined ? "unknown" : liveness(owner.process)
  if (state !== "unknown") return state === "dead"
  const touched = statSync(owner === undefined ? folder : ownerFile, { throwIfNoEntry: false })?.mtimeMs ?? now
  return now - touched > foreignMs
}

const namesIn = (folder: string): ReadonlyArray<string> => {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
