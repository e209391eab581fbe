import { execFile } from "node:child_process"
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { pathToFileURL } from "node:url"
import { dirname, join } from "node:path"
import { promisify } from "node:util"
import { Effect, Exit } from "effect"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import { stageCode } from "../../src/run/code.ts"
import { sourceStack } from "../../src/run/source-stack.ts"
import { openRegistry, type LoadedStage, StageLoadError } from "../../src/run/registry.ts"

const packageRoot = join(import.meta.dirname, "../..")
// A name that no pattern takes as it is.
const scratch = mkdtempSync(join(tmpdir(), "reprise bündel (日本) [a+b] $-"))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** A stage with a helper; `scale` of the helper counts, `unused` does not. */
const doubleSource = `
import { dataset, defineStage, doc, Effect, field, number, Schema } from "reprise/stage"
import { scale } from "./lib/scale.ts"

export default defineStage({
  name: "math/double",
  summary: doc("Doubles every value."),
  params: Schema.Struct({ offset: field(number(), doc("added at the end", "pixels"), 0) }),
  inputs: { data: dataset(doc("what to double")) },
  outputs: { data: dataset() },
  run: (ctx) =>
    Effect.gen(function* () {
      const data = yield* ctx.inputs.data.read
      yield* ctx.outputs.data.write({ ...data, x: data.x.map((value) => scale(value) + ctx.params.offset) })
    })
})
`
const helperSource = `
export const scale = (value: number): number => {
  const factor = 2
  return value * factor
}
export const unused = (value: number): number => value * 3
`
const files = { "stages/math/double.ts": doubleSource, "stages/math/lib/scale.ts": helperSource }

/** What `defineStage` would make, by hand: nothing to bundle but itself and its helper. */
const plainSource = `
import { scale } from "./lib/scale.ts"
export default {
  protocol: 1, name: "math/plain", volatile: false, engine: false, inputs: {}, outputs: {},
  describe: () => ({ name: "math/plain" }),
  decode: (params) => ({ ok: true, params: { two: scale(1) }, files: [] }),
  execute: async () => { throw new Error("scaled " + scale(1)) }
}
`
const plainFiles = { "stages/math/plain.ts": plainSource, "stages/math/lib/scale.ts": helperSource }

let made = 0
let project: string
const write = (root: string, contents: Readonly<Record<string, string>>) => {
  for (const [path, text] of Object.entries(contents)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}
const newProject = (contents: Readonly<Record<string, string>> = files) => {
  const root = join(scratch, `project-${made++}`)
  write(root, contents)
  return root
}
const codeOf = (root: string, stage = "math/double") => stageCode(join(root, "stages", `${stage}.ts`), { project: root, packageRoot })
const digestWith = async (changes: Readonly<Record<string, string>>) => (await codeOf(newProject({ ...files, ...changes }))).digest
const edited = (text: string, from: string, to: string) => {
  expect(text).toContain(from)
  return text.replaceAll(from, to)
}

beforeEach(() => {
  project = newProject()
})

describe("the digest of a stage's code", () => {
  it("stays when a comment, formatting or the name of a local changes", async () => {
    const { digest } = await codeOf(project)
    expect(await digestWith({ "stages/math/lib/scale.ts": `// A comment: eeeeeeeeeeeeqqqqqqqqqqqqzzzzzzz\n${helperSource}` })).toBe(digest)
    expect(await digestWith({ "stages/math/lib/scale.ts": edited(helperSource, "\n  ", "\n\n\t") })).toBe(digest)
    expect(await digestWith({ "stages/math/lib/scale.ts": edited(helperSource, "factor", "quizzicallyNamedMultiplier") })).toBe(digest)
    expect(await digestWith({ "stages/math/lib/scale.ts": edited(helperSource, "factor", "readDataset") })).toBe(digest)
    expect(await digestWith({ "stages/math/double.ts": edited(doubleSource, "const data =", "const everything =").replaceAll("data.x", "everything.x").replace("...data", "...everything") })).toBe(digest)
  })

  it("stays when a description or a type changes", async () => {
    const { digest } = await codeOf(project)
    for (const [from, to] of [["Doubles every value.", "Zzz qqq jjj: xxxxxxxxxxxxxxxxx kkkkkk."], ["added at the end", "zzz"], [`"pixels"`, `"jjj/qqq"`], ["what to double", ""]] as const) {
      expect(await digestWith({ "stages/math/double.ts": edited(doubleSource, from, to) })).toBe(digest)
    }
    expect(await digestWith({ "stages/math/lib/scale.ts": `export interface Zzz { readonly qqqqqqqq: "jjjjjjjjjjj" }\n${helperSource}` })).toBe(digest)
  })

  it("stays when something that the stage cannot reach changes", async () => {
    const { digest } = await codeOf(project)
    expect(await digestWith({ "stages/math/lib/scale.ts": edited(helperSource, "value * 3", "value - Math.sqrt(77777)") })).toBe(digest)
    expect(await digestWith({ "stages/math/other.ts": "export default 1", "tsconfig.json": `{ "compilerOptions": { "target": "es5" } }` })).toBe(digest)
  })

  it("changes with the stage, with a helper that it uses, and with a default", async () => {
    const digests = await Promise.all([
      digestWith({}),
      digestWith({ "stages/math/lib/scale.ts": edited(helperSource, "factor = 2", "factor = 3") }),
      digestWith({ "stages/math/double.ts": edited(doubleSource, "+ ctx.params.offset", "- ctx.params.offset") }),
      digestWith({ "stages/math/double.ts": edited(doubleSource, "), 0)", "), 1)") })
    ])
    expect(new Set(digests).size).toBe(digests.length)
  })

  it("changes with the installed version of a package that it imports, and of no other", async () => {
    const uses = { "stages/math/lib/scale.ts": `import { two } from "tiny-two"\nexport const scale = (value: number) => value * two` }
    const installed = (version: string, other: string) => ({
      ...uses,
      "node_modules/tiny-two/package.json": JSON.stringify({ name: "tiny-two", version, type: "module", exports: "./index.js" }),
      "node_modules/tiny-two/index.js": "export const two = 2",
      "node_modules/other/package.json": JSON.stringify({ name: "other", version: other })
    })
    const digest = await digestWith(installed("1.0.0", "1.0.0"))
    expect(await digestWith(installed("1.0.0", "2.0.0"))).toBe(digest)
    expect(await digestWith(installed("1.0.1", "1.0.0"))).not.toBe(digest)
  })

  it("is the same in another folder, and with the package in another one", async () => {
    const { digest, files: parts } = await codeOf(project)
    const elsewhere = join(scratch, "some", "where", "else entirely")
    cpSync(project, elsewhere, { recursive: true })
    const otherPackage = join(scratch, "package")
    mkdirSync(otherPackage)
    for (const part of ["src/stage", "src/table", "src/stage.ts", "package.json"]) cpSync(join(packageRoot, part), join(otherPackage, part), { recursive: true })
    symlinkSync(join(packageRoot, "node_modules"), join(otherPackage, "node_modules"))
    const moved = await stageCode(join(elsewhere, "stages/math/double.ts"), { project: elsewhere, packageRoot: otherPackage })
    expect(moved.digest).toBe(digest)
    expect(moved.files).toEqual(parts)
  })

  it("tells by file what counts, so that a change can be named", async () => {
    const before = (await codeOf(project)).files
    expect(Object.keys(before)).toEqual(expect.arrayContaining(["package effect", "src/stage/random.ts", "stages/math/double.ts", "stages/math/lib/scale.ts"]))
    write(project, { "stages/math/lib/scale.ts": `// another comment\n${edited(helperSource, "factor = 2", "factor = 5")}` })
    const after = (await codeOf(project)).files
    expect(Object.keys(after).filter((file) => after[file] !== before[file])).toEqual(["stages/math/lib/scale.ts"])
  })
})

const load = (names: ReadonlyArray<string>, root = project) => Effect.runPromise(openRegistry({ project: root, packageRoot }).load(names))
const failure = async (name: string, root = project): Promise<StageLoadError> => {
  const exit = await Effect.runPromiseExit(Effect.flip(openRegistry({ project: root, packageRoot }).load([name])))
  if (Exit.isSuccess(exit)) return exit.value
  throw new Error("the stage was loaded", { cause: exit.cause })
}
const get = (stages: ReadonlyMap<string, LoadedStage>, name: string): LoadedStage => {
  const stage = stages.get(name)
  if (stage === undefined) throw new Error(`${name} was not loaded`)
  return stage
}

describe("the registry", () => {
  beforeEach(() => write(project, plainFiles))

  it("lists the stages of the project and of the package, and no helpers", () => {
    write(project, { "stages/math/_draft.ts": "", "stages/math/notes.md": "", "stages/math/types.d.ts": "", "stages/alone.ts": "", "stages/lib/x.ts": "" })
    const names = openRegistry({ project, packageRoot }).names()
    expect(names).toEqual(expect.arrayContaining(["alone", "data/gauss", "math/double", "math/plain"]))
    expect(names.filter((name) => /\blib\b|draft|types|notes/.test(name))).toEqual([])
    expect(names).toEqual(names.toSorted())
  })

  it("makes again what has been removed of the modules that it made", async () => {
    const folder = join(project, ".reprise/code")
    const modules = () => readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".mjs")).toSorted()
    const names = ["math/double", "data/gauss"]
    await load(names)
    const made = modules()
    expect(made.filter((name) => name.startsWith("effect-"))).toHaveLength(1)
    for (const name of made) {
      rmSync(join(folder, name))
      await load(names)
      expect(modules(), name).toEqual(made)
    }
  })

  it("loads stages of the package and of the project", async () => {
    const registry = openRegistry({ project, packageRoot })
    const stages = await Effect.runPromise(registry.load(["math/double", "data/gauss"]))
    const { stage, code, origin } = get(stages, "math/double")
    expect(stage.decode({})).toEqual({ ok: true, params: { offset: 0 }, files: [] })
    expect(code).toBe((await codeOf(project)).digest)
    expect([origin, get(stages, "data/gauss").origin]).toEqual(["project", "built-in"])
    const [, description] = await Effect.runPromise(registry.describe(["math/double", "data/gauss"]))
    expect(description).toMatchObject({ summary: "Doubles every value.", params: [{ name: "offset", doc: "added at the end", unit: "pixels" }] })
  })

  it("takes a project's stage before the package's of the same name", async () => {
    write(project, { "stages/data/gauss.ts": plainSource.replaceAll("math/plain", "data/gauss").replace("./lib", "../math/lib") })
    expect(get(await load(["data/gauss"]), "data/gauss").origin).toBe("project")
  })

  it("builds nothing while no file has changed, also in another process", async () => {
    await settle() // files just written are not trusted to be told from a later edit by their stamps
    const { bundle } = get(await load(["math/plain"]), "math/plain")
    const script = `
      import { registerHooks } from "node:module"
      registerHooks({ resolve: (request, context, next) => {
        if (request === "esbuild") throw new Error("esbuild was loaded")
        return next(request, context)
      } })
      const { openRegistry } = await import(${JSON.stringify(join(packageRoot, "src/run/registry.ts"))})
      const { Effect } = await import(${JSON.stringify(join(packageRoot, "node_modules/effect/dist/index.js"))})
      const stages = await Effect.runPromise(openRegistry(${JSON.stringify({ project, packageRoot })}).load(["math/plain"]))
      process.stdout.write(stages.get("math/plain").bundle)
    `
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script])
    expect(stdout).toBe(bundle)
  })

  it("sees every edit, also one right after a load that leaves the file's size as it was", async () => {
    const seen = new Set<unknown>()
    for (let factor = 2; factor < 6; factor++) {
      write(project, { "stages/math/lib/scale.ts": edited(helperSource, "factor = 2", `factor = ${factor}`) })
      const { code, stage } = get(await load(["math/plain"]), "math/plain")
      seen.add(code)
      expect(stage.decode({})).toMatchObject({ params: { two: factor } })
    }
    expect(seen.size).toBe(4)
  })

  it("keeps the bundle of before an edit, for the run that uses it", async () => {
    const before = get(await load(["math/plain"]), "math/plain").bundle
    const text = readFileSync(before, "utf8")
    write(project, { "stages/math/lib/scale.ts": edited(helperSource, "factor = 2", "factor = 7") })
    expect(get(await load(["math/plain"]), "math/plain").bundle).not.toBe(before)
    expect(readFileSync(before, "utf8")).toBe(text)
  })

  it("makes a bundle that was deleted again", async () => {
    await settle()
    const { bundle } = get(await load(["math/plain"]), "math/plain")
    rmSync(dirname(bundle), { recursive: true })
    await load(["math/plain"])
    expect(existsSync(bundle)).toBe(true)
  })

  it("gives the same when several load at once, and leaves nothing half made", async () => {
    const all = await Promise.all([1, 2, 3, 4].map(() => load(["math/plain"])))
    expect(new Set(all.map((stages) => get(stages, "math/plain").bundle)).size).toBe(1)
    expect(readdirSync(join(project, ".reprise/code")).filter((name) => name.endsWith(".tmp"))).toEqual([])
  })

  it("makes bundles that run from anywhere: they hold the libraries and know where the source was", async () => {
    write(project, {
      "stages/math/where.ts": `
        import { readFileSync } from "node:fs"
        import { artefact, defineStage, Effect, Schema } from "reprise/stage"
        export default defineStage({
          name: "math/where", summary: undefined, params: Schema.Struct({}), inputs: {},
          outputs: { text: artefact({ mediaType: "text/plain", extension: "txt" }) },
          run: (ctx) => Effect.suspend(() => ctx.outputs.text.write(readFileSync(new URL("./lib/table.txt", import.meta.url))))
        })`,
      "stages/math/lib/table.txt": "found"
    })
    const { bundle } = get(await load(["math/where"]), "math/where")
    expect(readFileSync(bundle, "utf8")).not.toMatch(/^(import|export) .*from "(?!node:|\.)/m)
    const out = join(project, "out.txt")
    const script = `
      const { default: stage } = await import(${JSON.stringify(bundle)})
      const task = { id: "t", params: {}, inputs: {}, outputs: { text: ${JSON.stringify(out)} }, scratch: "", checkpoint: "", project: "", threads: 1, backend: "cpu" }
      process.stdout.write(JSON.stringify(await stage.execute(task, { emit() {}, signal: new AbortController().signal })))
    `
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], { cwd: "/" })
    expect(JSON.parse(stdout)).toEqual({ ok: true, outputs: { text: {} } })
    expect(readFileSync(out, "utf8")).toBe("found")
  })

  it("keeps Effect in one file for all stages and edits, unless a stage asks for a part of it by its path", async () => {
    const imported = (bundle: string) => {
      const folder = dirname(bundle)
      return new Set(readdirSync(folder).filter((name) => name.endsWith(".mjs")).flatMap((name) => readFileSync(join(folder, name), "utf8").match(/"\.\.\/effect-\w+\.mjs"/g) ?? []))
    }
    const before = imported(get(await load(["math/double"]), "math/double").bundle)
    expect(before.size).toBe(1)
    write(project, { "stages/math/lib/scale.ts": edited(helperSource, "factor = 2", "factor = 3") })
    expect(imported(get(await load(["math/double"]), "math/double").bundle)).toEqual(before)

    write(project, { "stages/math/lib/scale.ts": `import { Base64 } from "effect/encoding"\nexport const scale = (value: number) => value * Base64.encode("two").length` })
    const { bundle, stage } = get(await load(["math/double"]), "math/double")
    expect(imported(bundle).size).toBe(0)
    expect(stage.decode({})).toMatchObject({ ok: true })
  })

  it("loads other packages from where they are installed", async () => {
    write(project, {
      "stages/math/lib/scale.ts": `import { two } from "tiny-two"\nexport const scale = (value: number) => value * two`,
      "node_modules/tiny-two/package.json": JSON.stringify({ name: "tiny-two", version: "1.0.0", type: "module", exports: "./index.js" }),
      "node_modules/tiny-two/index.js": "export const two = 2"
    })
    const { bundle, stage } = get(await load(["math/plain"]), "math/plain")
    expect(readFileSync(bundle, "utf8")).toContain("node_modules/tiny-two/index.js")
    expect(stage.decode({})).toMatchObject({ params: { two: 2 } })
  })

  it("works with the package installed in the project, whose own sources are no third party's", async () => {
    const installed = join(project, "node_modules/reprise")
    write(installed, {
      "stages/math/native.ts": plainSource.replaceAll("math/plain", "math/native").replace("./lib/scale.ts", "../../src/scale.ts"),
      "src/scale.ts": `export const scale = async () => import("onnxruntime-node")`
    })
    cpSync(join(packageRoot, "package.json"), join(installed, "package.json"))
    symlinkSync(join(packageRoot, "node_modules"), join(installed, "node_modules"))
    const stages = await Effect.runPromise(openRegistry({ project, packageRoot: installed }).load(["math/native"]))
    const { bundle, files: parts, origin } = get(stages, "math/native")
    expect(readFileSync(bundle, "utf8")).toMatch(/import\("file:.*\/onnxruntime-node\//)
    expect(Object.keys(parts)).toEqual(["src/scale.ts", "stages/math/native.ts", "package onnxruntime-node"])
    expect(origin).toBe("built-in")
  })

  it("tells a stack in terms of the sources", async () => {
    const { stage, bundle } = get(await load(["math/plain"]), "math/plain")
    const task = { id: "t", params: {}, inputs: {}, outputs: {}, scratch: "", checkpoint: "", project: "", threads: 1, backend: "cpu" }
    const error = await stage.execute(task, { emit: () => undefined, signal: new AbortController().signal }).then(() => undefined, (reason: unknown) => reason)
    const stack = error instanceof Error ? error.stack ?? "" : ""
    expect(stack).toContain(pathToFileURL(bundle).href)
    const line = plainSource.split("\n").findIndex((text) => text.includes("execute")) + 1
    expect(sourceStack(stack)).toContain(`${join(project, "stages/math/plain.ts")}:${line}:`)
    expect(sourceStack("at x (/nowhere/at-all.mjs:1:2)")).toBe("at x (/nowhere/at-all.mjs:1:2)")
  })
})

/** Long enough for stamps of files just written to be told from those of a later edit. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 50))

describe("a stage that cannot be loaded", () => {
  it("is named, with what was probably meant", async () => {
    expect(await failure("math/duoble")).toMatchObject({ stage: "math/duoble", message: `there is no stage "math/duoble"`, hint: `Did you mean "math/double"?` })
    expect((await failure("../../etc/passwd")).message).toContain("there is no stage")
  })

  it.each([
    ["a syntax error, with its place", "export default defineStage({", /math\/bad\.ts:1:\d+ /],
    ["an import of nothing", `import "./lib/nowhere.ts"\nexport default 1`, /math\/bad\.ts:1:8 Could not resolve "\.\/lib\/nowhere\.ts"/],
    ["a package that is not installed", `import "no-such-package"\nexport default 1`, /Could not resolve "no-such-package"/],
    ["no stage as default export", "export default { name: 1 }", /bad\.ts is no stage/],
    ["no default export", "export const stage = 1", /bad\.ts is no stage/],
    ["an error at the top level", `throw new Error("too early")\nexport default 1`, /fails while it is loaded: too early/],
    ["another name", plainSource, /bad\.ts defines the stage "math\/plain"/]
  ])("says what is wrong: %s", async (_, source, message) => {
    write(project, { "stages/math/bad.ts": source })
    const error = await failure("math/bad")
    expect(error).toBeInstanceOf(StageLoadError)
    expect(error.stage).toBe("math/bad")
    expect(error.message).toMatch(message)
    expect(existsSync(join(project, ".reprise", "code", "undefined"))).toBe(false)
  })

  it("is the one that is named among several, at its place in the project, with what to install", async () => {
    write(project, { "stages/math/bad.ts": `import "@no/such-package/part"\nexport default 1`, "stages/math/plain.ts": plainSource })
    const error = await Effect.runPromise(Effect.flip(openRegistry({ project, packageRoot }).load(["math/bad", "math/plain"])))
    expect(error).toMatchObject({ stage: "math/bad", hint: expect.stringContaining("npm install @no/such-package") })
    expect(error.message).toMatch(/^stage "math\/bad" cannot be built: stages\/math\/bad\.ts:1:8 /)
  })
})
