/** What every start of the command costs, and says. */
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { spawnSync } from "node:child_process"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { makeProject, toyProject } from "./project.ts"

const root = join(import.meta.dirname, "..", "..")
const command = join(root, "bin", "reprise.mjs")
const commands = ["run", "plan", "query", "check", "stages", "schema", "runs"]

describe("reprise", () => {
  it("says its version", () => {
    const manifest: { readonly version: string } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
    expect(makeProject({}).reprise("--version")).toMatchObject({ code: 0, out: `reprise ${manifest.version}\n` })
  })

  it("without anything to do explains itself", () => {
    const { code, out } = makeProject({}).reprise()
    expect(code).toBe(0)
    for (const name of commands) expect(out).toMatch(new RegExp(`^ +${name} `, "m"))
  })

  it.for(commands)("%s has help with examples", (name) => {
    const { code, out } = makeProject({}).reprise(name, "--help")
    expect(code).toBe(0)
    expect(out).toContain("EXAMPLES")
    expect(out).toContain(`reprise ${name}`)
  })

  it("explains on an old Node what it needs, or finds a newer one itself", () => {
    const old = ["/usr/bin/node", "/usr/local/bin/node"].find((path) => existsSync(path) && Number(spawnSync(path, ["-p", "process.versions.node.split('.')[0]"], { encoding: "utf8" }).stdout) < 22)
    if (old === undefined) return
    const run = spawnSync(old, [command, "runs", "--store", "/nonexistent"], { encoding: "utf8" })
    expect(`${run.stdout}${run.stderr}`).toMatch(/There are no runs|needs Node/)
  })
})

describe.skipIf(process.platform !== "linux")("a command loads", () => {
  const project = makeProject(toyProject, afterAll)
  const probe = join(project.folder, "probe.mjs")
  beforeAll(() => {
    project.reprise("run", "toy.yaml")
    writeFileSync(probe, `import { readFileSync, writeFileSync } from "node:fs"
import processes from "node:child_process"
import { registerHooks, syncBuiltinESMExports } from "node:module"
const started = []
registerHooks({ load: (url, context, next) => {
  if (url.includes("/dist/chunks/main-")) started.push("command line")
  return next(url, context)
} })
for (const name of ["spawn", "fork", "exec", "execFile", "spawnSync", "execSync", "execFileSync"]) {
  const original = processes[name]
  processes[name] = (...parameters) => {
    started.push(name)
    return original(...parameters)
  }
}
syncBuiltinESMExports()
process.on("exit", () => writeFileSync(${JSON.stringify(join(project.folder, "maps."))} + process.pid, started.map((name) => "started " + name + "\\n").join("") + readFileSync("/proc/self/maps")))`)
  })

  const commandLine = "started command line"
  /** For each command line, the native libraries that take time to load and are in the process's memory when it ends; and whether it started workers, or more than start.ts. */
  const loaded = (...lines: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<ReadonlyArray<string>> =>
    lines.map((parameters) => {
      const run = spawnSync(process.execPath, ["--import", probe, command, ...parameters], { cwd: project.folder, encoding: "utf8" })
      const maps = readFileSync(join(project.folder, `maps.${run.pid}`), "utf8")
      return ["onnxruntime", "duckdb", "started fork", "started command line"].filter((name) => maps.includes(name))
    })

  it("neither DuckDB nor onnxruntime to plan, to look or to tidy up", () => {
    const lines = [
      ["plan", "toy.yaml"], ["run", "toy.yaml", "--dry-run"], ["why", "points", "toy.yaml"], ["graph", "toy.yaml"], ["stages", "toy/mean"], ["runs"], ["status"], ["show"], ["logs", "points"],
      ["diff", "toy"], ["gc", "--dry-run"], ["verify"], ["export", "--no-objects", "--output", "toy.tar"], ["import", "toy.tar"], ["--help"]
    ]
    expect(loaded(...lines)).toEqual(lines.map(() => [commandLine]))
  })
  it("no worker where everything is cached, however many tasks that are, and not even the command line where nothing has changed since", () => {
    writeFileSync(join(project.folder, "plain.yaml"), toyProject["toy.yaml"]?.replace(/^summaries:[^]*/m, "") ?? "")
    expect(loaded(["run", "plain.yaml"], ["run", "plain.yaml"], ["run", "plain.yaml", "--quiet"])).toEqual([[commandLine], [], [commandLine]])
  })
  it("DuckDB to answer a query, and onnxruntime never: stages run in workers", () => {
    expect(loaded(["query", "select 1"], ["run", "toy.yaml"])).toEqual([["duckdb", commandLine], ["duckdb", commandLine]])
    expect(loaded(["run", "toy.yaml", "--force"])).toEqual([["duckdb", "started fork", commandLine]])
  })
})
