/**
 * The same work for the peers: tasks that copy a file, in chains of five, 1,000 for Turborepo and 100 for Nx; pairs of a file made and a file read for Snakemake. Turborepo
 * and Nx are installed from npm into the user's cache when they are first asked for, and stay there with their workspaces; Snakemake is Debian's.
 *
 * Filling the peers' caches is not what is timed. So that it does not take ten minutes of starting npm a thousand times, a shell script stands in for npm
 * meanwhile; what is timed afterwards starts no task at all. Nx takes a quarter of a second of a processor for each task then, which is why it has fewer.
 */
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs"
import { homedir } from "node:os"
import { dirname, join } from "node:path"
import { time } from "./project.ts"

export interface Peer {
  readonly name: string
  /** Seconds of a run in which every task is up to date. */
  readonly noop: () => number
  /** Ends what it leaves running. */
  readonly close?: () => void
}

/** The peers that can be had here, and what is said of the others. */
export interface Peers {
  readonly peers: ReadonlyArray<Peer>
  readonly missing: ReadonlyArray<string>
}

const steps = 5
export const [peerTasks, nxTasks] = [1_000, 100] as const

const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "reprise-bench")
const versions = { turbo: "2.11.11", nx: "24.0.6" }

const stepNames = Array.from({ length: steps }, (_, at) => `t${at + 1}`)
const fileOf = (step: number): string => (step === 0 ? "in.txt" : `out${step}.txt`)

/** A workspace of packages whose scripts copy one file to the next. */
const makeWorkspace = (folder: string, tasks: number, more: Readonly<Record<string, unknown>>): void => {
  for (let at = 0; at < tasks / steps; at++) {
    const place = join(folder, "packages", `p${at}`)
    mkdirSync(place, { recursive: true })
    const scripts = Object.fromEntries(stepNames.map((name, step) => [name, `cp ${fileOf(step)} ${fileOf(step + 1)}`]))
    writeFileSync(join(place, "package.json"), JSON.stringify({ name: `p${at}`, version: "1.0.0", private: true, scripts }))
    writeFileSync(join(place, "in.txt"), `package ${at}\n`)
  }
  const manifest = { name: "bench", version: "1.0.0", private: true, packageManager: "npm@10.9.2", workspaces: ["packages/*"] }
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest))
  writeFileSync(join(folder, "package-lock.json"), JSON.stringify({ name: "bench", version: "1.0.0", lockfileVersion: 3, requires: true, packages: { "": manifest } }))
  for (const [name, content] of Object.entries(more)) writeFileSync(join(folder, name), JSON.stringify(content))
  const npm = join(folder, "stand-in", "npm")
  mkdirSync(join(folder, "stand-in"))
  const cases = stepNames.map((name, step) => `    ${name}) exec cp ${fileOf(step)} ${fileOf(step + 1)} ;;`)
  writeFileSync(npm, ["#!/bin/sh", "for word; do", "  case \"$word\" in", ...cases, "  esac", "done", "echo 10.9.2"].join("\n"), { mode: 0o755 })
}

const tasksOf = (inputOf: (file: string) => string, outputOf: (file: string) => string, more: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(stepNames.map((name, step) => [name, {
    ...(step === 0 ? {} : { dependsOn: [stepNames[step - 1]] }),
    inputs: [inputOf("in.txt")],
    outputs: [outputOf(fileOf(step + 1))],
    ...more
  }]))

/** The peer's program, installed if need be; throws where the registry is out of reach. */
const install = (name: keyof typeof versions): string => {
  const folder = join(cache, `${name}-${versions[name]}`)
  const program = join(folder, "node_modules", ".bin", name)
  if (existsSync(program)) return program
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, "package.json"), "{}")
  const { status, stderr } = spawnSync("npm", ["install", "--no-audit", "--no-fund", `${name}@${versions[name]}`], { cwd: folder, encoding: "utf8" })
  if (status !== 0) throw new Error(`npm install ${name}@${versions[name]}: ${stderr.slice(-500)}`)
  return program
}

interface Workspace {
  readonly tasks: number
  readonly files: Readonly<Record<string, unknown>>
  readonly parameters: ReadonlyArray<string>
  readonly environment: Readonly<Record<string, string>>
}

/** The program and a workspace of its own, with everything in its cache. */
const filledWorkspace = (name: keyof typeof versions, { environment, files, parameters, tasks }: Workspace) => {
  const program = install(name)
  const folder = join(cache, `${name}-${versions[name]}-${tasks}`)
  const ready = join(folder, "ready")
  if (!existsSync(ready)) {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    makeWorkspace(folder, tasks, files)
    symlinkSync(dirname(dirname(program)), join(folder, "node_modules")) // Nx looks for itself there
    time(program, parameters, folder, "", { ...environment, PATH: `${join(folder, "stand-in")}:${process.env["PATH"] ?? ""}` })
    writeFileSync(ready, "")
  }
  return (more: Readonly<Record<string, string>>, expected: string, words = parameters) => time(program, words, folder, expected, { ...environment, ...more }).seconds
}

const turborepo = (): ReadonlyArray<Peer> => {
  const run = filledWorkspace("turbo", {
    tasks: peerTasks,
    files: { "turbo.json": { tasks: tasksOf((file) => file, (file) => file, {}) } },
    parameters: ["run", `t${steps}`, "--concurrency=2", "--output-logs=none"],
    environment: { TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" }
  })
  return [{ name: `Turborepo ${versions.turbo}`, noop: () => run({}, `${peerTasks} cached, ${peerTasks} total`) }]
}

/** With the process that it keeps in the background, which it starts itself and which is stopped at the end, and without. */
const nx = (): ReadonlyArray<Peer> => {
  const run = filledWorkspace("nx", {
    tasks: nxTasks,
    files: { "nx.json": { parallel: 2, targetDefaults: tasksOf((file) => `{projectRoot}/${file}`, (file) => `{projectRoot}/${file}`, { cache: true }) } },
    parameters: ["run-many", "-t", `t${steps}`, "--outputStyle=static"],
    environment: { NX_DAEMON: "false", NX_NO_CLOUD: "true" }
  })
  const done = `${nxTasks} out of ${nxTasks} tasks`
  return [
    { name: `Nx ${versions.nx} without its daemon`, noop: () => run({}, done) },
    { name: `Nx ${versions.nx} with its daemon`, noop: () => run({ NX_DAEMON: "true" }, done), close: () => void run({ NX_DAEMON: "true" }, "", ["daemon", "--stop"]) }
  ]
}

const snakefile = (pairs: number) => `
rule all:
    input: expand("out/b{i}.txt", i=range(${pairs}))
rule make:
    output: "out/a{i}.txt"
    shell: "echo {wildcards.i} > {output}"
rule use:
    input: "out/a{i}.txt"
    output: "out/b{i}.txt"
    shell: "cat {input} > {output}"
`

/** `folder` is new. The files are put there as a run would leave them: Snakemake would take 44 ms for each. */
export const snakemakeNoop = (folder: string, tasks: number): Peer => {
  mkdirSync(join(folder, "out"), { recursive: true })
  writeFileSync(join(folder, "Snakefile"), snakefile(tasks / 2))
  const now = Date.now() / 1000
  for (let i = 0; i < tasks / 2; i++) {
    for (const [name, age] of [["a", 20], ["b", 10]] as const) {
      const path = join(folder, "out", `${name}${i}.txt`)
      writeFileSync(path, `${i}\n`)
      utimesSync(path, now - age, now - age)
    }
  }
  return { name: "Snakemake", noop: () => time("snakemake", ["-c2"], folder, "Nothing to be done").seconds }
}

/** Seconds that Snakemake takes for so many tasks from nothing. */
export const snakemakeRun = (folder: string, tasks: number): number => {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, "Snakefile"), snakefile(tasks / 2))
  return time("snakemake", ["-c2"], folder, "100%").seconds
}

export const hasSnakemake = (): boolean => spawnSync("snakemake", ["--version"]).status === 0

const found = (make: () => ReadonlyArray<Peer>): Peers => {
  try {
    return { peers: make(), missing: [] }
  } catch (error) {
    return { peers: [], missing: [error instanceof Error ? error.message.split("\n")[0] ?? "" : String(error)] }
  }
}

/** Those for `peerTasks` tasks. */
export const noopPeers = (folder: string): Peers => {
  const { missing, peers } = found(turborepo)
  return hasSnakemake() ? { peers: [...peers, snakemakeNoop(folder, peerTasks)], missing } : { peers, missing: [...missing, "Snakemake: apt-get install snakemake"] }
}

/** Those for `nxTasks`: half a minute to fill, when it is done for the first time. */
export const nxPeers = (): Peers => found(nx)
