/**
 * What a parameter means that names files of the project: a file, a folder with what is in it, or `git:FOLDER`, the files in it that git
 * tracks. The planner takes digests of just these files, and a stage that copies or reads them asks here, so that the two cannot differ.
 */
import { spawnSync } from "node:child_process"
import { readdirSync, realpathSync, statSync } from "node:fs"
import { join, resolve } from "node:path"

export interface ProjectFile {
  /** From the folder, with `/`; empty where the parameter names one file. */
  readonly name: string
  readonly path: string
}

const gitPrefix = "git:"

/** The path that a parameter names, without how its files are chosen. */
export const namedPath = (named: string): string => (named.startsWith(gitPrefix) ? named.slice(gitPrefix.length) : named)

/**
 * In the order of their names; undefined where there is no such file or folder, or git knows of none in it.
 *
 * @param project the folder from which `named` is found
 * @param visit is called with each link that is followed and where it leads to
 */
export const projectFiles = (project: string, named: string, visit: (link: string, target: string) => void = () => undefined): ReadonlyArray<ProjectFile> | undefined => {
  const path = resolve(project, namedPath(named))
  const stat = statSync(path, { throwIfNoEntry: false })
  if (named.startsWith(gitPrefix)) {
    const tracked = stat?.isDirectory() === true ? trackedIn(path) : undefined
    return tracked?.map((name) => {
      const below = join(path, name)
      const real = realpathSync(below)
      if (real !== below) visit(below, real)
      return { name, path: below }
    })
  }
  if (stat?.isFile() === true) return [{ name: "", path }]
  return stat?.isDirectory() === true ? filesBelow(path, visit) : undefined
}

const inOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Names with `/`, from the folder; undefined outside of a checkout, and where nothing is tracked. A tracked file that is deleted is left out. */
const trackedIn = (folder: string): ReadonlyArray<string> | undefined => {
  const { status, stdout } = spawnSync("git", ["--no-optional-locks", "ls-files", "-z", "--", "."], { cwd: folder, encoding: "utf8", maxBuffer: 1 << 28 })
  if (status !== 0) return undefined
  const names = stdout.split("\0").filter((name) => name !== "" && statSync(join(folder, name), { throwIfNoEntry: false })?.isFile() === true)
  return names.length === 0 ? undefined : names.sort(inOrder)
}

/** All files below a folder but those whose names, or whose folders' names, begin with a dot. Links are followed. */
const filesBelow = (folder: string, visit: (link: string, target: string) => void): ReadonlyArray<ProjectFile> => {
  const files: Array<ProjectFile> = []
  const enter = (path: string, prefix: string, above: ReadonlyArray<string>): void => {
    const real = realpathSync(path)
    if (above.includes(real)) return // a link to a folder that it lies in
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (entry.name.startsWith(".")) continue
      const below = join(path, entry.name)
      const stat = statSync(below, { throwIfNoEntry: false })
      if (stat !== undefined && entry.isSymbolicLink()) visit(below, realpathSync(below))
      if (stat?.isDirectory() === true) enter(below, `${prefix}${entry.name}/`, [...above, real])
      else if (stat?.isFile() === true) files.push({ name: prefix + entry.name, path: below })
    }
  }
  enter(folder, "", [])
  return files.sort((a, b) => inOrder(a.name, b.name))
}
