/**
 * The bundles that run: plain modules with the libraries inside, so that a worker loads two files instead of three hundred, and
 * frozen, so that an edit in the middle of a run changes nothing. Stages bundled together share what they have in common in chunks.
 */
import { createHash, randomBytes } from "node:crypto"
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs"
import { basename, dirname, join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import type { ImportKind, OnResolveArgs, PluginBuild, Plugin } from "esbuild"
import { commonOptions, type Esbuild, isInstalled, ownPackage, packageManifest, packageName, type Roots, withEsbuild } from "./bundler.ts"
import { libraryFile, libraryName } from "./library.ts"

/** Pure JavaScript that is copied into bundles, but for Effect, which they share (library.ts). Any other package is loaded from where it is installed: it may be native, or look for its own files. */
const bundled = new Set(["effect", "yaml", "apache-arrow", "flatbuffers", "protobufjs"])

export interface StageBundles {
  /** Absolute path of each stage's bundle, by stage name. */
  readonly paths: Readonly<Record<string, string>>
  /** Absolute paths of these and of all modules that they load from beside them. */
  readonly modules: ReadonlyArray<string>
  readonly sources: ReadonlyArray<string>
  readonly manifests: ReadonlyArray<string>
}

/** Days after which bundles that nothing has asked for since are removed, when new ones are made. */
const keepDays = 30

/**
 * Bundles stages (name -> absolute path of the source) into a folder of `folder` that is named by its content.
 * Rejects with esbuild's error.
 */
export const bundleStages = (entries: ReadonlyMap<string, string>, roots: Roots, folder: string): Promise<StageBundles> =>
  withEsbuild(async (esbuild) => {
    const manifests = new Set<string>()
    const library = shareLibrary(esbuild, folder)
    const build = () => esbuild.build({
      ...commonOptions(roots.packageRoot),
      entryPoints: [...entries].map(([name, path]) => ({ in: path, out: fileName(name) })),
      // As deep as the folder that will be, for the relative paths in source maps.
      outdir: join(folder, "build"),
      outExtension: { ".js": ".mjs" },
      splitting: true,
      chunkNames: "chunk-[hash]",
      // CommonJS packages inside an ES module still call `require` for Node's own modules.
      banner: { js: 'import { createRequire as reprise_createRequire } from "node:module"; const require = reprise_createRequire(import.meta.url);' },
      sourcemap: "linked",
      sourcesContent: false,
      plugins: [ownPackage(roots.packageRoot), packages(roots, manifests, library), ownPlace(roots)]
    })
    let built = await build()
    if (library.isTakenApart()) built = await build()
    const files = built.outputFiles.map(({ path, contents }) => ({ name: basename(path), contents })).sort((a, b) => (a.name < b.name ? -1 : 1))
    const target = join(folder, digestOf(files).slice(0, 20))
    publish(files, target)
    prune(folder, target)
    return {
      paths: Object.fromEntries([...entries.keys()].map((name) => [name, join(target, `${fileName(name)}.mjs`)])),
      modules: [...files.map(({ name }) => join(target, name)).filter((path) => path.endsWith(".mjs")), ...(await library.made())],
      sources: Object.keys(built.metafile.inputs).map((input) => resolve(roots.packageRoot, input)).filter((path) => !isInstalled(path, roots)),
      manifests: [...manifests]
    }
  })

const fileName = (stage: string): string => stage.replaceAll("/", "--")

interface SharedLibrary {
  /** How bundles import the library; undefined where they hold what they need of it. */
  readonly importedAs: (request: string, entry: string, manifest: string | undefined) => Promise<string | undefined>
  /** True if a module asked for a part of the library by its path: that part and the library as one file would not know each other. */
  readonly isTakenApart: () => boolean
  /** Absolute paths of the files that bundles import; empty where they hold what they need. */
  readonly made: () => Promise<ReadonlyArray<string>>
}

const shareLibrary = (esbuild: Esbuild, folder: string): SharedLibrary => {
  const files = new Map<string, Promise<string>>()
  let takenApart = false
  return {
    importedAs: async (request, entry, manifest) => {
      if (request !== libraryName) takenApart = true
      if (takenApart || manifest === undefined) return undefined
      const file = files.get(entry) ?? libraryFile(esbuild, entry, manifest, folder)
      files.set(entry, file)
      return `../${await file}`
    },
    isTakenApart: () => takenApart,
    made: async () => takenApart ? [] : (await Promise.all(files.values())).map((file) => join(folder, file))
  }
}

/** Decides for each package whether it goes in or is loaded from where it is installed, by its absolute address. */
const packages = (roots: Roots, manifests: Set<string>, library: SharedLibrary): Plugin => ({
  name: "packages",
  setup: (build) => {
    build.onResolve({ filter: /^[^./]/ }, async (request) => {
      const name = packageName(request.path)
      if (name === undefined || request.pluginData === resolving) return undefined
      const found = await find(build, request, roots)
      if (found.errors.length > 0) {
        // A package that may be absent is imported at run time by whoever can do without it.
        return isDynamic(request.kind) ? { path: request.path, external: true } : { errors: found.errors }
      }
      const manifest = packageManifest(name, request.resolveDir, roots.packageRoot)
      if (manifest !== undefined) manifests.add(manifest)
      if (isInstalled(request.importer, roots)) return found
      const shared = name === libraryName ? await library.importedAs(request.path, found.path, manifest) : undefined
      if (shared !== undefined) return { path: shared, external: true }
      if (bundled.has(name)) return found
      return { path: pathToFileURL(found.path).href, external: true }
    })
  }
})

const resolving = Symbol("resolving")
const isDynamic = (kind: ImportKind): boolean => kind === "dynamic-import" || kind === "require-call" || kind === "require-resolve"

const find = async (build: PluginBuild, { path, resolveDir, kind }: OnResolveArgs, roots: Roots) => {
  const there = await build.resolve(path, { resolveDir, kind, pluginData: resolving })
  return there.errors.length === 0 ? there : build.resolve(path, { resolveDir: roots.packageRoot, kind, pluginData: resolving })
}

/** `import.meta.url` and its like go on to say where the source lies, so that what is looked for beside it is found. */
const ownPlace = ({ project, packageRoot }: Roots): Plugin => ({
  name: "own-place",
  setup: (build) => {
    // Not the hundreds of files of installed packages: each call of a plugin costs.
    const stages = [project, packageRoot].map((root) => join(root, "stages/").replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    build.onLoad({ filter: new RegExp(`\\.[mc]?ts$|^(${stages.join("|")}).*\\.[mc]?js$`) }, ({ path }) => {
      const source = readFileSync(path, "utf8")
      if (!source.includes("import.meta.")) return undefined
      return {
        loader: path.endsWith("ts") ? "ts" : "js",
        contents: source
          .replaceAll(/\bimport\.meta\.url\b/g, () => JSON.stringify(pathToFileURL(path).href))
          .replaceAll(/\bimport\.meta\.filename\b/g, () => JSON.stringify(path))
          .replaceAll(/\bimport\.meta\.dirname\b/g, () => JSON.stringify(dirname(path)))
      }
    })
  }
})

interface OutputFile {
  readonly name: string
  readonly contents: Uint8Array
}

const digestOf = (files: ReadonlyArray<OutputFile>): string => {
  const hash = createHash("sha256")
  for (const { name, contents } of files) hash.update(`${name}\0${contents.length}\0`).update(contents)
  return hash.digest("hex")
}

/** Makes the folder by one rename. Whoever was there first with the same content has done it, but for what has been removed since. */
const publish = (files: ReadonlyArray<OutputFile>, target: string): void => {
  const temporary = `${target}.${randomBytes(6).toString("hex")}.tmp`
  mkdirSync(temporary, { recursive: true })
  try {
    for (const { name, contents } of files) writeFileSync(join(temporary, name), contents)
    renameSync(temporary, target)
  } catch (error) {
    if (!existsSync(target)) throw error
    for (const { name } of files) if (!existsSync(join(target, name))) renameSync(join(temporary, name), join(target, name))
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}

const prune = (folder: string, keep: string): void => {
  const oldest = Date.now() - keepDays * 86_400_000
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    const stat = statSync(path, { throwIfNoEntry: false })
    if (path !== keep && stat !== undefined && stat.mtimeMs < oldest) rmSync(path, { recursive: true, force: true })
  }
}
