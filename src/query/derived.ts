/** Files of the index: derived from the rest of the store, and lost without harm. */
import { randomBytes } from "node:crypto"
import { existsSync, mkdirSync, rmSync } from "node:fs"
import { dirname } from "node:path"
import { writeJsonFile } from "../store/json-file.ts"

/** Writes a file so that no reader sees half of it; or does not, where the store cannot be written to. */
export const keepDerived = (path: string, value: unknown): void => {
  const temporary = `${path}.${process.pid}-${randomBytes(4).toString("hex")}`
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeJsonFile(path, value, temporary)
  } catch {
    if (existsSync(temporary)) rmSync(temporary, { force: true })
  }
}
