/** Where stages lie: `attack/perturb` is `stages/attack/perturb.ts` of the project or, failing that, of the installed package. */
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import type { Roots } from "./bundler.ts"

export type Origin = "project" | "built-in"

/** `family/name`, or `name` for a stage without a family. */
const namePattern = /^[A-Za-z0-9][\w-]*(\/[A-Za-z0-9][\w-]*)?$/
const extensions = [".ts", ".js", ".mjs"]

export interface StagePlace {
  readonly path: string
  readonly origin: Origin
}

/** Every stage there is, sorted, from a look at the folders alone. */
export const stageNames = (roots: Roots): ReadonlyArray<string> =>
  [...new Set([roots.project, roots.packageRoot].flatMap((root) => namesUnder(join(root, "stages"))))].sort()

/** Files of the folder and of its folders. What begins with `_` or lies in `lib` helps stages and is none. */
const namesUnder = (folder: string): ReadonlyArray<string> =>
  entriesOf(folder).flatMap((entry) => {
    if (!entry.isDirectory()) return stageName(entry.name)
    return entry.name === "lib" ? [] : entriesOf(join(folder, entry.name)).flatMap((file) => stageName(file.name).map((name) => `${entry.name}/${name}`))
  }).filter((name) => namePattern.test(name))

const entriesOf = (folder: string) => existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : []

const stageName = (file: string): ReadonlyArray<string> => {
  const extension = extensions.find((candidate) => file.endsWith(candidate))
  return extension === undefined ? [] : [file.slice(0, -extension.length)]
}

/** Where a stage is defined; undefined where there is no such stage. */
export const locate = (name: string, roots: Roots): StagePlace | undefined => {
  if (!namePattern.test(name)) return undefined
  for (const origin of ["project", "built-in"] as const) {
    const folder = join(origin === "project" ? roots.project : roots.packageRoot, "stages")
    const path = extensions.map((extension) => join(folder, `${name}${extension}`)).find((candidate) => existsSync(candidate))
    if (path !== undefined) return { path, origin: roots.project === roots.packageRoot ? "built-in" : origin }
  }
  return undefined
}
