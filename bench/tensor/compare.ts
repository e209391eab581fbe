/** Ours and PyTorch's side of a work measured in turn (ours, theirs, ours, ...), after checking that both give the same numbers. */
import type { Tensor } from "../../src/tensor/tensor.ts"
import type { TrainingLoop } from "../../src/tensor/training.ts"
import { type BenchRow, median, spread } from "../row.ts"
import type { Peer } from "./peer.ts"
import { feedsOf, type Work } from "./works.ts"

export const THREADS = 2
/** Steps after which the two sides are compared (momentum counts from the second on), and how far they may differ. */
export const [COMPARED, TOLERANCE] = [2, 1e-3]

/** One side of a work: how it takes a step, and how far what it got is from the other's numbers, relative to what it should be near to. */
export interface Side {
  step(): Promise<unknown>
  distance(theirs: Readonly<Record<string, unknown>>): number
}

export type Measured = Pick<Work, "name" | "peer" | "limit" | "tolerance" | "learningRate" | "parameters" | "batch">

export const compare = async (work: Measured, side: Side, peer: Peer | undefined, rounds: number): Promise<BenchRow> => {
  const ours = async (steps: number): Promise<number> => {
    const start = performance.now()
    for (let i = 0; i < steps; i++) await side.step()
    return (performance.now() - start) / steps
  }
  const version = await peer?.load(work)
  const theirs = async (steps: number): Promise<number> => (peer === undefined ? NaN : ((await peer.steps(steps)).seconds * 1000) / steps)
  await ours(COMPARED)
  await theirs(COMPARED)
  const difference = peer === undefined ? 0 : side.distance(await peer.parameters())
  if (!(difference <= (work.tolerance ?? TOLERANCE))) throw new Error(`${work.name}: after ${COMPARED} steps the two sides differ by ${difference.toExponential(1)}`)
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
      : `peer: PyTorch ${version}, ${THREADS} threads; results differ by ${difference.toExponential(0)} after ${COMPARED} steps`
  }
}

/** A training loop as a side: its parameters and running statistics are compared, each relative to how much it changed. */
export const training = (work: Work, loop: TrainingLoop): Side => {
  const feeds = feedsOf(work)
  return {
    step: () => loop.step(feeds),
    distance: (theirs) => {
      const state = loop.state()
      return Math.max(...Object.entries(work.parameters).map(([name, initial]) => apart(name, state[name], theirs[name], initial)))
    }
  }
}

/** Euclidean distance of our numbers from theirs (the first ones, where not all were sent), relative to the distance of ours from the start. */
export const apart = (name: string, ours: Tensor | undefined, theirs: unknown, start?: Tensor): number => {
  if (!Array.isArray(theirs) || ours === undefined) throw new Error(`one of the sides did not give ${name}`)
  const norm = (of: (theirs: number, i: number) => number) => Math.hypot(...theirs.map((number, i) => of(Number(number), i)))
  return norm((number, i) => number - Number(ours.data[i])) / norm((_, i) => Number(ours.data[i]) - Number(start?.data[i] ?? 0))
}
