/**
 * The digest of a stage's code: of what the stage can reach and nothing else. The stage is bundled without what cannot be reached,
 * without comments, names of locals and formatting; packages count by their installed version, Node's own modules not at all.
 */
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { basename, dirname, join, resolve } from "node:path"
import type { Metafile, Plugin } from "esbuild"
import { commonOptions, ownPackage, packageManifest, packageName, type Roots, sourceLabel, withEsbuild } from "./bundler.ts"
import { minimalText, type Transform } from "./minify.ts"

/** What was found out about one stage's code. */
export interface StageCode {
  /** SHA-256, hexadecimal. */
  readonly digest: string
  /** The part of each file that counts, as a digest: for saying which file changed. Paths are relative to the project or package. */
  readonly files: Readonly<Record<string, string>>
  /** Absolute paths of the source files that were read. */
  readonly sources: ReadonlyArray<string>
  /** Absolute paths of the `package.json` files that were read. */
  readonly manifests: ReadonlyArray<string>
}

/**
 * Parts of a stage's module that say something about it or prepare its parameters and never work on its data. Their functions are
 * empty in the bundle that is fingerprinted, so that another wording reruns nothing: esbuild then drops the calls with their arguments.
 */
const silent = ["doc.ts", "describe.ts", "issues.ts", "normalise.ts"]

/** Minimal texts by the text they are of: stages share most of their files. */
type MinimalTexts = Map<string, Promise<string>>

/** Rejects with esbuild's error if the stage cannot be bundled. `entry` is absolute. */
export const stageCode = async (entry: string, roots: Roots): Promise<StageCode> => {
  const [code] = await stageCodes([entry], roots)
  if (code === undefined) throw new Error(`${entry} was not bundled.`)
  return code
}

/** The same for several stages, in their order. Each comes out as it would alone, and what they share is read once. */
export const stageCodes = (entries: ReadonlyArray<string>, roots: Roots): Promise<ReadonlyArray<StageCode>> =>
  withEsbuild(async (esbuild) => {
    // Names are left alone here and made minimal afterwards, where what was dropped (a description) no longer shows.
    const { metafile, outputFiles } = await esbuild.build({
      ...commonOptions(roots.packageRoot),
      entryPoints: entries.map((path, at) => ({ in: path, out: String(at) })),
      outdir: roots.packageRoot,
      packages: "external",
      minifySyntax: true,
      plugins: [ownPackage(roots.packageRoot), silence(roots.packageRoot)]
    })
    const texts = new Map(outputFiles.map(({ path, text }) => [basename(path), text]))
    const known: MinimalTexts = new Map()
    return Promise.all(entries.map((_, at) => {
      const output = metafile.outputs[`${at}.js`]
      const inputs = inputsOf(output?.entryPoint ?? "", metafile)
      return codeOf(esbuild.transform, texts.get(`${at}.js`) ?? "", inputs, output?.imports ?? [], known, roots)
    }))
  })

type Inputs = Metafile["inputs"]

/** What is read for one of the entry points. */
const inputsOf = (entryPoint: string, { inputs: all }: Metafile): Inputs => {
  const inputs: Inputs = {}
  const pending = [entryPoint]
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const input = all[path]
    if (input === undefined || inputs[path] !== undefined) continue
    inputs[path] = input
    pending.push(...input.imports.flatMap(({ external, path: imported }) => external === true ? [] : imported))
  }
  return inputs
}

const codeOf = async (transform: Transform, text: string, inputs: Inputs, imports: ReadonlyArray<{ readonly path: string }>, known: MinimalTexts, roots: Roots): Promise<StageCode> => {
  const packages = externalPackages(imports, inputs, roots)
  const versions = packages.map(({ name, version }) => `${name}@${version}`)
  const sections = [...sectionsOf(text, inputs)].map(async ([input, section]) => {
    const minimal = known.get(section) ?? minimalText(transform, section, "file")
    known.set(section, minimal)
    return [sourceLabel(resolve(roots.packageRoot, input), roots), sha256(await minimal)] as const
  })
  return {
    digest: sha256([await minimalText(transform, text, "bundle"), ...versions].join("\0")),
    files: {
      ...Object.fromEntries((await Promise.all(sections)).sort(([a], [b]) => (a < b ? -1 : 1))),
      ...Object.fromEntries(packages.map(({ name, version }) => [`package ${name}`, version]))
    },
    sources: Object.keys(inputs).map((input) => resolve(roots.packageRoot, input)),
    manifests: packages.flatMap(({ manifest }) => manifest ?? [])
  }
}

const silence = (packageRoot: string): Plugin => ({
  name: "silence",
  setup: (build) => {
    const files = new Set(silent.map((name) => join(packageRoot, "src", "stage", name)))
    build.onLoad({ filter: /[\\/]src[\\/]stage[\\/]\w+\.ts$/ }, ({ path }) => {
      if (!files.has(path)) return undefined
      const exported = [...readFileSync(path, "utf8").matchAll(/^export (?:const|function) (\w+)/gm)].map(([, name = ""]) => name)
      return { loader: "js", contents: exported.map((name) => `export function ${name}() {}`).join("\n") }
    })
  }
})

/** The bundle cut at the comments that esbuild puts before each file's part. A file may have several parts. */
const sectionsOf = (text: string, inputs: Inputs): ReadonlyMap<string, string> => {
  const sections = new Map<string, string>()
  let current: string | undefined
  for (const line of text.split("\n")) {
    const file = line.startsWith("// ") ? line.slice(3) : undefined
    if (file !== undefined && inputs[file] !== undefined) current = file
    else if (current !== undefined && !line.startsWith("export {")) sections.set(current, `${sections.get(current) ?? ""}${line}\n`)
    else if (line.startsWith("export {")) current = undefined
  }
  return sections
}

interface InstalledPackage {
  readonly name: string
  readonly version: string
  readonly manifest: string | undefined
}

/** Packages that the bundle still imports, by name. */
const externalPackages = (imports: ReadonlyArray<{ readonly path: string }>, inputs: Inputs, roots: Roots): ReadonlyArray<InstalledPackage> => {
  const imported = new Set(imports.flatMap(({ path }) => packageName(path) ?? []))
  const importers = new Map<string, string>()
  for (const [input, { imports }] of Object.entries(inputs)) {
    for (const { path } of imports) {
      const name = packageName(path)
      if (name !== undefined && !importers.has(name)) importers.set(name, dirname(resolve(roots.packageRoot, input)))
    }
  }
  return [...imported].sort().map((name) => {
    const manifest = packageManifest(name, importers.get(name) ?? roots.project, roots.packageRoot)
    return { name, version: manifest === undefined ? "not installed" : versionIn(manifest), manifest }
  })
}

const versionIn = (manifest: string): string => {
  const content: unknown = JSON.parse(readFileSync(manifest, "utf8"))
  return typeof content === "object" && content !== null && "version" in content ? String(content.version) : "unknown"
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex")
