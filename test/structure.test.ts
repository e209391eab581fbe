/**
 * The rules that keep the house in order: which folder may import which, and that no folder needs itself through others. They
 * are read from the import statements of the sources.
 */
import { globSync, readFileSync } from "node:fs"
import { dirname, join, normalize } from "node:path"
import { describe, expect, it } from "vitest"

const root = dirname(import.meta.dirname)

/** A folder imports only from those of lower rank; `text` imports nothing, `table` and `tensor` import only that. */
const rank: Readonly<Record<string, number>> = { text: 0, table: 1, tensor: 1, stage: 2, spec: 3, plan: 4, store: 5, run: 6, query: 7, report: 8, cli: 9 }

interface Import {
  readonly from: string
  /** Path in the repository; undefined for a package. */
  readonly to: string | undefined
  readonly name: string
  /** `import type` is erased: types may refer to each other. */
  readonly erased: boolean
}

const specifier = /^\s*(?:import|export)\s[^"'`;]*?from\s*["']([^"']+)["']|^\s*import\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/gm

const importsOf = (file: string): ReadonlyArray<Import> =>
  [...readFileSync(join(root, file), "utf8").matchAll(specifier)].map((match) => {
    const name = match[1] ?? match[2] ?? match[3] ?? ""
    return { from: file, to: name.startsWith(".") ? normalize(join(dirname(file), name)) : undefined, name, erased: /^\s*(import|export)\s+type\b/.test(match[0]) }
  })

const sources = (folder: string) => globSync(`${folder}/**/*.{ts,mjs}`, { cwd: root })
const imports = sources("src").flatMap(importsOf)
/** `src/plan/expand.ts` is of `plan`; `src/stage.ts`, the stage author's module, is of `stage`. */
const folderOf = (path: string) => path.split("/")[1]?.replace(/\.ts$/, "") ?? ""
const show = ({ from, name }: Import) => `${from} imports ${name}`

describe("imports", () => {
  it("reads import statements", () => {
    const names = importsOf("test/structure.test.ts").map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(["node:fs", "node:path", "vitest"]))
    expect(imports.length).toBeGreaterThan(100)
  })

  it("go one way: text < table, tensor < stage < spec < plan < store < run < query < report < cli", () => {
    const wrong = imports.filter(({ from, to }) => {
      if (to === undefined || folderOf(from) === folderOf(to)) return false
      const [own = -1, other = Infinity] = [rank[folderOf(from)], rank[folderOf(to)]]
      return other >= own
    })
    expect(wrong.map(show)).toEqual([])
  })

  it("never lead from src out of src: a stage is found by its name", () => {
    expect(imports.filter(({ to }) => to !== undefined && !to.startsWith("src/")).map(show)).toEqual([])
  })

  it("of a stage are the author's module, the engine and its own helpers", () => {
    const wrong = sources("stages").flatMap(importsOf).filter(({ to }) =>
      to !== undefined && to !== "src/stage.ts" && !to.startsWith("src/tensor/") && !to.startsWith("src/table/") && !to.startsWith("stages/")
    )
    expect(wrong.map(show)).toEqual([])
  })

  it("of spec and plan are pure: no clock, no disk, no process", () => {
    const pure = imports.filter(({ from, name }) => /^src\/(spec|plan)\//.test(from) && name.startsWith("node:") && name !== "node:crypto")
    expect(pure.map(show)).toEqual([])
    const impure = [...sources("src/spec"), ...sources("src/plan")].filter((file) => /\b(Date\.now|new Date\(\)|Math\.random|process\.)/.test(readFileSync(join(root, file), "utf8")))
    expect(impure).toEqual([])
  })

  it("of files form no cycle", () => {
    const edges = Map.groupBy(imports.filter(({ erased }) => !erased), ({ from }) => from)
    const done = new Set<string>()
    const cycles: Array<string> = []
    const visit = (file: string, path: ReadonlyArray<string>): void => {
      if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(" -> "))
      if (path.includes(file) || done.has(file)) return
      for (const { to } of edges.get(file) ?? []) if (to !== undefined) visit(to, [...path, file])
      done.add(file)
    }
    for (const file of edges.keys()) visit(file, [])
    expect(cycles).toEqual([])
  })
})

describe("files", () => {
  it("that may load heavy packages are few, and load them late", () => {
    // DuckDB, onnxruntime and esbuild take a tenth of a second each: only a dynamic import may name them.
    const heavy = imports.filter(({ name }) => /^(@duckdb\/|onnxruntime-node|esbuild)/.test(name))
    const eager = heavy.filter(({ from, name }) => new RegExp(`^import (?!type\\b)[^\\n]*["']${name}["']`, "m").test(readFileSync(join(root, from), "utf8")))
    expect(eager.map(show)).toEqual([])
  })

  it("do not import the platform's barrel, which loads an HTTP client, Redis and web sockets", () => {
    expect(imports.filter(({ name }) => name === "@effect/platform-node").map(show)).toEqual([])
  })
})
