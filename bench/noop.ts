/**
 * What it costs to find out that nothing has to be done: `reprise run` on 1,000 tasks that are all in the store, beside Snakemake
 * on as many jobs whose files are all there. Whole commands, process start included, in turn. The tasks are alike on both sides: 500
 * pairs of one that makes a tiny file and one that reads it, so that neither side is spared its graph.
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { median, spread } from "./row.ts"
import type { BenchRow } from "./row.ts"

const pairs = 500
const command = join(import.meta.dirname, "..", "bin", "reprise.mjs")

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

const pipeline = `
name: noop
sweep: { grid: { i: { range: [0, ${pairs}] } } }
params: { i: 0 }
stages:
  make: { uses: toy/make, with: { i: "\${{ params.i }}" } }
  use: { uses: toy/use, in: { row: "\${{ make.row }}" }, with: { i: "\${{ params.i }}" } }
`

const snakefile = `
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

/** Seconds that a whole command takes; its output must hold `expected`. */
const time = (program: string, parameters: ReadonlyArray<string>, cwd: string, expected: string): number => {
  const started = performance.now()
  const run = spawnSync(program, parameters, { cwd, encoding: "utf8" })
  const seconds = (performance.now() - started) / 1000
  const output = `${run.stdout ?? ""}${run.stderr ?? ""}`
  if (run.status !== 0 || !output.includes(expected)) {
    throw new Error(`${program} ${parameters.join(" ")} gave ${run.status}, without "${expected}":\n${output.slice(-2000)}`)
  }
  return seconds
}

export const noopBench = async ({ quick }: { readonly quick: boolean }): Promise<ReadonlyArray<BenchRow>> => {
  const folder = mkdtempSync(join(tmpdir(), "reprise-noop-"))
  try {
    const ours = join(folder, "ours")
    mkdirSync(join(ours, "stages", "toy"), { recursive: true })
    writeFileSync(join(ours, "stages", "toy", "make.ts"), stage("toy/make", ""))
    writeFileSync(join(ours, "stages", "toy", "use.ts"), stage("toy/use", "row: table({ value: Float64 })"))
    writeFileSync(join(ours, "noop.yaml"), pipeline)
    const runOurs = (expected: string) => time(process.execPath, [command, "run", "noop.yaml", "--jobs", "2"], ours, expected)
    runOurs("") // fills the store
    const hasPeer = spawnSync("snakemake", ["--version"]).status === 0
    const theirs = join(folder, "theirs")
    mkdirSync(theirs)
    writeFileSync(join(theirs, "Snakefile"), snakefile)
    const runTheirs = (expected: string) => time("snakemake", ["-c2"], theirs, expected)
    if (hasPeer) runTheirs("100%")

    const rounds = quick ? 3 : 9
    const times = Array.from({ length: rounds }, () => ({
      ours: runOurs("nothing to do"),
      peer: hasPeer ? runTheirs("Nothing to be done") : Number.NaN
    }))
    const ratios = times.map((round) => round.ours / round.peer)
    return [{
      work: `no-op run, ${2 * pairs} tasks, whole command`,
      ours: median(times.map((round) => round.ours)),
      peer: hasPeer ? median(times.map((round) => round.peer)) : null,
      ratio: hasPeer ? median(ratios) : null,
      limit: 0.5,
      spread: spread(hasPeer ? ratios : times.map((round) => round.ours)),
      unit: "s",
      note: hasPeer ? "peer: Snakemake, 1,001 jobs, -c2" : "peer missing: apt-get install snakemake"
    }]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
