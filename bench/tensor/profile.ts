/**
 * Where the time of a training step goes: `node bench/tensor/profile.ts WORK [--threads N] [--steps N] [--shapes]`. The least time that each node took in any of the
 * steps, as onnxruntime's own profiler says, summed over nodes of one kind (or of one kind and shapes). Least times mean something on busy
 * cores too; the profiler itself adds two or three microseconds to a node.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { compileForCpu } from "../../src/tensor/runtime.ts"
import type { Tensor } from "../../src/tensor/tensor.ts"
import { trainingGraph } from "../../src/tensor/training.ts"
import { THREADS } from "./compare.ts"
import { trained, trainingWork } from "./networks.ts"
import { feedsOf, type Work, works } from "./works.ts"

interface NodeTime {
  readonly name: string
  readonly kind: string
  readonly shapes: string
  readonly microseconds: number
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null

/** One line of the profiler's file, if it is about what a node computed. */
const nodeTime = (event: unknown): NodeTime | undefined => {
  if (!isRecord(event) || event["cat"] !== "Node" || !isRecord(event["args"]) || !String(event["name"]).endsWith("_kernel_time")) return undefined
  const inputs = event["args"]["input_type_shape"]
  const shapes = Array.isArray(inputs) ? inputs.map((input) => JSON.stringify(Object.values(input)[0])).join(" ") : ""
  return { name: String(event["name"]), kind: String(event["args"]["op_name"]), shapes, microseconds: Number(event["dur"]) }
}

const profiled = async (work: Work, threads: number, steps: number): Promise<ReadonlyArray<NodeTime>> => {
  const { outputs, slots } = trainingGraph(work.step, work.parameters)
  const { model, ort, settings } = await compileForCpu(outputs, { threads })
  const folder = mkdtempSync(join(tmpdir(), "reprise-profile-"))
  try {
    const session = await ort.InferenceSession.create(model, { ...settings, enableProfiling: true, profileFilePrefix: join(folder, "step") })
    const tensors: Readonly<Record<string, Tensor>> = { ...feedsOf(work), ...Object.fromEntries(slots.map(({ initial, input }) => [input, initial])) }
    const feeds = Object.fromEntries(session.inputNames.flatMap((name) => {
      const tensor = tensors[name]
      return tensor === undefined ? [] : [[name, new ort.Tensor(tensor.type, tensor.data, tensor.shape)]]
    }))
    for (let step = 0; step < steps; step++) await session.run(feeds)
    session.endProfiling()
    const events: unknown = JSON.parse(readFileSync(join(folder, readdirSync(folder)[0] ?? ""), "utf8"))
    return Array.isArray(events) ? events.map(nodeTime).filter((time) => time !== undefined) : []
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const { positionals: [wanted = ""], values: { shapes, steps, threads } } = parseArgs({
  allowPositionals: true,
  options: { threads: { type: "string", default: String(THREADS) }, steps: { type: "string", default: "50" }, shapes: { type: "boolean", default: false } }
})
const all = [...works, ...trained.map((make) => () => trainingWork(make()))]
const work = all.map((make) => make()).find(({ name }) => name.includes(wanted))
if (work === undefined || wanted === "") {
  process.stderr.write(`node bench/tensor/profile.ts WORK, a part of one of these names:\n${all.map((make) => `  ${make().name}\n`).join("")}`)
  process.exit(2)
}
const least = new Map<string, NodeTime>()
for (const time of await profiled(work, Number(threads), Number(steps))) {
  if (time.microseconds <= (least.get(time.name)?.microseconds ?? Infinity)) least.set(time.name, time)
}
const groups = Map.groupBy(least.values(), ({ kind, shapes: of }) => (shapes ? `${kind} ${of}` : kind))
const rows = [...groups].map(([kind, times]) => ({ kind, nodes: times.length, total: times.reduce((sum, { microseconds }) => sum + microseconds, 0) }))
const total = rows.reduce((sum, row) => sum + row.total, 0)
process.stdout.write(`${work.name}, ${threads} threads: ${least.size} nodes, ${(total / 1000).toFixed(2)} ms\n\n   ms      %  nodes  us each\n`)
for (const { kind, nodes, total: own } of rows.toSorted((a, b) => b.total - a.total)) {
  process.stdout.write(`${(own / 1000).toFixed(2).padStart(6)} ${((100 * own) / total).toFixed(1).padStart(5)} ${String(nodes).padStart(6)} ${(own / nodes).toFixed(1).padStart(8)}  ${kind}\n`)
}
