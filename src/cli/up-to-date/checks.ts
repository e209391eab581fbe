/**
 * What is looked at for each task to know that its results are still there and as they were: the stamp of its action, and of each object that this names. The store
 * asks less of a hit (store/actions.ts): it reads the action and asks for the objects' sizes.
 */
import { statSync } from "node:fs"
import { clockStep } from "../../run/stamps.ts"
import type { RunTask } from "../../store/layout.ts"
import type { StorePaths } from "../../store/paths.ts"

/** A line of a note; `unsettled` where a file changed so lately that another change could leave the same stamp, undefined where one is not there or is not whole. */
export const checkOf = (paths: StorePaths, fingerprint: string, outputs: RunTask["outputs"], now: number): string | "unsettled" | undefined => {
  const parts = [fingerprint]
  const take = (name: string, path: string, bytes?: number): "taken" | "unsettled" | undefined => {
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat === undefined || (bytes !== undefined && stat.size !== bytes)) return undefined
    if (stat.ctimeMs >= now - clockStep || stat.mtimeMs >= now - clockStep) return "unsettled"
    parts.push(name, stampOf(stat))
    return "taken"
  }
  let taken = take("action", paths.action(fingerprint))
  for (const { bytes, digest } of Object.values(outputs)) if (taken === "taken") taken = take(digest, paths.object(digest), bytes)
  return taken === "taken" ? parts.join(" ") : taken
}

/** Whether a check still holds. Throws what the file system throws. */
export const holds = (paths: StorePaths, check: string): boolean => {
  // Neither names nor stamps have spaces in them.
  const [fingerprint = "", , action = "", ...objects] = check.split(" ")
  if (!hasStamp(paths.action(fingerprint), action)) return false
  for (let at = 0; at < objects.length; at += 2) if (!hasStamp(paths.object(objects[at] ?? ""), objects[at + 1] ?? "")) return false
  return true
}

const hasStamp = (path: string, stamp: string): boolean => {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat !== undefined && stampOf(stat) === stamp
}

interface Stat {
  readonly size: number
  readonly ino: number
  readonly mtimeMs: number
  readonly ctimeMs: number
}

const stampOf = ({ ctimeMs, ino, mtimeMs, size }: Stat): string => `${size},${ino},${mtimeMs},${ctimeMs}`
