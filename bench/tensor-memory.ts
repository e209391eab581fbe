/**
 * Memory of training: the most that is resident up to the fifth step, beside PyTorch, each in a process of its own with all that it
 * loads; and what a process grows by over ten thousand small steps, native memory included. As Linux's /proc says.
 */
import { execFileSync } from "node:child_process"
import { type BenchRow, median } from "./row.ts"
import type { TensorBenchOptions } from "./tensor.ts"
import { THREADS } from "./tensor/compare.ts"
import { type Candidate, remembered, small, trainingWork } from "./tensor/networks.ts"
import { withPeer } from "./tensor/peer.ts"

const [STEPS, MANY] = [5, 10_000]
/** Growth, in MiB, that the allocator's own swings may look like: 530 bytes a step are more, over the 8,000 steps between the two tenths that are compared. */
const SWING = 4

export const memoryBench = async ({ quick = false, only = "" }: TensorBenchOptions = {}): Promise<ReadonlyArray<BenchRow>> => {
  const rows: Array<BenchRow> = []
  for (const make of remembered) {
    const candidate = make()
    if (candidate.name.includes(only)) rows.push(await measurePeak(candidate))
  }
  for (const make of small) {
    const { key, name } = make()
    if (name.includes(only)) rows.push(measureGrowth(key, name, quick ? MANY / 5 : MANY))
  }
  return rows
}

const measurePeak = async (candidate: Candidate): Promise<BenchRow> => {
  const ours = Number(inChild("peak", candidate.key, STEPS))
  const peer = await withPeer(THREADS, async (process) => {
    if (process === undefined) return null
    await process.load(trainingWork(candidate))
    await process.steps(STEPS)
    return process.memory()
  })
  return { work: `${candidate.name}, training, peak`, ours, peer, ratio: peer === null ? null : ours / peer, limit: 1.3, spread: 0, unit: "MiB" }
}

/** The last tenth beside the second: in the first, buffers and compiled code settle. */
const measureGrowth = (key: string, name: string, steps: number): BenchRow => {
  const resident = inChild("growth", key, steps)
  if (!Array.isArray(resident)) throw new Error(`the measured process said ${String(resident)}`)
  const tenth = (which: number) => median(resident.slice((which * resident.length) / 10, ((which + 1) * resident.length) / 10).map(Number))
  return {
    work: `${name}, growth over ${steps} steps`, ours: tenth(9) - tenth(1), peer: null, ratio: null, limit: SWING, spread: 0, unit: "MiB",
    note: `${tenth(9).toFixed(0)} MiB resident at the end`
  }
}

const inChild = (measure: "peak" | "growth", key: string, steps: number): unknown =>
  JSON.parse(execFileSync(process.execPath, ["--expose-gc", `${import.meta.dirname}/tensor/memory-child.ts`, measure, key, String(steps)], { encoding: "utf8" }))
