/**
 * What a process needs to write to a store: a folder of its own for what is not finished, its leases, and the record of its run. Whoever opens it tidies up
 * after processes that were killed. Without Effect; store.ts makes a service of it.
 */
import { rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { openClaims, type Claims } from "./claims.ts"
import { createStore } from "./format.ts"
import type { StorePaths } from "./paths.ts"
import { createRun, type OpenRun, publishRun, type RunStart, type WriteRun } from "./runs.ts"
import { openStaging, ownedRunFile, type Staging } from "./staging.ts"
import { sweep } from "./sweep.ts"

export interface Writer {
  readonly staging: Staging
  readonly claims: Claims
  createRun(start: RunStart, startedAt: number): OpenRun
  /** Records a run that is over already, in one step; gives its id. */
  publishRun(start: RunStart, startedAt: number, write: WriteRun): string
  /** Best effort. */
  close(): void
}

/** Makes the folder a store, if it is not one yet. Throws `StoreError`. */
export const openWriter = (paths: StorePaths): Writer => {
  createStore(paths)
  const staging = openStaging(paths)
  const claims = openClaims(paths, staging)
  sweep(paths, staging, claims, Date.now())
  const temporary = () => staging.fresh("write")
  // By this file a sweep finds the run of a dead process.
  const owned = join(staging.folder, ownedRunFile)
  const announce = (id: string) => writeFileSync(owned, id)
  const forget = () => rmSync(owned, { force: true })
  return {
    staging,
    claims,
    createRun: (start, startedAt) => {
      const open = createRun(paths, start, startedAt, temporary, announce)
      return {
        ...open,
        finish: (...end) => {
          open.finish(...end)
          forget()
        }
      }
    },
    publishRun: (start, startedAt, write) => {
      try {
        return publishRun(paths, start, startedAt, write, temporary(), announce)
      } finally {
        forget() // either way there is nothing left to close
      }
    },
    close: () => {
      claims.releaseAll()
      staging.remove()
    }
  }
}
