/**
 * Which paths a pipeline may name: those in its project, and those in folders that the user allows. A pipeline is data that somebody
 * else may have written; it shall not put the user's keys into a fingerprint, a table or an archive.
 */
import { existsSync, realpathSync } from "node:fs"
import { delimiter, dirname, resolve, sep } from "node:path"

/** Where links lead to; of what is not there, what leads to it. */
const realOf = (path: string): string => {
  if (existsSync(path)) return realpathSync(path)
  const parent = dirname(path)
  return parent === path ? path : resolve(realOf(parent), path.slice(parent.length + 1))
}

const isWithin = (path: string, folder: string): boolean => path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)

/** Folders that the user allows besides the project: `--allow`, and REPRISE_ALLOW with several. */
export const allowedFolders = (given: ReadonlyArray<string>, variables: Readonly<Record<string, string | undefined>>): ReadonlyArray<string> =>
  [...given, ...(variables["REPRISE_ALLOW"] ?? "").split(delimiter)].filter((folder) => folder !== "").map((folder) => resolve(folder))

export interface Refusal {
  readonly refused: string
  readonly hint: string
}

/** Looks at paths as the pipeline names them, and at what links lead to. */
export const pathGuard = (project: string, allowed: ReadonlyArray<string>): (path: string) => Refusal | undefined => {
  const folders = [project, ...allowed].map(realOf)
  return (path) => {
    const real = realOf(resolve(project, path))
    if (folders.some((folder) => isWithin(real, folder))) return undefined
    const leads = real === resolve(project, path) ? "" : `, to ${real}`
    return { refused: `${path} leads out of the project's folder${leads}`, hint: `if that is meant: --allow ${dirname(real)}, or the environment variable REPRISE_ALLOW` }
  }
}
