/**
 * Stages by name: `attack/perturb` is `stages/attack/perturb.ts` of the project or, failing that, of the installed package. Loading
 * one bundles it, unless no file that it is made of has changed since the last time.
 */
import { realpathSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { Effect, Schema } from "effect"
import { nearest } from "../text/nearest.ts"
import type { StageDescription, StageInterface } from "../stage/protocol.ts"
import { bundleStages } from "./bundle.ts"
import { messagesOf, packageManifest, type Roots, withEsbuild } from "./bundler.ts"
import { type StageCode, stageCode, stageCodes } from "./code.ts"
import { type BuiltStage, type BuiltStages, codeFolder, readManifest, writeManifest } from "./stage-manifest.ts"
import { locate, type Origin, stageNames, type StagePlace } from "./stage-places.ts"
import { takeStamps } from "./stamps.ts"

export class StageLoadError extends Schema.TaggedError<StageLoadError>()("StageLoadError", {
  /** Name of the stage; empty where none is to blame. */
  stage: Schema.String,
  message: Schema.String,
  hint: Schema.optionalKey(Schema.String),
  cause: Schema.optionalKey(Schema.Defect())
}) {}

export interface LoadedStage extends BuiltStage {
  readonly stage: StageInterface
  readonly origin: Origin
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

// --- loading

const loadStages = (names: ReadonlyArray<string>, roots: Roots): Effect.Effect<ReadonlyMap<string, LoadedStage>, StageLoadError> =>
  Effect.gen(function*() {
    const places = new Map<string, StagePlace>()
    for (const name of names) {
      const place = locate(name, roots)
      if (place === undefined) return yield* unknownStage(name, roots)
      places.set(name, place)
    }
    const built = readManifest(places, roots) ?? (places.size === 0 ? {} : yield* buildStages(places, roots))
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

const buildStages = (places: ReadonlyMap<string, StagePlace>, roots: Roots) =>
  Effect.tryPromise({
    try: () => withEsbuild(() => build(places, roots)),
    catch: (cause) => cause instanceof StageLoadError ? cause : buildError([...places.keys()].join(", "), roots)(cause)
  })

const build = async (places: ReadonlyMap<string, StagePlace>, roots: Roots): Promise<BuiltStages> => {
  const startedAt = Date.now()
  const codes = await codesOf(places, roots)
  const paths = new Map([...places].map(([name, { path }]) => [name, path]))
  const bundles = await bundleStages(paths, roots, codeFolder(roots)).catch((cause: unknown) =>
    blame(places, roots, ({ path }, name) => bundleStages(new Map([[name, path]]), roots, codeFolder(roots)), cause))
  const stages: Record<string, BuiltStage> = {}
  for (const [name, { digest, files }] of codes) stages[name] = { code: digest, files, bundle: bundles.paths[name] ?? "" }
  const read = [bundles, ...codes.map(([, code]) => code)].flatMap(({ sources, manifests }) => [...sources, ...manifests])
  const stamps = takeStamps([...read, ...toolchain(roots)], startedAt)
  if (stamps !== undefined) writeManifest(places, roots, { stamps, modules: bundles.modules, stages })
  return stages
}

const codesOf = async (places: ReadonlyMap<string, StagePlace>, roots: Roots): Promise<ReadonlyArray<readonly [name: string, code: StageCode]>> => {
  const names = [...places.keys()]
  const codes = await stageCodes([...places.values()].map(({ path }) => path), roots).catch((cause: unknown) =>
    blame(places, roots, ({ path }) => stageCode(path, roots), cause))
  return codes.flatMap((code, at) => [[names[at] ?? "", code] as const])
}

/** Builds stages one by one that cannot be built together, to name the one that is at fault. */
const blame = async (places: ReadonlyMap<string, StagePlace>, roots: Roots, build: (place: StagePlace, name: string) => Promise<unknown>, together: unknown): Promise<never> => {
  for (const [name, place] of places) await build(place, name).catch((cause: unknown) => Promise.reject(buildError(name, roots)(cause)))
  throw together
}

/** What else decides what is built: this package and the bundler. */
const toolchain = ({ packageRoot }: Roots): ReadonlyArray<string> =>
  [join(packageRoot, "package.json"), packageManifest("esbuild", packageRoot, packageRoot)].filter((path) => path !== undefined)

const buildError = (stage: string, roots: Roots) => (cause: unknown): StageLoadError => {
  const messages = messagesOf(cause, roots)
  return new StageLoadError({
    stage,
    message: `stage "${stage}" cannot be built: ${messages?.text ?? (cause instanceof Error ? cause.message : String(cause))}`,
    ...(messages === undefined ? { cause } : {}),
    ...(messages === undefined || messages.missing.length === 0 ? {} : { hint: `Not installed where the project can find it: npm install ${messages.missing.join(" ")}` })
  })
}
