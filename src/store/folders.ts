/** Makes folders of the store with what leads to them. */
import { existsSync, mkdirSync } from "node:fs"
import { dirname } from "node:path"
import { hasCode } from "./remedy.ts"

/** Throws what the file system throws. Made at once, a folder in a read-only file system "is not there" (ENOENT, Node 24); made one by one, the first that cannot
 * be made says why. */
export const makeFolders = (path: string): void => {
  try {
    mkdirSync(path, { recursive: true })
  } catch (cause) {
    if (!hasCode(cause, "ENOENT")) throw cause
    const missing: Array<string> = []
    for (let each = path; !existsSync(each) && each !== dirname(each); each = dirname(each)) missing.unshift(each)
    for (const each of missing) mkdirSync(each)
  }
}
