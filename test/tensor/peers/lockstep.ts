/** The engine and PyTorch at the same training, compared after every step. */
import { Effect } from "effect"
import { randomStream } from "../../../src/stage/random.ts"
import { itemOf, scalar, toNumbers } from "../../../src/tensor/tensor.ts"
import { openTrainingLoop } from "../../../src/tensor/training.ts"
import type { TorchStep, TorchTrainer } from "./torch-trainer.ts"
import type { Amount, Work } from "./works.ts"

/** How far two sides are apart after a step: losses relative to the loss, weights as `apart` says. */
interface Distance {
  readonly loss: number
  readonly weights: number
}

export interface StepReport {
  readonly loss: number
  /** The engine from PyTorch; from PyTorch in float64; and PyTorch from itself in float64, which is what float32 allows. */
  readonly between: Distance
  readonly fromExact: Distance
  readonly allowed: Distance
  /** The weights that are farthest apart. */
  readonly farthest: string
  /** They parted here, and PyTorch went on from the engine's weights. */
  readonly parted: boolean
}

/** Farther apart than this, relatively, two trainings have parted. */
export const TOLERANCE = 1e-4

/** Shares of a tensor's size below which its own size does not count: a bias near zero is compared with the other weights. */
const FLOOR = 0.1

const rootMeanSquare = (numbers: ArrayLike<number>, from?: ArrayLike<number>): number => {
  let sum = 0
  for (let i = 0; i < numbers.length; i++) sum += ((numbers[i] ?? NaN) - (from === undefined ? 0 : from[i] ?? NaN)) ** 2
  return Math.sqrt(sum / Math.max(1, numbers.length))
}

type Weights = Readonly<Record<string, ArrayLike<number>>>

/**
 * Over the tensors of a state, the greatest root mean square difference, relative to the tensor's own root mean square, or to a tenth of that of
 * all weights where its own is less.
 */
const apart = (ours: Weights, theirs: Weights): { readonly distance: number; readonly farthest: string } => {
  const sizes = Object.entries(theirs)
  const all = Math.sqrt(sizes.reduce((sum, [, of]) => sum + of.length * rootMeanSquare(of) ** 2, 0) / sizes.reduce((sum, [, of]) => sum + of.length, 0))
  let worst = { distance: 0, farthest: "" }
  for (const [name, expected] of sizes) {
    const distance = rootMeanSquare(ours[name] ?? [], expected) / Math.max(rootMeanSquare(expected), FLOOR * all)
    if (!(distance <= worst.distance)) worst = { distance, farthest: name }
  }
  return worst
}

const relative = (loss: number, other: number): number => Math.abs(loss - other) / Math.max(Math.abs(other), 1e-3)

/**
 * Trains on both sides. Every epoch takes the samples in another order; those that do not fill a last batch are left out.
 *
 * Where a ReLU's input or the greatest of a pool is within rounding of a kink, the two may fall on different sides, and from then on their
 * trainings part, as two trainings in float32 do. PyTorch then goes on from the engine's weights and velocities, so that every step is compared.
 */
export const lockstep = (work: Work, trainer: TorchTrainer, { batch, epochs, samples }: Amount): Promise<ReadonlyArray<StepReport>> =>
  Effect.runPromise(Effect.scoped(Effect.gen(function*() {
    const prepared = yield* Effect.promise(() => work.prepare(batch, trainer))
    const { initial, rate, step } = prepared
    yield* Effect.promise(() => trainer.load(work.torch, initial))
    const loop = yield* openTrainingLoop(step, initial)
    const reports: Array<StepReport> = []
    for (let epoch = 0; epoch < epochs; epoch++) {
      const order = [...randomStream(0, "peers", `order ${epoch}`).permutation(samples)]
      for (let from = 0; from + batch <= samples; from += batch) {
        const feeds = prepared.batch(order.slice(from, from + batch), reports.length)
        const { loss } = yield* Effect.promise(() => loop.step({ ...feeds, learningRate: scalar(rate) }))
        const theirs = yield* Effect.promise(() => trainer.step(feeds))
        const state = loop.state()
        const weights = Object.fromEntries(Object.entries(state).filter(([name]) => name in initial))
        const report = compare(loss === undefined ? NaN : itemOf(loss), Object.fromEntries(Object.entries(weights).map(([name, of]) => [name, toNumbers(of)])), theirs)
        const parted = !(Math.max(report.between.loss, report.between.weights) <= TOLERANCE)
        reports.push({ ...report, parted })
        if (!parted) continue
        const velocities = Object.entries(state).flatMap(([name, of]) => (name.endsWith(".velocity") ? [[name.slice(0, -".velocity".length), of] as const] : []))
        yield* Effect.promise(() => trainer.resume(weights, Object.fromEntries(velocities)))
      }
    }
    return reports
  })))

const compare = (loss: number, ours: Weights, theirs: TorchStep): Omit<StepReport, "parted"> => {
  const [between, fromExact, allowed] = [apart(ours, theirs.weights), apart(ours, theirs.exactWeights), apart(theirs.weights, theirs.exactWeights)]
  return {
    loss,
    between: { loss: relative(loss, theirs.loss), weights: between.distance },
    fromExact: { loss: relative(loss, theirs.exact), weights: fromExact.distance },
    allowed: { loss: relative(theirs.loss, theirs.exact), weights: allowed.distance },
    farthest: between.farthest
  }
}
