/**
 * Is something that was made from files older than these files? Compares times of change, folders included, so that a
 * deleted file counts too. A walk of a few hundred entries takes some milliseconds.
 */
import { readdirSync, statSync } from "node:fs"
import { join } from "node:path"

/** Milliseconds since 1970 of the newest file or folder under `path`; 0 where there is nothing. */
export const newest = (path) => {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return 0
  let latest = stat.mtimeMs
  if (!stat.isDirectory()) return latest
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const child = join(path, entry.name)
    latest = Math.max(latest, entry.isDirectory() ? newest(child) : statSync(child, { throwIfNoEntry: false })?.mtimeMs ?? 0)
  }
  return latest
}

/** Whether `stamp` is missing or older than any of `sources`. */
export const stale = (stamp, sources) => {
  const made = statSync(stamp, { throwIfNoEntry: false })?.mtimeMs
  return made === undefined || sources.some((source) => newest(source) > made)
}
