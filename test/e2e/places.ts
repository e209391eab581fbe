/**
 * Folders for the projects of tests, used again by the next test that asks for the same stages: what these were built into is still there and
 * still holds, since their files keep their stamps. Building them takes longer than most tests do. Nothing else is left in such a folder.
 */
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"

export interface Place {
  readonly folder: string
  /** Lets the next test have it. */
  giveBack(): void
  /** Removes it for good, when a process may still write there. */
  abandon(): void
}

/** Takes a folder in which there is nothing but some of these files. */
export const takePlace = (files: Readonly<Record<string, string>>): Place => {
  const stages = Object.entries(files).filter(([path]) => path.startsWith("stages/")).sort()
  const kind = createHash("sha256").update(JSON.stringify(stages)).digest("hex").slice(0, 8)
  const folder = firstFree(join(tmpdir(), "projects", kind))
  mkdirSync(folder, { recursive: true })
  tidy(folder, folder, files)
  return {
    folder,
    giveBack: () => rmSync(mark(folder), { recursive: true }),
    abandon: () => rmSync(folder, { recursive: true, force: true })
  }
}

/** Marks a folder as taken. Making a folder succeeds for one process alone. */
const firstFree = (prefix: string): string => {
  mkdirSync(join(prefix, ".."), { recursive: true })
  for (let n = 1;; n++) {
    const folder = `${prefix}-${n}`
    try {
      mkdirSync(mark(folder))
      return folder
    } catch (error) {
      if (!existsSync(mark(folder))) throw error
    }
  }
}
const mark = (folder: string): string => `${folder}.taken`

/** Removes whatever is neither one of the files, as it should be, nor what stages were built into. */
const tidy = (folder: string, root: string, files: Readonly<Record<string, string>>): void => {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    const name = relative(root, path)
    if (name === join(".reprise", "code")) continue
    if (entry.isDirectory() && [...Object.keys(files), ".reprise/code"].some((file) => file.startsWith(`${name}/`))) tidy(path, root, files)
    else if (!entry.isFile() || files[name] !== readFileSync(path, "utf8")) rmSync(path, { recursive: true, force: true })
  }
}
