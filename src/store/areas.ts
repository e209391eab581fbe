/** What lies in the store's areas that are fanned out by digest: objects, actions, checkpoints. For the few commands that look at
 * everything; a run never does. */
import { readdirSync, statSync } from "node:fs"
import { join } from "node:path"
import { hasCode } from "./remedy.ts"

export interface Entry {
  /** The digest or fingerprint that names it. */
  readonly name: string
  readonly path: string
  readonly bytes: number
  /** When it came to its place, and when it was written, in milliseconds since 1970. */
  readonly arrivedAt: number
  readonly writtenAt: number
}

/** Names in a folder, sorted; none where it is not there. */
export const namesIn = (folder: string): ReadonlyArray<string> => {
  try {
    return readdirSync(folder).sort()
  } catch (cause) {
    if (hasCode(cause, "ENOENT", "ENOTDIR")) return []
    throw cause
  }
}

/** Every file of an area. What another process removes meanwhile is left out. */
export const entriesOf = (folder: string, area: "objects" | "actions" | "checkpoints"): ReadonlyArray<Entry> =>
  namesIn(join(folder, area)).flatMap((fan) =>
    namesIn(join(folder, area, fan)).flatMap((file) => {
      const path = `${folder}/${area}/${fan}/${file}`
      const stat = statSync(path, { throwIfNoEntry: false })
      return stat === undefined ? [] : [{ name: fan + file.replace(/\.json$/, ""), path, bytes: stat.size, arrivedAt: stat.ctimeMs, writtenAt: stat.mtimeMs }]
    }))

/** Bytes of a file, or of all files under a folder. */
export const bytesUnder = (path: string): number => {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return 0
  return stat.isDirectory() ? namesIn(path).reduce((sum, name) => sum + bytesUnder(join(path, name)), 0) : stat.size
}
