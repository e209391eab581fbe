/** A folder of a test's own. */
import { afterEach, beforeEach } from "vitest"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** Gives paths in a folder that is empty at the start of each test and gone after it. */
export const temporaryFolder = (): ((name: string) => string) => {
  let folder = ""
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "reprise-table-"))
  })
  afterEach(() => rmSync(folder, { recursive: true }))
  return (name) => join(folder, name)
}
