#!/usr/bin/env node
/**
 * Bundles the command and the worker into dist/, so that they start in a tenth of a second rather than a second.
 *
 * The command is split: what a command needs only when it works (DuckDB, the scheduler, esbuild) lies in chunks of its own,
 * loaded on demand. The worker is one file. Pure JavaScript packages are inside; those with native parts stay packages.
 *
 * Chunks are named by their content and replaced by rename, and those of earlier builds stay for a week: a run that started
 * before the sources were edited still finds what it loads late.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { stale } from "./stale.mjs"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const dist = join(root, "dist")
const stamp = join(dist, "build.json")
const week = 7 * 24 * 3600 * 1000

/** Whether dist/ is missing or older than what it is made of. */
export const buildIsStale = () =>
  stale(stamp, ["src", "package.json", "package-lock.json", "scripts/build.mjs"].map((path) => join(root, path)))

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node22.19",
  // Names stay readable in stack traces; white space and dead branches go.
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "none",
  charset: "utf8",
  external: ["onnxruntime-node", "@duckdb/*", "esbuild"],
  // CommonJS packages inside an ES module still call `require` for Node's own modules.
  banner: { js: 'import { createRequire as reprise_createRequire } from "node:module"; const require = reprise_createRequire(import.meta.url);' },
  outExtension: { ".js": ".mjs" },
  write: false,
  metafile: true,
  logLevel: "error"
}

/** Builds both bundles; returns the bytes of each file written, by its path in dist/. */
export const build = async () => {
  const startedAt = new Date()
  const { build: bundle } = await import("esbuild")
  const results = await Promise.all([
    bundle({ ...common, entryPoints: { cli: "src/cli/start.ts" }, splitting: true, outdir: dist, chunkNames: "chunks/[name]-[hash]" }),
    bundle({ ...common, entryPoints: { worker: "src/run/worker.ts" }, outdir: dist })
  ])
  const files = results.flatMap((result) => result.outputFiles)
  // Entry points last: whoever reads one finds the chunks that it names.
  files.sort((a, b) => Number(a.path.includes("chunks")) < Number(b.path.includes("chunks")) ? 1 : -1)
  for (const file of files) {
    mkdirSync(dirname(file.path), { recursive: true })
    replace(file.path, file.contents)
  }
  const sizes = Object.fromEntries(files.map((file) => [relative(dist, file.path), file.contents.length]))
  replace(stamp, `${JSON.stringify({ builtAt: startedAt.toISOString(), files: sizes }, null, 2)}\n`)
  sweep(new Set(Object.keys(sizes)), startedAt.getTime() - week)
  sweepCompiled(startedAt.getTime() - week)
  return sizes
}

const replace = (path, contents) => {
  const temporary = `${path}.${process.pid}.tmp`
  writeFileSync(temporary, contents)
  renameSync(temporary, path)
}

const sweep = (kept, before) => {
  const chunks = join(dist, "chunks")
  for (const name of readdirSync(chunks)) {
    const path = join(chunks, name)
    if (!kept.has(relative(dist, path)) && (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? before) < before) rmSync(path, { force: true })
  }
}

/** Node adds to its cache of compiled code for every bundle of a stage that ever ran, and removes nothing. What is still in use is compiled again. */
const sweepCompiled = (before) => {
  const cache = join(dist, "compile-cache")
  if (!existsSync(cache)) return
  for (const entry of readdirSync(cache, { recursive: true, withFileTypes: true, encoding: "utf8" })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile() && (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? before) < before) rmSync(path, { force: true })
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const started = performance.now()
  const sizes = await build()
  const total = Object.values(sizes).reduce((sum, bytes) => sum + bytes, 0)
  console.log(`Built dist/ in ${((performance.now() - started) / 1000).toFixed(1)} s: ${Object.keys(sizes).length} files, ${(total / 1024).toFixed(0)} KiB`)
}
