/**
 * What the two bundles of a stage (code.ts: to fingerprint it; bundle.ts: to run it) have in common: esbuild, loaded only when
 * something must be built, and how imports are found.
 */
import { existsSync, readFileSync } from "node:fs"
import { isBuiltin } from "node:module"
import { dirname, join, relative, resolve, sep } from "node:path"
import type * as esbuildModule from "esbuild"
import type { BuildOptions, Message, Plugin } from "esbuild"

export type Esbuild = typeof esbuildModule

let builds = 0

/** Runs `use` with esbuild. Its helper process ends when nobody needs it any more. */
export const withEsbuild = async <A>(use: (esbuild: Esbuild) => Promise<A>): Promise<A> => {
  builds++
  const esbuild = await import("esbuild")
  try {
    return await use(esbuild)
  } finally {
    builds--
    if (builds === 0) await esbuild.stop()
  }
}

/** Options that make a bundle depend on the sources alone: not on the folder it is built in, nor on a tsconfig found near it. */
export const commonOptions = (packageRoot: string) =>
  ({
    absWorkingDir: packageRoot,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node22",
    treeShaking: true,
    legalComments: "none",
    charset: "utf8",
    tsconfigRaw: {},
    write: false,
    metafile: true,
    logLevel: "silent"
  }) as const satisfies BuildOptions

/** `reprise/stage`, as a project's stages import it, is the module of the package that is running, installed beside the project or not. */
export const ownPackage = (packageRoot: string): Plugin => ({
  name: "reprise",
  setup: (build) => {
    build.onResolve({ filter: /^reprise\// }, ({ path }) => {
      const target = packageExports(packageRoot)[`.${path.slice("reprise".length)}`]
      return target === undefined ? { errors: [{ text: `the package reprise has no module "${path}"` }] } : { path: join(packageRoot, target) }
    })
  }
})

const packageExports = (packageRoot: string): Readonly<Record<string, string>> => {
  const manifest: unknown = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8"))
  if (typeof manifest !== "object" || manifest === null || !("exports" in manifest)) return {}
  const { exports } = manifest
  if (typeof exports !== "object" || exports === null) return {}
  return Object.fromEntries(Object.entries(exports).filter((entry): entry is [string, string] => typeof entry[1] === "string"))
}

/** Name of the npm package that an import asks for; undefined for files, URLs and Node's own modules. */
export const packageName = (request: string): string | undefined => {
  if (/^([./\\#]|[a-z]+:|[A-Za-z]:)/.test(request) || isBuiltin(request)) return undefined
  const [first = "", second = ""] = request.split("/")
  return first.startsWith("@") ? `${first}/${second}` : first
}

/** `package.json` of an installed package, as seen from a folder, or else from the package that is running. */
export const packageManifest = (name: string, from: string, packageRoot: string): string | undefined =>
  manifestAbove(name, from) ?? manifestAbove(name, packageRoot)

const manifestAbove = (name: string, from: string): string | undefined => {
  for (let folder = from;; folder = dirname(folder)) {
    const manifest = join(folder, "node_modules", name, "package.json")
    if (existsSync(manifest)) return manifest
    if (dirname(folder) === folder) return undefined
  }
}

export interface Roots {
  readonly project: string
  /** Folder of the package that is running; it may itself lie in the project's `node_modules`. */
  readonly packageRoot: string
}

/** Path of a source relative to the package or else the project, with `/`; a path outside of both stays as it is. */
export const sourceLabel = (path: string, { project, packageRoot }: Roots): string => {
  const root = [packageRoot, project].find((folder) => path.startsWith(folder + sep))
  return (root === undefined ? path : relative(root, path)).replaceAll(sep, "/")
}

/** True for files of packages that are neither the project nor the one that is running. */
export const isInstalled = (path: string, roots: Roots): boolean => sourceLabel(path, roots).split("/").includes("node_modules")

/** esbuild's messages as `file:line:col text`, one a line, with the packages that it did not find. */
export const messagesOf = (error: unknown, roots: Roots): { readonly text: string; readonly missing: ReadonlyArray<string> } | undefined => {
  if (!(error instanceof Error) || !("errors" in error) || !Array.isArray(error.errors)) return undefined
  const messages = error.errors.filter(isMessage)
  const missing = messages.flatMap(({ text }) => packageName(/^Could not resolve "(.+)"$/.exec(text)?.[1] ?? "./") ?? [])
  const text = messages.map(({ text, location }) =>
    // Its files are relative to the folder that it works in.
    location === null ? text : `${sourceLabel(resolve(roots.packageRoot, location.file), roots)}:${location.line}:${location.column + 1} ${text}\n    ${location.lineText.trim()}`
  ).join("\n")
  return { text, missing: [...new Set(missing)] }
}

const isMessage = (value: unknown): value is Message => typeof value === "object" && value !== null && "text" in value && "location" in value
