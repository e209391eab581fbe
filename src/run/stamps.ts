/** Files by their stamps: whether any has changed since something was made from them, for the price of a `stat` each. */
import { statSync } from "node:fs"

/** Path, size in bytes, and times of last change of content and of entry in nanoseconds. */
export type Stamp = readonly [path: string, size: string, mtime: string, ctime: string]

/** Coarsest step of a file system's clock that is met in practice, in milliseconds. */
export const clockStep = 20

const stampOf = (path: string): Stamp | undefined => {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stat === undefined ? undefined : [path, String(stat.size), String(stat.mtimeNs), String(stat.ctimeNs)]
}

/**
 * Stamps of files that were read since `startedAt` (milliseconds since 1970). Undefined if one of them is missing, or changed so lately
 * that a further change could leave the same stamp: what was made from them can then not be trusted later.
 */
export const takeStamps = (paths: Iterable<string>, startedAt: number): ReadonlyArray<Stamp> | undefined => {
  const stamps: Array<Stamp> = []
  const latest = BigInt(Math.floor(startedAt - clockStep)) * 1_000_000n
  for (const path of new Set(paths)) {
    const stamp = stampOf(path)
    if (stamp === undefined || BigInt(stamp[2]) >= latest || BigInt(stamp[3]) >= latest) return undefined
    stamps.push(stamp)
  }
  return stamps
}

/** True if every file is as it was. */
export const unchanged = (stamps: ReadonlyArray<Stamp>): boolean =>
  stamps.every((stamp) => {
    const now = stampOf(stamp[0])
    return now !== undefined && now.every((part, i) => part === stamp[i])
  })

export const isStamps = (value: unknown): value is ReadonlyArray<Stamp> =>
  Array.isArray(value) && value.every((stamp) => Array.isArray(stamp) && stamp.length === 4 && stamp.every((part) => typeof part === "string"))
