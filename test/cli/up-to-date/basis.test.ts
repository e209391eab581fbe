/** Whether a plan that was made earlier would come out the same: every thing that it was made from is changed in turn, alone and in random sequences. */
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { describe, expect, it, onTestFinished } from "vitest"
import { type Basis, invocationOf, isUnchanged, namesShellsOwn, sha256, stagesOf, witnessBackend } from "../../../src/cli/up-to-date/basis.ts"
import { fileDigests } from "../../../src/run/file-digests.ts"
import { writeManifest } from "../../../src/run/stage-manifest.ts"
import { locate, type StagePlace } from "../../../src/run/stage-places.ts"
import { recordedVersions } from "../../../src/cli/versions.ts"
import { takeStamps } from "../../../src/run/stamps.ts"

const original: Readonly<Record<string, string>> = {
  "project/study.yaml": "name: study\n",
  "project/data/points.csv": "x\n1\n",
  "project/images/cat/1.png": "one",
  "project/images/cat/2.png": "two",
  "project/stages/toy/own.ts": "export const own = 1\n",
  "project/.reprise/code/abc/toy--own.mjs": "own",
  "package/stages/toy/built-in.ts": "export const builtIn = 1\n",
  "package/configs/backends/cpu.yaml": "provider: cpu\n",
  "package/package.json": "{}",
  "package/node_modules/onnxruntime-node/package.json": '{"version":"1.0.0"}'
}

const stageNames = ["toy/built-in", "toy/own"]
const named = ["data/points.csv", "images"]
const program = { program: "program", version: "1", packageRoot: "package" }
const invocation = invocationOf(program, ["run", "study.yaml"])

/** A project and an installation in a folder of their own, and what a plan of theirs is made from. */
const makeWorld = () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "reprise-basis-")))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const at = (path: string) => join(folder, path)
  const write = (path: string, text: string) => {
    mkdirSync(dirname(at(path)), { recursive: true })
    writeFileSync(at(path), text)
  }
  for (const [path, text] of Object.entries(original)) write(path, text)
  const roots = { project: at("project"), packageRoot: at("package") }
  const places = new Map(stageNames.flatMap((name): ReadonlyArray<readonly [string, StagePlace]> => {
    const place = locate(name, roots)
    return place === undefined ? [] : [[name, place]]
  }))
  const stages = Object.fromEntries(stageNames.map((name) => [name, { code: `code of ${name}`, files: {}, bundle: at("project/.reprise/code/abc/toy--own.mjs") }]))
  const stamps = takeStamps([...places.values()].map(({ path }) => path), Date.now() + 1000)
  writeManifest(places, roots, { stamps: stamps ?? [], modules: Object.values(stages).map(({ bundle }) => bundle), stages })
  const digests = fileDigests({ project: roots.project, allowed: [] })
  const told = { ...invocation, packageRoot: roots.packageRoot }
  const basis: Basis = {
    ...told,
    project: roots.project,
    file: { path: at("project/study.yaml"), digest: sha256(readFileSync(at("project/study.yaml"))) },
    stages: stagesOf(Object.entries(stages)),
    backend: witnessBackend("cpu", roots),
    backendName: "cpu",
    versions: recordedVersions(roots.packageRoot, "1"),
    allowed: [],
    files: Object.fromEntries(named.map((name) => [name, String(digests.of(name))]))
  }
  return { at, write, restore: (path: string) => write(path, original[path] ?? ""), told, basis, isSame: () => isUnchanged(basis, told) }
}

describe("what a plan was made from", () => {
  it("is as it was where nothing has changed, and where only times and other files have", () => {
    const { at, isSame, write } = makeWorld()
    expect(isSame()).toBe(true)
    for (const path of ["project/study.yaml", "project/data/points.csv", "project/images/cat/1.png"]) utimesSync(at(path), 1, 1)
    write("project/notes.md", "other")
    write("project/images/.DS_Store", "other")
    write("package/stages/toy/other.ts", "export {}")
    write("package/configs/backends/webgpu.yaml", "provider: webgpu")
    expect(isSame()).toBe(true)
  })

  const changes: Readonly<Record<string, (world: ReturnType<typeof makeWorld>) => void>> = {
    "the pipeline's text, even a comment": ({ at }) => appendFileSync(at("project/study.yaml"), "# a comment\n"),
    "a file that a parameter names": ({ write }) => write("project/data/points.csv", "x\n2\n"),
    "a file in a folder that a parameter names": ({ write }) => write("project/images/cat/2.png", "tWo"),
    "a file more in such a folder": ({ write }) => write("project/images/cat/3.png", "three"),
    "a file's name in such a folder": ({ at }) => renameSync(at("project/images/cat/2.png"), at("project/images/cat/0.png")),
    "a stage's source": ({ write }) => write("project/stages/toy/own.ts", "export const own = 2\n"),
    "which file a stage is": ({ write }) => write("project/stages/toy/built-in.ts", "export const builtIn = 1\n"),
    "a stage that is gone": ({ at }) => rmSync(at("project/stages/toy/own.ts")),
    "a bundle that is gone": ({ at }) => rmSync(at("project/.reprise/code/abc/toy--own.mjs")),
    "the backend": ({ write }) => write("package/configs/backends/cpu.yaml", "provider: cpu\nthreads: 1\n"),
    "which file the backend is": ({ write }) => write("project/configs/backends/cpu.yaml", "provider: cpu\n"),
    "the database": ({ write }) => write("package/node_modules/@duckdb/node-api/package.json", '{"version":"1.0.0"}'),
    "the tensor library": ({ write }) => write("package/node_modules/onnxruntime-node/package.json", '{"version":"1.0.1"}')
  }
  it.for(Object.entries(changes))("is not as it was after a change of %s", ([, change]) => {
    const world = makeWorld()
    change(world)
    expect(world.isSame()).toBe(false)
  })

  it("is not as it was for another command, in another folder, environment or program", () => {
    const { basis, told } = makeWorld()
    expect(isUnchanged(basis, { ...told, parameters: [...told.parameters, "--set", "a=1"] })).toBe(false)
    expect(isUnchanged(basis, { ...told, folder: "/elsewhere" })).toBe(false)
    expect(isUnchanged(basis, { ...told, program: "newer" })).toBe(false)
    process.env["REPRISE_TEST_VARIABLE"] = "x"
    onTestFinished(() => void delete process.env["REPRISE_TEST_VARIABLE"])
    expect(isUnchanged(basis, { ...invocationOf({ ...program, packageRoot: told.packageRoot }, told.parameters) })).toBe(false)
  })

  it("takes what shells change for themselves for no change, and knows a file that asks for it", () => {
    const { basis, told } = makeWorld()
    const before = process.env["OLDPWD"]
    process.env["OLDPWD"] = "/elsewhere"
    onTestFinished(() => before === undefined ? void delete process.env["OLDPWD"] : void (process.env["OLDPWD"] = before))
    expect(isUnchanged(basis, { ...invocationOf({ ...program, packageRoot: told.packageRoot }, told.parameters) })).toBe(true)
    for (const text of ["with: { inherit: [OLDPWD] }", "inherit: [_]", "inherit:\n  - SHLVL"]) expect(namesShellsOwn(text), text).toBe(true)
    for (const text of ["a_b: my-_x", "MY_SHLVL: 1", "range: 1_000"]) expect(namesShellsOwn(text), text).toBe(false)
  })

  it("is as it was just when the content is, after any sequence of edits and their undoing", () => {
    const world = makeWorld()
    // What is looked at by content; a stage that was touched is built again, whatever it holds.
    const files = ["project/study.yaml", "project/data/points.csv", "project/images/cat/1.png", "package/configs/backends/cpu.yaml"]
    const edited = new Set<string>()
    let state = 20261122
    const random = (below: number) => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) % 65_536 % below
    for (let step = 0; step < 100; step++) {
      const path = files[random(files.length)] ?? ""
      if (random(2) === 0) {
        world.write(path, `${original[path] ?? ""}${random(3) === 0 ? "" : " "}`)
        if (readFileSync(world.at(path), "utf8") === original[path]) edited.delete(path)
        else edited.add(path)
      } else {
        world.restore(path)
        edited.delete(path)
      }
      expect(world.isSame(), `step ${step}: ${[...edited].join(", ")}`).toBe(edited.size === 0)
    }
  })
})
