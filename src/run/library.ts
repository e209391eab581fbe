/**
 * Effect as one file beside the bundles of a project's stages, which all import it: it is most of what each of them would hold, and changes
 * with its version only. Stages are bundled in half of the time, and Node compiles it once, not again after each edit of a stage.
 */
import { createHash, randomBytes } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { commonOptions, type Esbuild } from "./bundler.ts"

/** The package. What is imported from a path within it (`effect/encoding`) cannot be had from here. */
export const libraryName = "effect"

/**
 * Name of the file in `folder`, made unless it is there. `entry` is the package's main module, `manifest` its `package.json`; like the
 * digest of a stage's code, this goes by what the manifest says.
 */
export const libraryFile = async (esbuild: Esbuild, entry: string, manifest: string, folder: string): Promise<string> => {
  const key = createHash("sha256").update([entry, readFileSync(manifest, "utf8"), esbuild.version].join("\0")).digest("hex")
  const name = `${libraryName}-${key.slice(0, 20)}.mjs`
  const path = join(folder, name)
  if (existsSync(path)) {
    const now = new Date()
    utimesSync(path, now, now) // it is kept for as long as the bundles that are made with it
    return name
  }
  const { outputFiles } = await esbuild.build({ ...commonOptions(dirname(manifest)), entryPoints: [entry] })
  const unfinished = `${path}.${randomBytes(6).toString("hex")}.tmp`
  mkdirSync(folder, { recursive: true })
  writeFileSync(unfinished, outputFiles[0]?.contents ?? "")
  renameSync(unfinished, path)
  return name
}
