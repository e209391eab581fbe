/**
 * Training steps beside PyTorch on the same cores: the same mathematics, the same numbers, checked to agree, measured in turn (ours, theirs,
 * ours, ...), two threads on each side. A step is forward, backward and update; for the attacks also the ten steps before.
 */
import { Effect } from "effect"
import { openTrainingLoop, type TrainingLoop } from "../src/tensor/training.ts"
import { type BenchRow, median, spread } from "./row.ts"
import { findPython, Peer } from "./tensor/peer.ts"
import { feedsOf, type Work, works } from "./tensor/works.ts"

const THREADS = 2
/** Steps after which the two sides are compared (momentum counts from the second on), and how far they may differ. */
const [COMPARED, TOLERANCE] = [2, 1e-3]

export const tensorBench = async ({ quick = false, only }: { readonly quick?: boolean; readonly only?: string } = {}): Promise<ReadonlyArray<BenchRow>> => {
  const python = findPython()
  const peer = python === undefined ? undefined : new Peer(python, THREADS)
  try {
    const rows: Array<BenchRow> = []
    for (const make of works) {
      const work = make()
      if (only === undefined || work.name.includes(only)) rows.push(await measure(work, peer, quick ? 3 : 11))
    }
    return rows
  } finally {
    await peer?.close()
  }
}

const measure = (work: Work, peer: Peer | undefined, rounds: number): Promise<BenchRow> =>
  Effect.runPromise(Effect.scoped(Effect.gen(function*() {
    const loop = yield* openTrainingLoop(work.step, work.parameters, { threads: THREADS })
    return yield* Effect.promise(() => compare(work, loop, peer, rounds))
  })))

const compare = async (work: Work, loop: TrainingLoop, peer: Peer | undefined, rounds: number): Promise<BenchRow> => {
  const feeds = feedsOf(work)
  const ours = async (steps: number): Promise<number> => {
    const start = performance.now()
    for (let i = 0; i < steps; i++) await loop.step(feeds)
    return (performance.now() - start) / steps
  }
  const version = await peer?.load(work)
  const theirs = async (steps: number): Promise<number> => (peer === undefined ? NaN : ((await peer.steps(steps)).seconds * 1000) / steps)
  await ours(COMPARED)
  await theirs(COMPARED)
  const difference = peer === undefined ? NaN : distance(work, loop, await peer.parameters())
  if (difference > TOLERANCE) throw new Error(`${work.name}: after ${COMPARED} steps the parameters differ by ${difference.toExponential(1)}`)
  // Blocks of a few tenths of a second each, so that one turn is long against a switch and short against a drift.
  const [oursEach, theirsEach] = [Math.max(1, Math.round(250 / await ours(2))), Math.max(1, Math.round(250 / (await theirs(2) || 250)))]
  const times: Array<{ ours: number; theirs: number }> = []
  for (let round = 0; round < rounds; round++) times.push({ ours: await ours(oursEach), theirs: await theirs(theirsEach) })
  const ratios = times.map((time) => time.ours / time.theirs)
  return {
    work: work.name,
    ours: median(times.map((time) => time.ours)),
    peer: peer === undefined ? null : median(times.map((time) => time.theirs)),
    ratio: peer === undefined ? null : median(ratios),
    limit: work.limit,
    spread: spread(peer === undefined ? times.map((time) => time.ours) : ratios),
    unit: "ms",
    note: peer === undefined ? "peer missing: apt-get install python3-torch libopenblas0-pthread"
      : `peer: PyTorch ${version}, ${THREADS} threads; parameters differ by ${difference.toExponential(0)} after ${COMPARED} steps`
  }
}

/** How differently the two sides changed a parameter, relative to how much it changed (Euclidean norms); of all parameters the most. */
const distance = (work: Work, loop: TrainingLoop, theirs: Readonly<Record<string, unknown>>): number =>
  Math.max(...Object.entries(loop.parameters()).map(([name, { data }]) => {
    const numbers = theirs[name]
    const initial = work.parameters[name]?.data
    if (!Array.isArray(numbers) || initial === undefined) throw new Error(`the PyTorch process did not give ${name}`)
    const norm = (of: (theirs: number, i: number) => number) => Math.hypot(...numbers.map((number, i) => of(Number(number), i)))
    return norm((number, i) => number - Number(data[i])) / norm((_, i) => Number(data[i]) - Number(initial[i]))
  }))
