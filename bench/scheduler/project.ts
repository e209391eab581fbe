/**
 * The project that is timed: pairs of a task that makes a tiny table and one that reads it and makes another, one pair for each point of a sweep. And how a
 * whole command is timed, process start included.
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"

const command = join(import.meta.dirname, "..", "..", "bin", "reprise.mjs")

const stage = (name: string, inputs: string) => `
import { defineStage, doc, Effect, field, Float64, Schema, table } from "reprise/stage"

export default defineStage({
  name: "${name}",
  summary: doc("One row."),
  params: Schema.Struct({ i: field(Schema.Int, doc("Which one.")) }),
  inputs: { ${inputs} },
  outputs: { row: table({ value: Float64 }) },
  run: (ctx) => ctx.outputs.row.append([{ value: ctx.params.i }])
})
`

const pipeline = (pairs: number) => `
name: pairs
sweep: { grid: { i: { range: [0, ${pairs}] } } }
params: { i: 0 }
stages:
  make: { uses: toy/make, with: { i: "\${{ params.i }}" } }
  use: { uses: toy/use, in: { row: "\${{ make.row }}" }, with: { i: "\${{ params.i }}" } }
`

/** Writes at its end how much memory the process had at most, in KiB, into the file that PEAK names; worker processes do not. */
const probe = `
import { writeFileSync } from "node:fs"
const path = process.env.PEAK
delete process.env.PEAK
if (path !== undefined) process.on("exit", () => writeFileSync(path, String(process.resourceUsage().maxRSS)))
`

export const makeProject = (folder: string): void => {
  mkdirSync(join(folder, "stages", "toy"), { recursive: true })
  writeFileSync(join(folder, "stages", "toy", "make.ts"), stage("toy/make", ""))
  writeFileSync(join(folder, "stages", "toy", "use.ts"), stage("toy/use", "row: table({ value: Float64 })"))
  writeFileSync(join(folder, "probe.mjs"), probe)
}

export interface Timed {
  readonly seconds: number
  readonly output: string
}

/** Runs a whole command; its output must hold `expected`. */
export const time = (program: string, parameters: ReadonlyArray<string>, cwd: string, expected: string, environment: Readonly<Record<string, string>> = {}): Timed => {
  const started = performance.now()
  const run = spawnSync(program, parameters, { cwd, encoding: "utf8", maxBuffer: 1 << 28, env: { ...process.env, ...environment } })
  const seconds = (performance.now() - started) / 1000
  const output = `${run.stdout ?? ""}${run.stderr ?? ""}`
  if (run.status !== 0 || !output.includes(expected)) throw new Error(`${program} ${parameters.join(" ")} gave ${run.status}, without "${expected}":\n${output.slice(-2000)}`)
  return { seconds, output }
}

export interface Ran extends Timed {
  /** Peak memory of the process that runs the plan. */
  readonly peakMiB: number
}

/**
 * Runs the pipeline with so many tasks, with two cores. `store` names its results in the project's folder. With `remark` the file is another than before, and has to be read
 * and planned, though its tasks are the same.
 */
export const runTasks = (folder: string, tasks: number, store: string, expected: string, remark = ""): Ran => {
  const [file, peak] = [`pairs-${tasks}.yaml`, join(folder, "peak.txt")]
  writeFileSync(join(folder, file), `${pipeline(tasks / 2)}# ${remark}\n`)
  const timed = time(process.execPath, ["--import", join(folder, "probe.mjs"), command, "run", file, "--jobs", "2", "--store", store], folder, expected, { PEAK: peak })
  const peakMiB = Number(readFileSync(peak, "utf8")) / 1024
  rmSync(peak)
  return { ...timed, peakMiB }
}

export const query = (folder: string, sql: string, expected: string): Timed =>
  time(process.execPath, [command, "query", sql, "--format", "csv", "--store", folder], folder, expected)
