/** The findings as text. Pure. */
import { columns, indent } from "../columns.ts"
import type { Machine } from "./machine.ts"
import type { Outcome } from "./trials.ts"

export interface Finding extends Outcome {
  readonly provider: string
  /** The command that gets what is missing. */
  readonly remedy?: string
}

export interface Findings {
  readonly machine: Machine
  readonly onnxruntime: { readonly version: string; readonly cudaProvider: string | undefined }
  readonly tensorflowjs: string | undefined
  readonly database: Outcome
  readonly backends: Readonly<Record<string, Finding>>
  /** What runs when no backend is asked for. */
  readonly default: string
}

const list = (items: ReadonlyArray<string>, none: string): string => (items.length === 0 ? none : items.join(", "))

const machineRows = ({ machine, onnxruntime, tensorflowjs, database }: Findings): ReadonlyArray<ReadonlyArray<string>> => [
  ["Node", `${machine.node}, ${machine.platform}`],
  ["processor", `${machine.processor}, ${machine.cores} cores`],
  ["memory", `${machine.memoryGiB} GiB, ${machine.freeGiB} GiB free`],
  ["GPU", list(machine.gpus, "none")],
  ["Vulkan", `loader ${machine.vulkan.loader ? "found" : "not found"}; drivers: ${list(machine.vulkan.drivers, "none")}`],
  ["onnxruntime", `${onnxruntime.version}; CUDA provider ${onnxruntime.cudaProvider === undefined ? "not installed" : "installed"}`],
  ["DuckDB", database.runs ? database.version ?? "" : `does not run: ${database.reason ?? ""} (npm ci)`],
  ["TensorFlow.js", tensorflowjs ?? "not installed (optional)"],
  ["Slurm", machine.slurm ?? "not installed (optional)"],
  ["Python", machine.python ?? "not installed (optional, for stages of your own)"],
  ["PyTorch", machine.torch ?? "not installed (optional, a peer of the benchmarks)"]
]

const backendText = (name: string, { runs, reason, version, ms, difference, elsewhere = [], remedy }: Finding): string => {
  const lines = runs
    ? [`runs: ${version ?? ""}, a small net in ${ms ?? 0} ms, ${(difference ?? 0).toExponential(0)} from the reference`]
    : [`does not run: ${reason ?? ""}`]
  if (elsewhere.length > 0) lines.push(`on the processor, of that net: ${elsewhere.join(", ")}`)
  if (remedy !== undefined) lines.push(`to get it: ${remedy}`)
  return `${name}\n${indent(lines.join("\n"))}`
}

export const findingsText = (findings: Findings): string => [
  "This machine", indent(columns(machineRows(findings))), "",
  "Backends (--backend NAME)", indent(Object.entries(findings.backends).map(([name, finding]) => backendText(name, finding)).join("\n")), "",
  `Without --backend: ${findings.default}. Which operators each backend runs: docs/backends.md`
].join("\n")
