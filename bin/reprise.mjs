#!/usr/bin/env node
/**
 * Starts the command: picks a Node that is new enough, turns on the compile cache, and loads the bundle in dist/, which in a
 * checkout is first rebuilt when the sources are newer. `--version` alone is answered here, without loading anything.
 */
import { existsSync, readFileSync } from "node:fs"
import module from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const required = [22, 19]

const start = async () => {
  const parameters = process.argv.slice(2)
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  if (parameters.length === 1 && (parameters[0] === "--version" || parameters[0] === "-v")) {
    process.stdout.write(`reprise ${version}\n`)
    return
  }
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
  if (major < required[0] || (major === required[0] && minor < required[1])) return useNewerNode()

  // Workers and stages inherit the cache through the environment.
  process.env.NODE_COMPILE_CACHE ??= join(root, "dist", "compile-cache")
  module.enableCompileCache?.(process.env.NODE_COMPILE_CACHE)
  const fromSources = process.env.REPRISE_SOURCES === "1"
  const { main } = await load(fromSources)
  await main({ packageRoot: root, worker: join(root, fromSources ? "src/run/worker.ts" : "dist/worker.mjs"), version, parameters })
}

/** The bundle; or the sources themselves with REPRISE_SOURCES=1, for readable stack traces and debuggers. */
const load = async (fromSources) => {
  if (fromSources) return import(pathToFileURL(join(root, "src", "cli", "start.ts")).href)
  if (existsSync(join(root, "scripts", "build.mjs"))) {
    if (!existsSync(join(root, "node_modules"))) await import("../scripts/setup.mjs")
    const { build, buildIsStale } = await import("../scripts/build.mjs")
    if (buildIsStale()) await build()
  }
  return import(pathToFileURL(join(root, "dist", "cli.mjs")).href)
}

const useNewerNode = async () => {
  const own = join(root, "node_modules", ".bin", process.platform === "win32" ? "node.cmd" : "node")
  if (!existsSync(own) || process.env.REPRISE_NODE_CHOSEN === "1") {
    process.stderr.write(`Reprise needs Node ${required.join(".")} or later; this is ${process.versions.node} (${process.execPath}).\nIn a checkout, \`npm start\` installs one.\n`)
    process.exitCode = 2
    return
  }
  const { spawn } = await import("node:child_process")
  const child = spawn(own, process.argv.slice(1), { stdio: "inherit", env: { ...process.env, REPRISE_NODE_CHOSEN: "1" } })
  // A terminal sends Ctrl-C to both; the child ends in its own time and says how it went.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => signal === "SIGINT" && process.stdin.isTTY ? undefined : child.kill(signal))
  }
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

await start()
