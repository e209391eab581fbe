/**
 * Which files of the project made a run, for an archive that is to be opened elsewhere: the project's own stages with what they import,
 * and the files and folders that parameters name. A file that has changed since is not among them: it is not what the run used.
 */
import { existsSync, readdirSync, realpathSync, statSync } from "node:fs"
import { join, relative, sep } from "node:path"
import { Effect } from "effect"
import type { Json, JsonObject } from "../stage/json.ts"
import { isJsonObject } from "../stage/json.ts"
import type { ActionRecord, RunTask } from "../store/layout.ts"
import { stageCode } from "./code.ts"
import { contentDigests } from "./content-digest.ts"

export interface CarriedFiles {
  /** Paths in the project, with `/`, sorted. */
  readonly paths: ReadonlyArray<string>
  /** What the run used and is not there any more as it was: `stage toy/scale`, `data/points.csv`. */
  readonly changed: ReadonlyArray<string>
}

export interface CarriedOptions {
  /** Absolute. */
  readonly project: string
  /** Folder of the installed package, whose stages everybody has who has this version. */
  readonly packageRoot: string
  readonly tasks: ReadonlyArray<RunTask>
  readonly actions: ReadonlyMap<string, ActionRecord>
}

export const carriedFiles = Effect.fn("carriedFiles")(function*(options: CarriedOptions): Effect.fn.Return<CarriedFiles> {
  const [paths, changed] = [new Set<string>(), new Set<string>()]
  const codes = new Map<string, string>()
  const named = new Map<string, string>()
  for (const { fingerprint, params } of options.tasks) {
    const record = fingerprint === null ? undefined : options.actions.get(fingerprint)?.record
    if (record === undefined) continue
    codes.set(record.stage, record.code)
    for (const [place, digest] of Object.entries(record.files)) {
      const path = valueAt(params, place)
      if (typeof path === "string") named.set(path, digest)
    }
  }
  for (const [stage, code] of codes) {
    const sources = yield* sourcesOf(stage, options)
    if (sources === undefined) continue
    if (sources.code === code) for (const path of sources.paths) paths.add(path)
    else changed.add(`stage ${stage}`)
  }
  const digests = contentDigests(join(options.project, ".reprise", "content.json"))
  for (const [path, digest] of named) {
    const inside = insideOf(options.project, join(options.project, path))
    if (inside === undefined || digests.of(join(options.project, path)) !== digest) changed.add(path)
    else for (const file of filesUnder(options.project, inside)) paths.add(file)
  }
  return { paths: [...paths].sort(), changed: [...changed].sort() }
})

/** The value at a parameter's path, `layers[0].weights`. */
const valueAt = (params: JsonObject, path: string): Json | undefined => {
  let value: Json | undefined = params
  for (const [, name, index] of path.matchAll(/([^.[\]]+)|\[(\d+)\]/g)) {
    value = name !== undefined && isJsonObject(value) ? value[name] : index !== undefined && Array.isArray(value) ? value[Number(index)] : undefined
  }
  return value
}

/** With `/`; undefined for what lies outside. */
const insideOf = (project: string, path: string): string | undefined => {
  const inside = relative(project, path)
  return inside === "" || inside.startsWith("..") ? undefined : inside.split(sep).join("/")
}

/** The file itself, or all files of the folder that digests count: none whose name begins with a dot. */
const filesUnder = (project: string, path: string): ReadonlyArray<string> => {
  const found = statSync(join(project, path), { throwIfNoEntry: false })
  if (found?.isDirectory() !== true) return [path]
  return readdirSync(join(project, path)).filter((name) => !name.startsWith(".")).flatMap((name) => filesUnder(project, `${path}/${name}`))
}

/** The stage's code as it is now, and the project's files that it is made of; undefined for a stage that is not the project's own. */
const sourcesOf = (stage: string, { packageRoot, project }: CarriedOptions): Effect.Effect<{ readonly code: string; readonly paths: ReadonlyArray<string> } | undefined> =>
  Effect.promise(async () => {
    const roots = { project: realpathSync(project), packageRoot: realpathSync(packageRoot) }
    const entry = [".ts", ".js", ".mjs"].map((extension) => join(roots.project, "stages", `${stage}${extension}`)).find((path) => existsSync(path))
    if (entry === undefined || roots.project === roots.packageRoot) return undefined
    // A stage that no longer builds is not the one that ran.
    const code = await stageCode(entry, roots).catch(() => undefined)
    return {
      code: code?.digest ?? "",
      paths: (code?.sources ?? []).flatMap((path) => insideOf(roots.project, path) ?? []).filter((path) => !path.includes("node_modules/"))
    }
  })
