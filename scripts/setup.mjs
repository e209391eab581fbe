#!/usr/bin/env node
/**
 * Makes a fresh clone ready: installs the packages that package-lock.json names and builds the bundles. Runs before
 * `npm start`, `npm test` and the other scripts, and does nothing, in some tens of milliseconds, when all is in place.
 *
 * It needs no package and runs on any Node from 18 on, because at that moment there is nothing else: the Node that Reprise itself
 * runs on is one of the packages it installs.
 */
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { buildIsStale } from "./build.mjs"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const modules = join(root, "node_modules")
const lock = join(root, "package-lock.json")
/** Holds the digest of the lock file whose packages are installed. */
const stamp = join(modules, ".reprise-setup")

const main = () => {
  const digest = createHash("sha256").update(readFileSync(lock)).digest("hex")
  if (!isInstalled(digest)) {
    install()
    writeFileSync(stamp, digest)
  }
  if (buildIsStale()) build()
}

const isInstalled = (digest) => {
  if (read(stamp) === digest) return true
  if (!matchesLock()) return false
  writeFileSync(stamp, digest)
  return true
}

/** Whether somebody already ran `npm ci` by hand: npm leaves the list of what it installed in node_modules. */
const matchesLock = () => {
  const installed = read(join(modules, ".package-lock.json"))
  if (installed === undefined) return false
  const found = JSON.parse(installed).packages ?? {}
  const asked = JSON.parse(readFileSync(lock, "utf8")).packages ?? {}
  const same = (path) => found[path]?.version === asked[path]?.version && found[path]?.integrity === asked[path]?.integrity
  return Object.keys(asked).every((path) => path === "" || (found[path] === undefined ? asked[path].optional === true : same(path)))
}

const install = () => {
  say(existsSync(modules) ? "Updating the packages (package-lock.json has changed) ..." : "Installing the packages, once; this takes about half a minute ...")
  const started = Date.now()
  const run = npm(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
  if (run.status !== 0) {
    process.stderr.write(run.stderr ?? "")
    fail(`npm ci did not succeed. ${advice(`${run.stderr ?? ""}${run.error?.message ?? ""}`)}`)
  }
  say(`Packages installed in ${((Date.now() - started) / 1000).toFixed(0)} s.`)
}

/** npm as the user runs it: the same program and the same Node when a script of npm's started us. */
const npm = (parameters) => {
  const script = process.env.npm_execpath
  const viaNode = script !== undefined && /\.c?js$/.test(script)
  const program = viaNode ? process.env.npm_node_execpath ?? process.execPath : "npm"
  return spawnSync(program, viaNode ? [script, ...parameters] : parameters, {
    cwd: root,
    stdio: ["ignore", "inherit", "pipe"],
    encoding: "utf8",
    shell: !viaNode && process.platform === "win32",
    // Left alone, the tensor runtime's installer downloads several hundred megabytes of CUDA libraries on every Linux machine.
    // To have them: ONNXRUNTIME_NODE_INSTALL=cuda12 npm ci
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: process.env.ONNXRUNTIME_NODE_INSTALL ?? "skip" }
  })
}

const advice = (text) => {
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|network/i.test(text)) {
    return "The package registry cannot be reached: check the network, or npm's proxy settings (npm config get proxy), and try again."
  }
  if (/ENOENT.*npm|npm.*ENOENT|not found/i.test(text)) return "npm was not found: install Node.js 20 or later, which brings npm."
  if (/ENOSPC/.test(text)) return "The disk is full: the packages need about 800 MB."
  if (/EACCES|EPERM/.test(text)) return `This user may not write to ${root}.`
  if (/lockfileVersion|EUSAGE/i.test(text)) return "package.json and package-lock.json do not fit together, or npm is older than version 9 (npm --version)."
  return "The lines above are npm's own."
}

const build = () => {
  const own = join(modules, ".bin", "node")
  const run = spawnSync(existsSync(own) ? own : process.execPath, [join(root, "scripts", "build.mjs")], { cwd: root, stdio: ["ignore", "ignore", "inherit"] })
  if (run.status !== 0) fail("The command could not be built; the lines above say where.")
  say("Command built.")
}

const read = (path) => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return undefined
  }
}
// Notices go to standard error, so that a script's own output stays clean.
const say = (line) => process.stderr.write(`${line}\n`)
const fail = (line) => {
  say(line)
  process.exit(1)
}

main()
