/**
 * The same work for the peers: 1,000 tasks that copy a file, in chains of five, for Turborepo and Nx; pairs of a file made and a file read for Snakemake. Turborepo
 * and Nx are installed from npm into the user's cache when they are first asked for, and stay there with their workspaces; Snakemake is Debian's.
 *
 * Filling the peers' caches is not what is timed. So that it does not take ten minutes of starting npm a thousand times, a shell script stands in for npm
 * meanwhile; what is timed afterwards starts no task at all.
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
}

const [packages, steps] = [200, 5] as const
export const peerTasks = packages * steps

const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "reprise-bench")
const versions = { turbo: "2.11.11", nx: "24.0.6" }

const stepNames = Array.from({ length: steps }, (_, at) => `t${at + 1}`)
const fileOf = (step: number): string => (step === 0 ? "in.txt" : `out${step}.txt`)

/** A workspace of packages whose scripts copy one file to the next. */
const makeWorkspace = (folder: string, more: Readonly<Record<string, unknown>>): void => {
  for (let at = 0; at < packages; at++) {
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

const workspacePeer = (
  name: "turbo" | "nx",
  title: string,
  files: Readonly<Record<string, unknown>>,
  parameters: ReadonlyArray<string>,
  done: string,
  environment: Readonly<Record<string, string>>
): Peer => {
  const program = install(name)
  const folder = join(cache, `${name}-workspace`)
  const ready = join(folder, "ready")
  if (!existsSync(ready)) {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    makeWorkspace(folder, files)
    symlinkSync(dirname(dirname(program)), join(folder, "node_modules")) // Nx looks for itself there
    time(program, parameters, folder, "", { ...environment, PATH: `${join(folder, "stand-in")}:${process.env["PATH"] ?? ""}` })
    writeFileSync(ready, "")
  }
  return { name: `${title} ${versions[name]}`, noop: () => time(program, parameters, folder, done, environment).seconds }
}

const turborepo = (): Peer =>
  workspacePeer("turbo", "Turborepo", { "turbo.json": { tasks: tasksOf((file) => file, (file) => file, {}) } },
    ["run", `t${steps}`, "--concurrency=2", "--output-logs=none"], `${peerTasks} cached, ${peerTasks} total`, { TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" })

const nx = (): Peer =>
  workspacePeer("nx", "Nx", { "nx.json": { parallel: 2, targetDefaults: tasksOf((file) => `{projectRoot}/${file}`, (file) => `{projectRoot}/${file}`, { cache: true }) } },
    ["run-many", "-t", `t${steps}`, "--outputStyle=static"], `${peerTasks} out of ${peerTasks} tasks`, { NX_DAEMON: "false", NX_NO_CLOUD: "true" })

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

/** Every peer that can be had here, and what is said of the others. Nx takes minutes to fill and has never been the fastest: only the long benchmark asks for it. */
export const noopPeers = (folder: string, quick: boolean): { readonly peers: ReadonlyArray<Peer>; readonly missing: ReadonlyArray<string> } => {
  const [peers, missing]: [Array<Peer>, Array<string>] = [[], []]
  for (const make of quick ? [turborepo] : [turborepo, nx]) {
    try {
      peers.push(make())
    } catch (error) {
      missing.push(error instanceof Error ? error.message.split("\n")[0] ?? "" : String(error))
    }
  }
  if (hasSnakemake()) peers.push(snakemakeNoop(folder, peerTasks))
  else missing.push("Snakemake: apt-get install snakemake")
  return { peers, missing }
}
