/**
 * The longer check of up-to-date.test.ts: `node test/e2e/up-to-date.long.ts [COUNT] [SEED]` makes COUNT (40) random changes to a project, its stages, its data, its
 * environment and its store, one after the other, and asks after each whether the command does what `plan`, which leaves and reads no notes, said it would; whether its
 * repetition has nothing to do; and whether that says and records what planning anew does. Exits 1 when something was otherwise.
 */
import { spawnSync } from "node:child_process"
import { chmodSync, existsSync, globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"

const count = Number(process.argv[2] ?? 40)
const seed = Number(process.argv[3] ?? 1)
const command = join(import.meta.dirname, "..", "..", "bin", "reprise.mjs")
const project = mkdtempSync(join(tmpdir(), "reprise-up-to-date-"))

/** Mulberry32: enough to choose with, and the same again for the same seed. */
const generator = (state: number) => () => {
  state = (state + 0x6d2b79f5) | 0
  let t = Math.imul(state ^ (state >>> 15), 1 | state)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
}
const random = generator(seed)
const below = (most: number): number => Math.floor(random() * most)
const pick = (items: ReadonlyArray<string>): string => items[below(items.length)] ?? ""

const write = (path: string, text: string) => {
  if (existsSync(join(project, path)) && readFileSync(join(project, path), "utf8") === text) return // it keeps its stamp
  mkdirSync(dirname(join(project, path)), { recursive: true })
  writeFileSync(join(project, path), text)
}
const stage = (name: string, inputs: string, value: string) => `
import { defineStage, doc, field, file, Float64, Schema, table } from "reprise/stage"
import { readFileSync } from "node:fs"
import { offset } from "./lib/offset.ts"
export default defineStage({
  name: "toy/${name}",
  summary: doc("One number."),
  params: Schema.Struct({ i: field(Schema.Int, doc("Which.")), path: field(file(), doc("A file.")) }),
  inputs: { ${inputs} },
  outputs: { stat: table({ value: Float64 }) },
  run: (ctx) => ctx.outputs.stat.append([{ value: ${value} }])
})
`
/** What the files are made from; a change draws one of these anew. */
const state = { points: 3, remark: 0, offset: 0, aside: 0, data: 0, variable: 0 }
const writeAll = () => {
  write("pairs.yaml", `name: pairs # ${state.remark}
sweep: { grid: { i: { range: [0, ${state.points}] } } }
params: { i: 0 }
stages:
  make: { uses: toy/make, with: { i: "\${{ params.i }}", path: data.txt } }
  use: { uses: toy/use, in: { stat: "\${{ make.stat }}" }, with: { i: "\${{ params.i }}", path: data.txt } }
summaries:
  values: { title: Values, sql: "select i, value from use order by i" }
claims:
  - { id: sum, source: "by hand", sql: "select sum(value) from use", published: 4, tolerance: 100 }
`)
  write("stages/toy/lib/offset.ts", `// ${state.aside}\nexport const offset = ${state.offset}\n`)
  write("stages/toy/make.ts", stage("make", "", "ctx.params.i + offset + readFileSync(ctx.file(ctx.params.path)).length"))
  write("stages/toy/use.ts", stage("use", "stat: table({ value: Float64 })", "2 * ctx.params.i + offset"))
  write("data.txt", "x".repeat(1 + state.data))
}
const inStore = (pattern: string): string => {
  const found = globSync(`results/${pattern}`, { cwd: project }).sort()
  return found.length === 0 ? "" : join(project, pick(found))
}
const changes: Readonly<Record<string, () => void>> = {
  "another number of points": () => (state.points = 1 + below(5)),
  "a remark in the file": () => state.remark++,
  "another helper of a stage": () => (state.offset = below(3)),
  "a remark in a helper": () => state.aside++,
  "another data file": () => (state.data = below(3)),
  "another environment": () => state.variable++,
  "an object less": () => rmSync(inStore("objects/*/*"), { force: true }),
  "an object cut off": () => {
    const path = inStore("objects/*/*")
    chmodSync(path, 0o644)
    truncateSync(path, 10)
  },
  "an action less": () => rmSync(inStore("actions/*/*"), { force: true }),
  "an action damaged": () => writeFileSync(inStore("actions/*/*"), "{}"),
  "bundles less": () => rmSync(join(project, ".reprise", "code"), { recursive: true, force: true }),
  "a damaged note": () => {
    const [note] = globSync(".reprise/up-to-date/*", { cwd: project })
    if (note !== undefined) truncateSync(join(project, note), below(5_000))
  },
  "no index": () => rmSync(join(project, "results", "index"), { recursive: true, force: true }),
  "nothing": () => undefined
}

const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("npm_")))
const reprise = (...parameters: ReadonlyArray<string>) => {
  const { status, stderr, stdout } = spawnSync(process.execPath, [command, ...parameters], { cwd: project, encoding: "utf8", env: { ...inherited, REPRISE_SOURCES: "", VARIABLE: String(state.variable) } })
  return { status, text: `${stdout}${stderr}` }
}
const run = () => reprise("run", "pairs.yaml")
const nothingToDo = ({ text }: { readonly text: string }) => /All \d+ tasks cached, nothing to do/.test(text)
/** A run's words and record, without what differs from run to run. */
const told = ({ text }: { readonly text: string }) => {
  const runs = join(project, "results", "runs")
  const id = readdirSync(runs).sort().at(-1) ?? ""
  const timeless = (words: string) => words.replaceAll(id, "RUN").replaceAll(/"(at|startedAt|finishedAt|wallMs)":[\d.]+/g, '"$1":0').replaceAll(/\d+\.\d s/g, "0 s")
  return [text, ...readdirSync(join(runs, id)).sort().map((name) => readFileSync(join(runs, id, name), "utf8"))].map(timeless).join("\n")
}

let failed = 0
const expect = (holds: boolean, what: string, ...said: ReadonlyArray<{ readonly text: string }>) => {
  if (holds) return
  failed++
  console.log(`FAILED after ${what} (seed ${seed})\n${said.map(({ text }) => text).join("\n---\n")}`)
}

writeAll()
run()
for (let at = 0; at < count; at++) {
  const name = pick(Object.keys(changes))
  changes[name]?.()
  writeAll()
  const planned = reprise("run", "pairs.yaml", "--dry-run")
  const first = run()
  expect(first.status === 0 && nothingToDo(first) === (planned.status === 0), `${name}: the run and the plan do not agree`, planned, first)
  const second = run()
  const repeated = told(second)
  expect(nothingToDo(second) && existsSync(join(project, ".reprise", "up-to-date")), `${name}: the repetition has something to do`, second)
  rmSync(join(project, ".reprise", "up-to-date"), { recursive: true, force: true })
  expect(told(run()) === repeated, `${name}: planning anew says something else`, second)
}
rmSync(project, { recursive: true })
console.log(failed === 0 ? `${count} changes were seen (seed ${seed}).` : `${failed} things were otherwise.`)
process.exit(failed === 0 ? 0 : 1)
