/**
 * Programs that tests start in processes of their own, as one file each: it starts in a third of the time, and there are many starts. All
 * files of a run of the tests share what one of them has bundled.
 */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { build } from "esbuild"

const root = join(import.meta.dirname, "..")
const programs = new Map<string, Promise<string>>()

/** Path of the bundle of this source, whose name it keeps. */
export const programOf = (source: string): Promise<string> => {
  const known = programs.get(source) ?? bundle(source)
  programs.set(source, known)
  return known
}

/** The worker of the sources as they are. */
export const workerProgram = (): Promise<string> => programOf(join(root, "src", "run", "worker.ts"))

const bundle = async (source: string): Promise<string> => {
  const folder = sharedFolder()
  const path = join(folder, `${basename(source, ".ts")}.mjs`)
  if (existsSync(path)) return path
  const unfinished = `${path}.${process.pid}`
  await build({
    entryPoints: [source],
    outfile: unfinished,
    bundle: true,
    platform: "node",
    format: "esm",
    external: ["onnxruntime-node", "@duckdb/*", "esbuild", "sharp"],
    banner: { js: 'import { createRequire as createRequireHere } from "node:module"; const require = createRequireHere(import.meta.url);' }, // sources import it, too
    logLevel: "error"
  })
  renameSync(unfinished, path)
  return path
}

/** Where set-up.ts says; outside of vitest a folder of this process. Native packages are found from it. */
const sharedFolder = (): string => {
  const shared = process.env["REPRISE_TESTS"]
  const folder = shared === undefined ? mkdtempSync(join(tmpdir(), "reprise-programs-")) : join(shared, "programs")
  if (shared === undefined) process.on("exit", () => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(folder, { recursive: true })
  if (!existsSync(join(folder, "node_modules"))) {
    try {
      symlinkSync(join(root, "node_modules"), join(folder, "node_modules"))
    } catch (error) {
      if (!existsSync(join(folder, "node_modules"))) throw error // another process has just made it
    }
  }
  return folder
}
