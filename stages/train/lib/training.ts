/**
 * Training a network by stochastic gradient descent with momentum: full batches or mini-batches, a fixed learning rate or one that is
 * lowered on plateaus. One session run is one step. The state is saved every few seconds, and when the task is interrupted; a
 * later attempt goes on from there and ends with the same bytes.
 */
import { type Dataset, Effect, Schema, StageError } from "../../../src/stage.ts"
import { EngineError } from "../../../src/tensor/errors.ts"
import { Graph } from "../../../src/tensor/graph.ts"
import { itemOf, scalar, type Tensor, tensor } from "../../../src/tensor/tensor.ts"
import { openTrainingLoop, sgd } from "../../../src/tensor/training.ts"
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts"
import { type Engine, sessionOptions } from "./engine.ts"
import { type Loss, meanLoss } from "./loss.ts"
import { valueOf } from "./model.ts"
import type { Network } from "./network.ts"
import { nextPlateau, startPlateau } from "./plateau.ts"

export interface TrainingSettings {
  readonly network: Network
  readonly loss: Loss
  /** Learning rate at the start. */
  readonly rate: number
  readonly momentum: number
  readonly weightDecay: number
  readonly schedule: "plateau" | "constant"
  readonly steps: number
  /** The schedule takes a step after so many steps of the optimiser, on their mean loss. */
  readonly period: number
  readonly batchSize: number
  /** Samples [batchSize, ...] and labels [batchSize] of a step, from 0; the same whenever it is asked. */
  readonly batch: (step: number) => { readonly x: Tensor; readonly y: Tensor }
}

/** What a training needs of its stage's context. */
export interface TrainingHost extends Engine {
  progress(done: number, total: number, message?: string): Effect.Effect<void>
  metric(name: string, value: number, step: number): Effect.Effect<void>
  log(message: string, level: "warn"): Effect.Effect<void>
  readonly checkpoint: {
    readonly load: Effect.Effect<Uint8Array | undefined, StageError>
    save(bytes: Uint8Array): Effect.Effect<void, StageError>
  }
}

/** A point of the training curve. */
export interface CurvePoint {
  /** From 1. */
  readonly step: number
  /** Mean loss of the step's batch, with the weights before the step. */
  readonly loss: number
  /** Learning rate of the step. */
  readonly rate: number
}

export interface Trained {
  readonly weights: ReadonlyMap<string, Float32Array>
  readonly curve: ReadonlyArray<CurvePoint>
  /** Learning rate after the last step. */
  readonly rate: number
  /** How often it was lowered. */
  readonly reductions: number
}

/** Milliseconds of steps between two reports of progress, and between two saved states. */
const reportInterval = 100
const saveInterval = 5000
/** Points that a curve has at most, besides the first ten steps. */
const curvePoints = 200

/** What a saved state holds besides tensors. */
const Facts = Schema.Struct({
  step: Schema.Int,
  periodLoss: Schema.Finite,
  schedule: Schema.Struct({
    rate: Schema.Finite,
    best: Schema.NullOr(Schema.Finite),
    badSteps: Schema.Int,
    cooldownLeft: Schema.Int,
    reductions: Schema.Int
  }),
  curve: Schema.Array(Schema.Struct({ step: Schema.Int, loss: Schema.Finite, rate: Schema.Finite }))
})
type Facts = typeof Facts.Type

/** Trains from the network's initial values, or from the saved state of an earlier attempt. Fails when the loss is not finite any more. */
export const train = Effect.fn("train")(function*(settings: TrainingSettings, host: TrainingHost) {
  const { batch, network, period, steps } = settings
  const { loop, noise } = yield* openLoop(settings, host)
  let facts: Facts = { step: 0, periodLoss: 0, schedule: startPlateau(settings.rate), curve: [] }

  const saved = yield* host.checkpoint.load
  const checkpoint = saved === undefined ? undefined : decodeCheckpoint(saved)
  if (checkpoint !== undefined) {
    facts = yield* Effect.mapError(Schema.decodeUnknownEffect(Facts)(checkpoint.facts), unreadable)
    yield* Effect.try({ try: () => loop.restore(checkpoint.tensors), catch: unreadable })
  } else if (saved !== undefined) {
    yield* host.log("The saved state of an earlier attempt is damaged; training starts anew.", "warn")
  }
  const save = Effect.suspend(() => host.checkpoint.save(encodeCheckpoint({ facts, tensors: loop.state() })))

  const every = Math.ceil(steps / curvePoints)
  /** One step; the failure, if it was one. */
  const advance = async (): Promise<StageError | undefined> => {
    const { curve, periodLoss, schedule, step } = facts
    const { loss: measured } = await loop.step({ ...batch(step), ...noise(step), learningRate: scalar(schedule.rate) })
    const loss = measured === undefined ? Number.NaN : itemOf(measured)
    if (!Number.isFinite(loss)) return diverged(loss, step + 1, schedule.rate)
    const sum = periodLoss + loss
    const ends = (step + 1) % period === 0
    const kept = step < 10 || (step + 1) % every === 0 || step + 1 === steps
    facts = {
      step: step + 1,
      periodLoss: ends ? 0 : sum,
      schedule: ends && settings.schedule === "plateau" ? nextPlateau(schedule, sum / period) : schedule,
      curve: kept ? [...curve, { step: step + 1, loss, rate: schedule.rate }] : curve
    }
    return undefined
  }
  const advanceFor = async (milliseconds: number): Promise<StageError | undefined> => {
    const end = performance.now() + milliseconds
    let failure: StageError | undefined
    while (failure === undefined && facts.step < steps && performance.now() < end) failure = await advance()
    return failure
  }

  let lastSave = performance.now()
  // Not interruptible between a step and its bookkeeping: what is saved is always the state after whole steps.
  const work = Effect.uninterruptible(Effect.tryPromise({ try: () => advanceFor(reportInterval), catch: engineFailure }))
  const report = Effect.gen(function*() {
    const last = facts.curve.at(-1)
    yield* host.progress(facts.step, steps, last === undefined ? undefined : `loss ${last.loss.toPrecision(4)}`)
    if (performance.now() - lastSave > saveInterval && facts.step < steps) {
      yield* save
      lastSave = performance.now()
      if (last !== undefined) yield* host.metric("loss", last.loss, last.step)
    }
  })
  const all = Effect.gen(function*() {
    while (facts.step < steps) {
      const failure = yield* work
      if (failure !== undefined) return yield* failure
      yield* report
    }
  })
  yield* Effect.onInterrupt(all, () => Effect.ignore(save))

  const learned = loop.state()
  const weights = new Map(network.parameters.map(({ initial, name }) => {
    const { data = initial } = learned[name] ?? {}
    return [name, data instanceof Float32Array ? data : initial]
  }))
  const trained: Trained = { weights, curve: facts.curve, rate: facts.schedule.rate, reductions: facts.schedule.reductions }
  return trained
})

const openLoop = Effect.fn(function*({ batchSize, loss, momentum, network, weightDecay }: TrainingSettings, host: TrainingHost) {
  const graph = new Graph()
  const x = graph.input("x", [batchSize, ...network.input])
  const y = graph.input("y", [batchSize])
  const fed = network.parameters.filter(({ statistic = false, trainable }) => trainable || statistic)
  const parameters = new Map(network.parameters.map((parameter) => {
    const { initial, name, shape } = parameter
    return [name, fed.includes(parameter) ? graph.input(name, shape) : graph.constant(tensor(initial, shape))]
  }))
  const parameter = (name: string) => valueOf(parameters, name)
  const { noise, scores, statistics } = network.training?.(x, parameter) ?? { scores: network.scores(x, parameter), statistics: {}, noise: () => ({}) }
  const loop = yield* openTrainingLoop(
    {
      loss: meanLoss(loss, scores, y),
      parameters: Object.fromEntries(network.parameters.flatMap(({ name, trainable }) => (trainable ? [[name, parameter(name)]] : []))),
      carried: statistics,
      optimiser: sgd({ momentum, weightDecay })
    },
    Object.fromEntries(fed.map(({ initial, name, shape }) => [name, tensor(initial, shape)])),
    yield* sessionOptions(host)
  )
  return { loop, noise }
})

const unreadable = (cause: unknown): StageError =>
  new StageError({ message: "The saved state of this training is of another one.", hint: "Delete the `checkpoints` folder of the results.", cause })

const diverged = (loss: number, step: number, rate: number): StageError =>
  new StageError({
    message: `The loss became ${loss} at step ${step}, with a learning rate of ${rate}.`,
    hint: "Use a smaller `rate`, or fewer `steps`."
  })

const engineFailure = (cause: unknown): EngineError =>
  cause instanceof EngineError ? cause : new EngineError({ message: `A training step did not run: ${cause instanceof Error ? cause.message : String(cause)}`, cause })

/** The whole data set as the one batch of every step. */
export const fullBatch = (data: Dataset): TrainingSettings["batch"] => {
  const whole = { x: tensor(data.x, [data.y.length, ...data.shape]), y: tensor(data.y, [data.y.length]) }
  return () => whole
}
