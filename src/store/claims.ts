/**
 * Leases on fingerprints being computed, so that two processes on one store do each task once. A claim is a hard link to
 * its owner's `owner.json`: made in one step that either succeeds or finds the other's, also over NFS, and kept alive by the
 * one heartbeat of the process. Claims only save work. If one is lost or taken by mistake a task runs twice, and the
 * results, which are published under their digests, are as they would have been.
 */
import { constants, copyFileSync, linkSync, mkdirSync, readdirSync, renameSync, statSync, unlinkSync, utimesSync } from "node:fs"
import { storeError } from "./error.ts"
import { hasCode } from "./remedy.ts"
import { liveness } from "./identity.ts"
import { readJsonFile } from "./json-file.ts"
import type { StorePaths } from "./paths.ts"
import { isOwner, type Owner, type Staging } from "./staging.ts"

export const heartbeatMs = 5_000
/** A claim whose heartbeat has stood still for so long has lapsed. It is our own clock that counts, not the other machine's. */
export const leaseMs = 30_000

export interface Claims {
  /** True: it is ours now. Otherwise somebody living holds it, as far as one can tell. */
  take(fingerprint: string): boolean
  release(fingerprint: string): void
  /** Best effort: a claim that stays lapses. */
  releaseAll(): void
  /** Who holds it. */
  holder(fingerprint: string): Owner | undefined
  beat(): void
  /** Removes the claims of processes known to be dead. */
  sweep(): void
}

export const openClaims = (paths: StorePaths, staging: Staging, now: () => number = () => performance.now()): Claims => {
  const held = new Set<string>()
  /** Fingerprint -> heartbeat as last seen, and when we first saw it so. */
  const watched = new Map<string, { readonly heartbeat: number; readonly since: number }>()
  let linksWork = true

  const place = (path: string, folderIsThere = false): boolean => {
    try {
      if (linksWork) {
        try {
          linkSync(staging.ownerFile, path)
          return true
        } catch (cause) {
          if (!hasCode(cause, "EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK")) throw cause
          linksWork = false // a file system without hard links: an exclusive copy, with a heartbeat of its own
        }
      }
      copyFileSync(staging.ownerFile, path, constants.COPYFILE_EXCL)
      return true
    } catch (cause) {
      if (hasCode(cause, "EEXIST")) return false
      if (folderIsThere || !hasCode(cause, "ENOENT")) throw storeError("claim", path, cause)
      mkdirSync(paths.claims, { recursive: true })
      return place(path, true)
    }
  }

  const lapsed = (fingerprint: string, owner: Owner | undefined): boolean => {
    if (owner?.token === staging.owner.token) return false
    const state = owner === undefined ? "unknown" : liveness(owner.process)
    if (state !== "unknown") return state === "dead"
    const heartbeat = statSync(paths.claim(fingerprint), { throwIfNoEntry: false })?.mtimeMs ?? 0
    const seen = watched.get(fingerprint)
    if (seen === undefined || seen.heartbeat !== heartbeat) watched.set(fingerprint, { heartbeat, since: now() })
    return seen !== undefined && seen.heartbeat === heartbeat && now() - seen.since >= leaseMs
  }

  /** Removes a dead claim, and only that: between reading and renaming somebody else may have taken it over. */
  const evict = (path: string, owner: Owner | undefined): void => {
    const aside = staging.fresh("claim")
    try {
      renameSync(path, aside)
      if (readJsonFile(aside, isOwner)?.token !== owner?.token) linkSync(aside, path)
      unlinkSync(aside)
    } catch (cause) {
      if (!hasCode(cause, "ENOENT", "EEXIST")) throw storeError("take over", path, cause)
    }
  }

  const release = (fingerprint: string): void => {
    if (!held.delete(fingerprint)) return
    const path = paths.claim(fingerprint)
    try {
      if (readJsonFile(path, isOwner)?.token === staging.owner.token) unlinkSync(path)
    } catch (cause) {
      if (!hasCode(cause, "ENOENT")) throw storeError("release", path, cause)
    }
  }

  return {
    take: (fingerprint) => {
      const path = paths.claim(fingerprint)
      for (let attempt = 0; attempt < 2; attempt++) {
        if (place(path)) {
          held.add(fingerprint)
          watched.delete(fingerprint)
          return true
        }
        const owner = readJsonFile(path, isOwner)
        if (!lapsed(fingerprint, owner)) return false
        evict(path, owner)
      }
      return false
    },
    release,
    releaseAll: () => {
      for (const fingerprint of held) {
        try {
          release(fingerprint)
        } catch {
          // The process is about to end, and its claims with it.
        }
      }
    },
    holder: (fingerprint) => readJsonFile(paths.claim(fingerprint), isOwner),
    beat: () => {
      staging.beat()
      if (linksWork) return
      const time = new Date()
      for (const fingerprint of held) {
        try {
          utimesSync(paths.claim(fingerprint), time, time)
        } catch {
          // Taken over: the task may run twice, which costs only time.
        }
      }
    },
    sweep: () => {
      let names: ReadonlyArray<string>
      try {
        names = readdirSync(paths.claims)
      } catch {
        return // none yet
      }
      for (const name of names) {
        const fingerprint = name.replace(/\.json$/, "")
        const owner = readJsonFile(paths.claim(fingerprint), isOwner)
        if (owner !== undefined && liveness(owner.process) === "dead") evict(paths.claim(fingerprint), owner)
      }
    }
  }
}
