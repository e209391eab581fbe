/** Files of the index: derived from the rest of the store, and lost without harm. */
import { randomBytes } from "node:crypto"
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs"
import { dirname } from "node:path"
import { openJournal } from "../store/journal.ts"
import { writeJsonFile } from "../store/json-file.ts"

/** Writes a file so that no reader sees half of it; or does not, where the store cannot be written to. */
export const keepDerived = (path: string, value: unknown): void =>
  keep(path, (temporary) => writeJsonFile(path, value, temporary))

/** The same for many values, a line for each, without ever having all lines at once. */
export const keepDerivedLines = (path: string, lines: Iterable<unknown>): void =>
  keep(path, (temporary) => {
    const journal = openJournal(temporary)
    try {
      for (const line of lines) journal.append(line)
    } finally {
      journal.close()
    }
    renameSync(temporary, path)
  })

const keep = (path: string, write: (temporary: string) => void): void => {
  const temporary = `${path}.${process.pid}-${randomBytes(4).toString("hex")}`
  try {
    mkdirSync(dirname(path), { recursive: true })
    write(temporary)
  } catch {
    if (existsSync(temporary)) rmSync(temporary, { force: true })
  }
}
