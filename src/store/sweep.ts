/** Tidies up after processes that were killed: their half-written files, their claims, and their runs that still say `running`. */
import { readFileSync, readdirSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
import type { Claims } from "./claims.ts"
import { liveness } from "./identity.ts"
import { readJsonFile } from "./json-file.ts"
import type { StorePaths } from "./paths.ts"
import { closeDeadRun } from "./runs.ts"
import { isOwner, ownedRunFile, type Staging } from "./staging.ts"

/** What another machine's process left is removed once its heartbeat is this old: far beyond any difference between clocks. */
const foreignMs = 24 * 3_600_000
/** A folder says whose it is within milliseconds of being made. One that is so much older than ours, by the clock of the file system,
 * was left by a process that was killed in between. */
const ownerlessMs = 60_000

/** Best effort: what cannot be removed stays for the next one. */
export const sweep = (paths: StorePaths, staging: Staging, claims: Claims, now: number): void => {
  const folders = namesIn(paths.staging).map((name) => join(paths.staging, name)).filter((folder) => folder !== staging.folder)
  const { dead = [], living = [] } = Object.groupBy(folders, (folder) => (isDead(folder, staging, now) ? "dead" : "living"))
  // Of two runs that were to get one name one took another, and may have been killed before it could say so.
  const livingRuns = new Set(dead.length === 0 ? [] : living.map(runOf))
  for (const folder of dead) {
    try {
      const run = runOf(folder)
      if (!livingRuns.has(run)) closeDeadRun(paths, run, now, staging.fresh("run.json"))
      rmSync(folder, { recursive: true, force: true })
    } catch {
      // Another process tidies up at the same time, or may and we may not.
    }
  }
  claims.sweep()
}

/** The run that the folder's process records; empty where it records none. */
const runOf = (folder: string): string => {
  try {
    return readFileSync(join(folder, ownedRunFile), "utf8").trim()
  } catch {
    return ""
  }
}

const isDead = (folder: string, own: Staging, now: number): boolean => {
  const ownerFile = join(folder, "owner.json")
  const owner = readJsonFile(ownerFile, isOwner)
  if (owner === undefined) return touchedAt(own.folder, now) - touchedAt(folder, now) > ownerlessMs
  const state = liveness(owner.process)
  return state === "unknown" ? now - touchedAt(ownerFile, now) > foreignMs : state === "dead"
}

const touchedAt = (path: string, otherwise: number): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? otherwise

const namesIn = (folder: string): ReadonlyArray<string> => {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
