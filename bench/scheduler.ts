/**
 * What the orchestrator itself costs, beside tools that promise the same: finding out that nothing has to be done, for a thousand tasks to a hundred thousand; a
 * task more that does; the memory of a large plan. Whole commands, process start included, in turn with the peers.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { median, spread } from "./row.ts"
import type { BenchRow } from "./row.ts"
import { hasSnakemake, noopPeers, peerTasks, snakemakeNoop, snakemakeRun } from "./scheduler/peers.ts"
import { makeProject, runTasks } from "./scheduler/project.ts"

const finished = "Done in"
const allCached = (tasks: number): string => `All ${tasks} tasks cached`

type OnRow = (row: BenchRow) => void

/** Ours and each peer's in turn, `rounds` times. */
const noopBeside = (folder: string, rounds: number, quick: boolean): BenchRow => {
  const { missing, peers } = noopPeers(join(folder, "snakemake"), quick)
  runTasks(folder, peerTasks, "store-noop", finished) // fills the store
  const times = Array.from({ length: rounds }, () => ({
    ours: runTasks(folder, peerTasks, "store-noop", allCached(peerTasks)).seconds,
    peers: peers.map(({ noop }) => noop())
  }))
  const medians = peers.map(({ name }, at) => ({ name, seconds: median(times.map((round) => round.peers[at] ?? NaN)) })).toSorted((a, b) => a.seconds - b.seconds)
  const fastest = peers.findIndex(({ name }) => name === medians[0]?.name)
  const ratios = times.map((round) => round.ours / (round.peers[fastest] ?? NaN))
  return {
    work: `no-op run, ${peerTasks} tasks, whole command`,
    ours: median(times.map(({ ours }) => ours)),
    peer: medians[0]?.seconds ?? null,
    ratio: medians.length === 0 ? null : median(ratios),
    limit: 0.5,
    spread: spread(medians.length === 0 ? times.map(({ ours }) => ours) : ratios),
    unit: "s",
    note: [`at most 0.6 s; peers: ${medians.map(({ name, seconds }) => `${name} ${seconds.toFixed(2)}`).join(", ") || "none"}`, ...missing].join("; ")
  }
}

interface Large {
  readonly tasks: number
  readonly rounds: number
  readonly limit: number
}

/** Fills a store and runs again. Returns the median, too, for what is derived from it. */
const noopLarge = (folder: string, { limit, rounds, tasks }: Large): { readonly rows: ReadonlyArray<BenchRow>; readonly seconds: number } => {
  const store = `store-${tasks}`
  const filled = runTasks(folder, tasks, store, finished)
  const hasPeer = tasks <= 10_000 && hasSnakemake()
  const peer = hasPeer ? snakemakeNoop(join(folder, `snakemake-${tasks}`), tasks) : undefined
  const times = Array.from({ length: rounds }, () => ({ ours: runTasks(folder, tasks, store, allCached(tasks)), peer: peer?.noop() ?? NaN }))
  const ours = times.map((round) => round.ours.seconds)
  const peaks = [filled, ...times.map((round) => round.ours)].map(({ peakMiB }) => peakMiB)
  rmSync(join(folder, store), { recursive: true })
  const row = { work: `no-op run, ${tasks} tasks, whole command`, ours: median(ours), unit: "s" }
  return {
    seconds: median(ours),
    rows: [
      { ...row, peer: hasPeer ? median(times.map((round) => round.peer)) : null, ratio: hasPeer ? median(times.map((round) => round.ours.seconds / round.peer)) : null, limit, spread: spread(ours), note: `the limit is of seconds${hasPeer ? "; peer: Snakemake" : ""}` },
      { work: `memory of the orchestrator, ${tasks} tasks`, ours: Math.max(...peaks), peer: null, ratio: null, limit: 500, spread: spread(peaks), unit: "MiB", note: `first run ${filled.peakMiB.toFixed(0)}, later ones ${median(peaks.slice(1)).toFixed(0)}` }
    ]
  }
}

/** What a trivial task more costs, in a pool that is warm: the difference between a long and a short run, divided by the tasks between them. */
const perTask = (folder: string, rounds: number): BenchRow => {
  const [short, long] = [400, 2_400] as const
  const [shortPeer, longPeer] = [20, 120] as const
  const peer = hasSnakemake()
  const times = Array.from({ length: rounds }, (_, round) => {
    const ours = [short, long].map((tasks) => {
      const { seconds } = runTasks(folder, tasks, `store-cold-${tasks}-${round}`, finished)
      rmSync(join(folder, `store-cold-${tasks}-${round}`), { recursive: true })
      return seconds
    })
    const theirs = peer ? [shortPeer, longPeer].map((tasks) => snakemakeRun(join(folder, `snakemake-cold-${tasks}-${round}`), tasks)) : []
    const slope = ([less = NaN, more = NaN]: ReadonlyArray<number>, tasks: number) => (1000 * (more - less)) / tasks
    return { ours: slope(ours, long - short), peer: slope(theirs, longPeer - shortPeer) }
  })
  return {
    work: "scheduling and publishing a trivial task, warm pool",
    ours: median(times.map(({ ours }) => ours)),
    peer: peer ? median(times.map((round) => round.peer)) : null,
    ratio: peer ? median(times.map((round) => round.ours / round.peer)) : null,
    limit: 2,
    spread: spread(times.map(({ ours }) => ours)),
    unit: "ms",
    note: "the limit is of milliseconds; peer: Snakemake"
  }
}

export const schedulerBench = async ({ quick }: { readonly quick: boolean }, onRow: OnRow = () => undefined): Promise<ReadonlyArray<BenchRow>> => {
  const folder = mkdtempSync(join(tmpdir(), "reprise-scheduler-"))
  const rows: Array<BenchRow> = []
  const tell = (...more: ReadonlyArray<BenchRow>) => more.forEach((row) => {
    rows.push(row)
    onRow(row)
  })
  try {
    makeProject(folder)
    const thousand = noopBeside(folder, quick ? 3 : 9, quick)
    tell(thousand)
    tell(perTask(folder, quick ? 1 : 3))
    const sizes: ReadonlyArray<Large> = [{ tasks: 10_000, rounds: quick ? 3 : 5, limit: 2 }, ...(quick ? [] : [{ tasks: 100_000, rounds: 3, limit: 15 }])]
    let before = { tasks: peerTasks, seconds: thousand.ours }
    for (const size of sizes) {
      const { rows: more, seconds } = noopLarge(folder, size)
      tell(...more, {
        work: `a cache hit, from ${before.tasks} to ${size.tasks} tasks`,
        ours: (1000 * (seconds - before.seconds)) / (size.tasks - before.tasks),
        peer: null,
        ratio: null,
        limit: 0.2,
        spread: more[0]?.spread ?? NaN,
        unit: "ms"
      })
      before = { tasks: size.tasks, seconds }
    }
    return rows
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
