/**
 * Training steps beside PyTorch on the same cores: the same mathematics, the same numbers, checked to agree, measured in turn (ours, theirs,
 * ours, ...), two threads on each side. A step is forward, backward and update; for the attacks also the ten steps before.
 */
import { Effect } from "effect"
import { openTrainingLoop } from "../src/tensor/training.ts"
import type { BenchRow } from "./row.ts"
import { compare, THREADS, training } from "./tensor/compare.ts"
import { type Peer, withPeer } from "./tensor/peer.ts"
import { type Work, works } from "./tensor/works.ts"

export interface TensorBenchOptions {
  readonly quick?: boolean
  /** Only works whose names contain this. */
  readonly only?: string
}

export const tensorBench = ({ quick = false, only = "" }: TensorBenchOptions = {}): Promise<ReadonlyArray<BenchRow>> =>
  withPeer(THREADS, async (peer) => {
    const rows: Array<BenchRow> = []
    for (const make of works) {
      const work = make()
      if (work.name.includes(only)) rows.push(await measureTraining(work, peer, quick ? 3 : 11))
    }
    return rows
  })

export const measureTraining = (work: Work, peer: Peer | undefined, rounds: number): Promise<BenchRow> =>
  Effect.runPromise(Effect.scoped(Effect.gen(function*() {
    const loop = yield* openTrainingLoop(work.step, work.parameters, { threads: THREADS })
    return yield* Effect.promise(() => compare(work, training(work, loop), peer, rounds))
  })))
