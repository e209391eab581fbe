/**
 * `npm run bench -- NAME [--quick] [--json]`: one benchmark, a row for each work; `npm run bench -- list` names them. Every work
 * is measured beside a named peer in the same run, in turn, and the medians of the pairs are given: ratios then mean something on a busy machine too.
 */
import { cpus, totalmem } from "node:os"
import type { BenchRow } from "./row.ts"

interface Bench {
  readonly about: string
  readonly load: () => Promise<(options: { readonly quick: boolean }, onRow: (row: BenchRow) => void) => Promise<ReadonlyArray<BenchRow>>>
}

const benches: Readonly<Record<string, Bench>> = {
  tensor: {
    about: "training steps beside PyTorch on the same cores",
    load: async () => (await import("./tensor.ts")).tensorBench
  },
  "tensor-networks": {
    about: "training steps and forward passes of whole networks beside PyTorch, and how long a session takes to open",
    load: async () => (await import("./tensor-networks.ts")).networksBench
  },
  "tensor-memory": {
    about: "peak memory of training steps beside PyTorch, and growth over ten thousand",
    load: async () => (await import("./tensor-memory.ts")).memoryBench
  },
  attacks: {
    about: "PGD on conv nets and epochs of adversarial training, data and all, beside PyTorch; how busy the cores are kept",
    load: async () => (await import("./attacks.ts")).attacksBench
  },
  sequences: {
    about: "answers of a sequence model, a step at a time and padded no further than needed, beside plainer ways to the same answers",
    load: async () => (await import("./sequences.ts")).sequencesBench
  },
  scheduler: {
    about: "runs with nothing to do, up to 100,000 tasks, and what a task costs, beside Turborepo, Nx and Snakemake; memory",
    load: async () => (await import("./scheduler.ts")).schedulerBench
  },
  query: {
    about: "the first answer over 30,000 results of 100 rows",
    load: async () => (await import("./query.ts")).queryBench
  },
  groebner: {
    about: "reduced Groebner bases beside Singular and mathicgb",
    load: async () => (await import("./groebner.ts")).groebnerBench
  }
}

const main = async (parameters: ReadonlyArray<string>): Promise<number> => {
  const flags = new Set(parameters.filter((parameter) => parameter.startsWith("--")))
  const name = parameters.find((parameter) => !parameter.startsWith("--"))
  const unknown = [...flags].find((flag) => flag !== "--json" && flag !== "--quick")
  if (name === "list") {
    for (const [key, { about }] of Object.entries(benches)) process.stdout.write(`${key.padEnd(18)}${about}\n`)
    return 0
  }
  const bench = name === undefined ? undefined : benches[name]
  if (bench === undefined || unknown !== undefined) {
    process.stderr.write(`${unknown === undefined ? "" : `unknown flag ${unknown}\n`}npm run bench -- ${Object.keys(benches).join(" | ")} | list [--quick] [--json]\n`)
    return 2
  }
  const measure = await bench.load()
  // The long ones tell each row as soon as it is there.
  const rows = await measure({ quick: flags.has("--quick") }, (row) => process.stderr.write(`${tableOf([row]).split("\n")[1]}\n`))
  if (flags.has("--json")) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`)
  else process.stdout.write(`${machine()}\n\n${tableOf(rows)}\n`)
  return 0
}

/** What it was measured on, without which no number says anything. */
const machine = (): string => {
  const cores = cpus()
  return `${cores.length} x ${cores[0]?.model ?? "unknown processor"}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, ${process.platform} ${process.arch}, Node ${process.versions.node}`
}

const tableOf = (rows: ReadonlyArray<BenchRow>): string => {
  const number = (value: number | null) => (value === null ? "-" : value.toPrecision(3))
  const lines = [
    ["work", "unit", "ours", "peer", "ratio", "limit", "spread", ""],
    ...rows.map((row) => [row.work, row.unit, number(row.ours), number(row.peer), number(row.ratio), number(row.limit), number(row.spread), row.note ?? ""])
  ]
  const widths = lines.reduce<Array<number>>((most, line) => line.map((cell, at) => Math.max(most[at] ?? 0, cell.length)), [])
  return lines.map((line) => line.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ").trimEnd()).join("\n")
}

process.exitCode = await main(process.argv.slice(2))
