/**
 * What the orchestrator itself costs, beside tools that promise the same: finding out that nothing has to be done, for a thousand tasks to a hundred thousand; a
 * task more that does; the memory of a large plan. Whole commands, process start included, in turn with the peers.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { median, spread } from "./row.ts"
import type { BenchRow } from "./row.ts"
import { hasSnakemake, noopPeers, nxPeers, nxTasks, type Peers, peerTasks, snakemakeNoop, snakemakeRun } from "./scheduler/peers.ts"
import { makeProject, runTasks } from "./scheduler/project.ts"

const finished = "Done in"
const allCached = (tasks: number): string => `All ${tasks} tasks cached`

type OnRow = (row: BenchRow) => void

interface Noop {
  readonly tasks: number
  readonly rounds: number
  readonly others: Peers
}

/** Ours after a remark in the file, ours with nothing changed, and each peer in turn, `rounds` times. */
const noopBeside = (folder: string, { others: { missing, peers }, rounds, tasks }: Noop): ReadonlyArray<BenchRow> => {
  const store = `store-noop-${tasks}`
  runTasks(folder, tasks, store, finished) // fills the store
  const times = Array.from({ length: rounds }, (_, round) => ({
    anew: runTasks(folder, tasks, store, allCached(tasks), `remark ${round}`).seconds,
    ours: runTasks(folder, tasks, store, allCached(tasks), `remark ${round}`).seconds,
    peers: peers.map(({ noop }) => noop())
  }))
  for (const { close } of peers) close?.()
  const medians = peers.map(({ name }, at) => ({ name, seconds: median(times.map((round) => round.peers[at] ?? NaN)) })).toSorted((a, b) => a.seconds - b.seconds)
  const fastest = peers.findIndex(({ name }) => name === medians[0]?.name)
  const ratiosOf = (seconds: (round: (typeof times)[number]) => number) => times.map((round) => seconds(round) / (round.peers[fastest] ?? NaN))
  const row = (work: string, seconds: (round: (typeof times)[number]) => number, limit: number | null, note: string): BenchRow => {
    const [ours, ratios] = [times.map(seconds), ratiosOf(seconds)]
    const hasPeer = medians.length > 0
    return { work, ours: median(ours), peer: medians[0]?.seconds ?? null, ratio: hasPeer ? median(ratios) : null, limit, spread: spread(hasPeer ? ratios : ours), unit: "s", note }
  }
  const said = [`at most 0.6 s; peers: ${medians.map(({ name, seconds }) => `${name} ${seconds.toFixed(2)}`).join(", ") || "none"}`, ...missing].join("; ")
  return [
    row(`no-op run, ${tasks} tasks, whole command`, ({ ours }) => ours, 0.5, said),
    row("the same after a remark in the file", ({ anew }) => anew, null, "all is read and planned; at most 0.6 s")
  ]
}

interface Large {
  readonly tasks: number
  readonly rounds: number
  readonly limit: number
}

/** Fills a store and runs again, with a remark in the file and with nothing changed. Returns the median of the former, too, for what is derived from it. */
const noopLarge = (folder: string, { limit, rounds, tasks }: Large): { readonly rows: ReadonlyArray<BenchRow>; readonly seconds: number } => {
  const store = `store-${tasks}`
  const filled = runTasks(folder, tasks, store, finished)
  const hasPeer = tasks <= 10_000 && hasSnakemake()
  const peer = hasPeer ? snakemakeNoop(join(folder, `snakemake-${tasks}`), tasks) : undefined
  const times = Array.from({ length: rounds }, (_, round) => ({
    anew: runTasks(folder, tasks, store, allCached(tasks), `remark ${round}`),
    same: runTasks(folder, tasks, store, allCached(tasks), `remark ${round}`),
    peer: peer?.noop() ?? NaN
  }))
  rmSync(join(folder, store), { recursive: true })
  const [same, anew, peers] = [times.map((round) => round.same.seconds), times.map((round) => round.anew.seconds), times.map((round) => round.peer)]
  const [samePeaks, anewPeaks] = [times.map((round) => round.same.peakMiB), times.map((round) => round.anew.peakMiB)]
  const peaks = [filled.peakMiB, ...samePeaks, ...anewPeaks]
  const rowOf = (work: string, seconds: ReadonlyArray<number>): BenchRow => ({
    work,
    ours: median(seconds),
    peer: hasPeer ? median(peers) : null,
    ratio: hasPeer ? median(seconds) / median(peers) : null,
    limit,
    spread: spread(seconds),
    unit: "s",
    note: `the limit is of seconds${hasPeer ? "; peer: Snakemake" : ""}`
  })
  return {
    seconds: median(anew),
    rows: [
      rowOf(`no-op run, ${tasks} tasks, whole command`, same),
      rowOf("the same after a remark in the file", anew),
      {
        work: `memory of the orchestrator, ${tasks} tasks`,
        ours: Math.max(...peaks),
        peer: null,
        ratio: null,
        limit: 477, // 500 MB
        spread: spread(peaks),
        unit: "MiB",
        note: `first run ${filled.peakMiB.toFixed(0)}, with nothing changed ${median(samePeaks).toFixed(0)}, after a remark ${median(anewPeaks).toFixed(0)}`
      }
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
    const thousand = noopBeside(folder, { tasks: peerTasks, rounds: quick ? 3 : 9, others: noopPeers(join(folder, "snakemake")) })
    tell(...thousand)
    if (!quick) tell(...noopBeside(folder, { tasks: nxTasks, rounds: 9, others: nxPeers() }))
    tell(perTask(folder, quick ? 1 : 3))
    const sizes: ReadonlyArray<Large> = [{ tasks: 10_000, rounds: quick ? 3 : 5, limit: 2 }, ...(quick ? [] : [{ tasks: 100_000, rounds: 3, limit: 15 }])]
    let before: { readonly tasks: number; readonly seconds: number } = { tasks: peerTasks, seconds: thousand[1]?.ours ?? NaN }
    for (const size of sizes) {
      const { rows: more, seconds } = noopLarge(folder, size)
      tell(...more, {
        work: `a cache hit in a plan made anew, from ${before.tasks} to ${size.tasks} tasks`,
        ours: (1000 * (seconds - before.seconds)) / (size.tasks - before.tasks),
        peer: null,
        ratio: null,
        limit: 0.2,
        spread: more[1]?.spread ?? NaN,
        unit: "ms"
      })
      before = { tasks: size.tasks, seconds }
    }
    return rows
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
