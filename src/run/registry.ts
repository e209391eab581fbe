/**
 * Stages by name: `attack/perturb` is `stages/attack/perturb.ts` of the project or, failing that, of the installed package. Loading
 * one bundles it, unless no file that it is made of has changed since the last time.
 */
import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync, realpathSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { Effect, Schema } from "effect"
import { nearest } from "../text/nearest.ts"
import type { StageDescription, StageInterface } from "../stage/protocol.ts"
import { bundleStages } from "./bundle.ts"
import { messagesOf, packageManifest, type Roots, withEsbuild } from "./bundler.ts"
import { type MinimalTexts, stageCode } from "./code.ts"
import { isStamps, type Stamp, takeStamps, unchanged } from "./stamps.ts"

export class StageLoadError extends Schema.TaggedError<StageLoadError>()("StageLoadError", {
  /** Name of the stage; empty where none is to blame. */
  stage: Schema.String,
  message: Schema.String,
  hint: Schema.optionalKey(Schema.String),
  cause: Schema.optionalKey(Schema.Defect())
}) {}

export interface LoadedStage {
  readonly stage: StageInterface
  /** Digest of the code that it can reach. */
  readonly code: string
  /** The same by file, for saying what changed. */
  readonly files: Readonly<Record<string, string>>
  /** Absolute path of the module to run, whose default export is the stage. */
  readonly bundle: string
  readonly origin: "project" | "built-in"
}

export interface Registry {
  /** Every stage there is, sorted, from a look at the folders alone. */
  names(): ReadonlyArray<string>
  load(names: Iterable<string>): Effect.Effect<ReadonlyMap<string, LoadedStage>, StageLoadError>
  describe(names: Iterable<string>): Effect.Effect<ReadonlyArray<StageDescription>, StageLoadError>
}

export interface RegistryOptions {
  /** The project's folder. */
  readonly project: string
  /** Folder of the installed package, with `src/` and `stages/` in it. */
  readonly packageRoot: string
}

export const openRegistry = (options: RegistryOptions): Registry => {
  const roots: Roots = { project: realpathSync(options.project), packageRoot: realpathSync(options.packageRoot) }
  const load: Registry["load"] = (names) => loadStages([...new Set(names)].sort(), roots)
  return {
    names: () => stageNames(roots),
    load,
    describe: (names) => Effect.map(load(names), (stages) => [...stages.values()].map(({ stage }) => stage.describe()))
  }
}

// --- where stages are

/** `family/name`, or `name` for a stage without a family. */
const namePattern = /^[A-Za-z0-9][\w-]*(\/[A-Za-z0-9][\w-]*)?$/
const extensions = [".ts", ".js", ".mjs"]

interface Place {
  readonly path: string
  readonly origin: LoadedStage["origin"]
}

const stageNames = (roots: Roots): ReadonlyArray<string> =>
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

const locate = (name: string, roots: Roots): Place | undefined => {
  if (!namePattern.test(name)) return undefined
  for (const origin of ["project", "built-in"] as const) {
    const folder = join(origin === "project" ? roots.project : roots.packageRoot, "stages")
    const path = extensions.map((extension) => join(folder, `${name}${extension}`)).find((candidate) => existsSync(candidate))
    if (path !== undefined) return { path, origin: roots.project === roots.packageRoot ? "built-in" : origin }
  }
  return undefined
}

// --- loading

/** What was made of a set of stages, kept for as long as no file it was made of changes. */
interface Manifest {
  readonly version: 1
  readonly stamps: ReadonlyArray<Stamp>
  readonly stages: Readonly<Record<string, BuiltStage>>
}
type BuiltStage = Pick<LoadedStage, "code" | "files" | "bundle">

const loadStages = (names: ReadonlyArray<string>, roots: Roots): Effect.Effect<ReadonlyMap<string, LoadedStage>, StageLoadError> =>
  Effect.gen(function*() {
    const places = new Map<string, Place>()
    for (const name of names) {
      const place = locate(name, roots)
      if (place === undefined) return yield* unknownStage(name, roots)
      places.set(name, place)
    }
    const folder = join(roots.project, ".reprise", "code")
    const manifestPath = join(folder, `${digestOf(JSON.stringify([...places].map(([name, { path }]) => [name, path])))}.json`)
    const built = readManifest(manifestPath) ?? (places.size === 0 ? {} : yield* buildStages(places, roots, folder, manifestPath))
    const loaded = new Map<string, LoadedStage>()
    for (const [name, place] of places) {
      const made = built[name]
      if (made === undefined) return yield* unknownStage(name, roots)
      loaded.set(name, { ...made, stage: yield* importStage(name, place.path, made.bundle), origin: place.origin })
    }
    return loaded
  })

const unknownStage = (name: string, roots: Roots): StageLoadError => {
  const names = stageNames(roots)
  const meant = nearest(name, names)
  return new StageLoadError({
    stage: name,
    message: `there is no stage "${name}"`,
    hint: meant === undefined ? `There are: ${names.join(", ") || "none"}.` : `Did you mean "${meant}"?`
  })
}

const importStage = (name: string, source: string, bundle: string): Effect.Effect<StageInterface, StageLoadError> =>
  Effect.tryPromise({
    try: (): Promise<{ readonly default?: unknown }> => import(pathToFileURL(bundle).href),
    catch: (cause) =>
      new StageLoadError({
        stage: name,
        message: `stage "${name}" fails while it is loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
        hint: `The error comes from the top level of ${source} or of a module that it imports.`,
        cause
      })
  }).pipe(Effect.flatMap((module) => {
    const stage = module.default
    if (!isStage(stage)) {
      return Effect.fail(new StageLoadError({
        stage: name,
        message: `${source} is no stage`,
        hint: "A stage's file says `export default defineStage({ ... })`. Helpers of stages lie in a folder `lib` or begin with `_`."
      }))
    }
    if (stage.name !== name) {
      return Effect.fail(new StageLoadError({
        stage: name,
        message: `${source} defines the stage "${stage.name}"`,
        hint: `A stage is named by its place: change the name to "${name}", or move the file to stages/${stage.name}.ts.`
      }))
    }
    return Effect.succeed(stage)
  }))

const isStage = (value: unknown): value is StageInterface =>
  typeof value === "object" && value !== null && "protocol" in value && value.protocol === 1 && "name" in value && typeof value.name === "string"
  && ["describe", "decode", "execute"].every((method) => typeof Reflect.get(value, method) === "function")

const buildStages = (places: ReadonlyMap<string, Place>, roots: Roots, folder: string, manifestPath: string) =>
  Effect.tryPromise({
    try: () => withEsbuild(() => build(places, roots, folder, manifestPath)),
    catch: (cause) => cause instanceof StageLoadError ? cause : buildError([...places.keys()].join(", "))(cause)
  })

const build = async (places: ReadonlyMap<string, Place>, roots: Roots, folder: string, manifestPath: string): Promise<Manifest["stages"]> => {
  const startedAt = Date.now()
  const known: MinimalTexts = new Map()
  const codes = await Promise.all([...places].map(async ([name, { path }]) => {
    const code = await stageCode(path, roots, known).catch((cause: unknown) => {
      throw buildError(name)(cause)
    })
    return [name, code] as const
  }))
  const bundles = await bundleStages(new Map([...places].map(([name, { path }]) => [name, path])), roots, folder)
  const stages: Record<string, BuiltStage> = {}
  for (const [name, { digest, files }] of codes) stages[name] = { code: digest, files, bundle: bundles.paths[name] ?? "" }
  const read = [bundles, ...codes.map(([, code]) => code)].flatMap(({ sources, manifests }) => [...sources, ...manifests])
  const stamps = takeStamps([...read, ...toolchain(roots)], startedAt)
  if (stamps !== undefined) writeManifest(manifestPath, { version: 1, stamps, stages })
  return stages
}

/** What else decides what is built: this package and the bundler. */
const toolchain = ({ packageRoot }: Roots): ReadonlyArray<string> =>
  [join(packageRoot, "package.json"), packageManifest("esbuild", packageRoot, packageRoot)].filter((path) => path !== undefined)

const buildError = (stage: string) => (cause: unknown): StageLoadError => {
  const messages = messagesOf(cause)
  return new StageLoadError({
    stage,
    message: `stage "${stage}" cannot be built: ${messages ?? (cause instanceof Error ? cause.message : String(cause))}`,
    ...(messages === undefined ? { cause } : {})
  })
}

// --- the manifest

const readManifest = (path: string): Manifest["stages"] | undefined => {
  try {
    const manifest: unknown = JSON.parse(readFileSync(path, "utf8"))
    if (!isManifest(manifest) || !unchanged(manifest.stamps)) return undefined
    return Object.values(manifest.stages).every(({ bundle }) => existsSync(bundle)) ? manifest.stages : undefined
  } catch {
    return undefined // absent, or half written by a file system that lost power: it is made again
  }
}

const isManifest = (value: unknown): value is Manifest =>
  typeof value === "object" && value !== null && "version" in value && value.version === 1 && "stamps" in value && isStamps(value.stamps)
  && "stages" in value && typeof value.stages === "object" && value.stages !== null

const writeManifest = (path: string, manifest: Manifest): void => {
  const temporary = `${path}.${process.pid}.tmp`
  writeFileSync(temporary, JSON.stringify(manifest))
  renameSync(temporary, path)
}

const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 20)
