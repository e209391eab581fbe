/**
 * The loop of every training: steps, and what comes between them. It knows nothing of networks or data: what a step computes, and on what,
 * is handed in. The state is saved now and then, and when the task is interrupted; a later attempt goes on from there and ends with the
 * same bytes.
 */
import { Effect, Schema, StageError } from "../../../src/stage.ts"
import { EngineError } from "../../../src/tensor/errors.ts"
import { itemOf, scalar, type Tensor, tensor } from "../../../src/tensor/tensor.ts"
import type { TrainingLoop } from "../../../src/tensor/training.ts"
import { ahead } from "./ahead.ts"
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts"
import type { Engine } from "./engine.ts"
import { type EpochRecord, EpochRecordSchema, type Measured } from "./epochs.ts"
import type { Parameter } from "./network.ts"
import { nextPlateau, startPlateau } from "./plateau.ts"
import { pace } from "./pace.ts"
import { rateAt, type ScheduleSettings } from "./schedule.ts"

export type Weights = ReadonlyMap<string, Float32Array>

export interface LoopSettings {
  readonly schedule: ScheduleSettings
  readonly steps: number
  /** Steps of an epoch. The schedule for plateaus takes a step after each, on its mean loss. */
  readonly period: number
  readonly batchSize: number
  /** Decay of the moving average that becomes the model, which the optimiser keeps; the weights themselves when left out. */
  readonly average?: number
  /** The state that a shorter training of the same kind ended with, from which this one goes on. */
  readonly from?: Uint8Array
  /** Whether the state at the end is wanted. */
  readonly keepsState?: boolean
}

/** What is trained. */
export interface TrainingWork {
  readonly parameters: ReadonlyArray<Parameter>
  /** Takes the steps and holds the weights; reports `loss`, and `accuracy` if there is such a thing. */
  readonly loop: TrainingLoop
  /** What a step is fed besides the learning rate, from 0: the same whenever it is asked. */
  readonly feeds: (step: number) => Readonly<Record<string, Tensor>>
  /** What is measured after every epoch, and what it decides. Nothing when left out. */
  readonly epochs?: {
    readonly measure: (weights: Weights) => Effect.Effect<Measured, EngineError>
    readonly isBetter: (record: EpochRecord, best: EpochRecord | undefined) => boolean
    /** Training ends after so many epochs without a better one; never when left out. */
    readonly patience?: number | undefined
  }
}

/** What a training needs of its stage's context. */
export interface TrainingHost extends Engine {
  progress(done: number, total: number, message?: string): Effect.Effect<void>
  metric(name: string, value: number, step: number): Effect.Effect<void>
  log(message: string, level: "warn" | "info"): Effect.Effect<void>
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
  readonly weights: Weights
  /** Those after the best epoch; the same as `weights` where none was measured. */
  readonly best: Weights
  readonly curve: ReadonlyArray<CurvePoint>
  readonly epochs: ReadonlyArray<EpochRecord>
  readonly steps: number
  /** Learning rate after the last step. */
  readonly rate: number
  /** How often it was lowered on a plateau. */
  readonly reductions: number
  /** From which a longer training can go on; empty unless it was asked for. */
  readonly state: Uint8Array
}

/** Milliseconds of steps between two reports of progress, and between two losses that are kept for whoever watches. */
const reportInterval = 100
const metricInterval = 5000
/** States are saved so seldom that this takes at most a fiftieth of the time, and at most four times a second. */
const [leastSaveInterval, timesItsCost] = [250, 50]
/** Points that a curve has at most, besides the first ten steps. */
const curvePoints = 200
/** Names of the best weights among the tensors of a saved state begin with this. */
const bestPrefix = "best of "

/** What a saved state holds besides tensors. */
const Facts = Schema.Struct({
  step: Schema.Int,
  periodLoss: Schema.Finite,
  periodAccuracy: Schema.Finite,
  schedule: Schema.Struct({
    rate: Schema.Finite,
    best: Schema.NullOr(Schema.Finite),
    badSteps: Schema.Int,
    cooldownLeft: Schema.Int,
    reductions: Schema.Int
  }),
  curve: Schema.Array(Schema.Struct({ step: Schema.Int, loss: Schema.Finite, rate: Schema.Finite })),
  epochs: Schema.Array(EpochRecordSchema),
  /** Place of the best one in `epochs`; -1 before the first. */
  best: Schema.Int
})
type Facts = typeof Facts.Type

/** Trains from the initial values, or from the saved state of an earlier attempt. Fails when the loss is not finite any more. */
export const trainingLoop = Effect.fn("trainingLoop")(function*(settings: LoopSettings, { epochs, feeds, loop, parameters }: TrainingWork, host: TrainingHost) {
  const { average, period, steps } = settings
  let facts: Facts = { step: 0, periodLoss: 0, periodAccuracy: 0, schedule: startPlateau(settings.schedule.rate), curve: [], epochs: [], best: -1 }
  let best: Weights | undefined

  /** The weights of a model made now. An average that began at 0 is divided by what it has gathered. */
  const weightsNow = (): Weights => {
    const learned = loop.state()
    const gathered = average === undefined ? 1 : 1 - average ** facts.step
    return new Map(parameters.map(({ initial, name, trainable }) => {
      const { data = initial } = learned[average !== undefined && trainable && facts.step > 0 ? `${name}.average` : name] ?? {}
      if (!(data instanceof Float32Array)) return [name, initial]
      return [name, gathered === 1 || !trainable || facts.step === 0 ? data : data.map((value) => value / gathered)]
    }))
  }

  const restore = Effect.fnUntraced(function*(state: Checkpoint, unreadable: (cause: unknown) => StageError) {
    facts = yield* Effect.mapError(Schema.decodeUnknownEffect(Facts)(state.facts), unreadable)
    yield* Effect.try({ try: () => loop.restore(state.tensors), catch: unreadable })
    if (facts.best >= 0) best = bestOf(parameters, state.tensors)
  })
  const saved = yield* host.checkpoint.load
  const checkpoint = saved === undefined ? undefined : decodeCheckpoint(saved)
  if (checkpoint !== undefined) {
    yield* restore(checkpoint, unreadable)
  } else {
    if (saved !== undefined) yield* host.log("The saved state of an earlier attempt is damaged; training starts anew.", "warn")
    const shorter = settings.from === undefined ? undefined : decodeCheckpoint(settings.from)
    if (settings.from !== undefined && shorter === undefined) return yield* foreign(undefined)
    if (shorter !== undefined) yield* restore(shorter, foreign)
    if (facts.step > steps) return yield* new StageError({ message: `The training that this one goes on from has taken ${facts.step} steps, and this one ends after ${steps}.`, hint: "Give it more `epochs`." })
  }
  const stateNow = (): Uint8Array => {
    const kept = Object.fromEntries([...(best ?? [])].map(([name, data]) => [bestPrefix + name, tensor(data, [data.length])]))
    return encodeCheckpoint({ facts, tensors: { ...loop.state(), ...kept } })
  }
  /** The step after which the state that is saved was taken. */
  let savedStep = checkpoint === undefined ? 0 : facts.step
  /** Not where a number is none any more: the loss says so only one step later, and the last good state is worth more. */
  const save = Effect.suspend(() => {
    if (!Object.values(loop.state()).every(isFiniteTensor)) return Effect.void
    savedStep = facts.step
    return host.checkpoint.save(stateNow())
  })

  const every = Math.ceil(steps / curvePoints)
  const prepared = ahead(feeds, steps)
  /** One step; the failure, if it was one. */
  const advance = async (): Promise<StageError | undefined> => {
    const { curve, periodAccuracy, periodLoss, schedule, step } = facts
    const rate = rateAt(settings.schedule, step, schedule.rate)
    const running = loop.step({ ...prepared.take(step), learningRate: scalar(rate) })
    prepared.make(step + 1)
    const { accuracy, loss: measured } = await running
    const loss = measured === undefined ? Number.NaN : itemOf(measured)
    if (!Number.isFinite(loss)) return diverged(loss, step + 1, rate, savedStep)
    const [sum, right] = [periodLoss + loss, periodAccuracy + (accuracy === undefined ? 0 : itemOf(accuracy))]
    const ends = (step + 1) % period === 0
    const kept = step < 10 || (step + 1) % every === 0 || step + 1 === steps
    facts = {
      ...facts,
      step: step + 1,
      // Where epochs are measured, their end still needs the sums.
      periodLoss: ends && epochs === undefined ? 0 : sum,
      periodAccuracy: ends && epochs === undefined ? 0 : right,
      schedule: ends && settings.schedule.kind === "plateau" ? nextPlateau(schedule, sum / period) : schedule,
      curve: kept ? [...curve, { step: step + 1, loss, rate }] : curve
    }
    return undefined
  }
  const epochIsDue = (): boolean => epochs !== undefined && facts.epochs.length < Math.floor(facts.step / period)
  const advanceFor = async (milliseconds: number): Promise<StageError | undefined> => {
    const end = performance.now() + milliseconds
    let failure: StageError | undefined
    while (failure === undefined && facts.step < steps && performance.now() < end && !epochIsDue()) failure = await advance()
    return failure
  }
  const endEpoch = Effect.gen(function*() {
    if (epochs === undefined) return
    const weights = weightsNow()
    const found = yield* epochs.measure(weights)
    const record: EpochRecord = {
      epoch: facts.epochs.length + 1,
      loss: facts.periodLoss / period,
      accuracy: facts.periodAccuracy / period,
      rate: rateAt(settings.schedule, facts.step - 1, facts.schedule.rate),
      ...found
    }
    const better = epochs.isBetter(record, facts.epochs[facts.best])
    if (better) best = weights
    facts = { ...facts, periodLoss: 0, periodAccuracy: 0, epochs: [...facts.epochs, record], best: better ? facts.epochs.length : facts.best }
    for (const [name, value] of Object.entries(record)) if (name !== "epoch" && value !== null) yield* host.metric(columnName(name), value, record.epoch)
  })
  const stopsEarly = (): boolean => epochs?.patience !== undefined && facts.epochs.length - 1 - facts.best >= epochs.patience && facts.epochs.length > 0

  let [lastSave, lastMetric, saveInterval] = [performance.now(), performance.now(), leastSaveInterval]
  const progress = pace(steps, settings.batchSize, facts.step)
  // Not interruptible between a step and its bookkeeping: what is saved is always the state after whole steps.
  const work = Effect.uninterruptible(Effect.tryPromise({ try: () => advanceFor(reportInterval), catch: engineFailure }))
  const report = Effect.gen(function*() {
    const last = facts.curve.at(-1)
    const shown = facts.epochs.at(-1)
    yield* host.progress(facts.step, steps, [
      ...(last === undefined ? [] : [`loss ${last.loss.toPrecision(4)}`]),
      ...(shown === undefined ? [] : [`accuracy ${((shown.validationAccuracy ?? shown.accuracy) * 100).toFixed(1)} %`]),
      progress(facts.step)
    ].join(", "))
    const now = performance.now()
    if (now - lastSave > saveInterval && facts.step < steps) {
      yield* save
      lastSave = performance.now()
      saveInterval = Math.max(leastSaveInterval, timesItsCost * (lastSave - now))
    }
    if (now - lastMetric > metricInterval && last !== undefined) {
      yield* host.metric("step_loss", last.loss, last.step)
      lastMetric = now
    }
  })
  const all = Effect.gen(function*() {
    for (;;) {
      if (epochIsDue()) yield* Effect.uninterruptible(endEpoch)
      if (facts.step >= steps || stopsEarly()) return
      const failure = yield* work
      if (failure !== undefined) return yield* failure
      yield* report
    }
  })
  yield* Effect.onInterrupt(all, () => Effect.ignore(save))
  if (facts.step < steps) yield* host.log(`Stopped after epoch ${facts.epochs.length}: none of the last ${epochs?.patience} was better than epoch ${facts.best + 1}.`, "info")

  const weights = weightsNow()
  const trained: Trained = {
    weights, best: best ?? weights, curve: facts.curve, epochs: facts.epochs, steps: facts.step,
    rate: rateAt(settings.schedule, Math.max(facts.step - 1, 0), facts.schedule.rate), reductions: facts.schedule.reductions,
    state: settings.keepsState === true ? stateNow() : new Uint8Array()
  }
  return trained
})

/** As the tables spell it: testLoss is test_loss. */
const columnName = (field: string): string => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

const bestOf = (parameters: ReadonlyArray<Parameter>, tensors: Readonly<Record<string, Tensor>>): Weights =>
  new Map(parameters.map(({ initial, name }) => {
    const { data = initial } = tensors[bestPrefix + name] ?? {}
    return [name, data instanceof Float32Array ? data : initial]
  }))

const unreadable = (cause: unknown): StageError =>
  new StageError({ message: "The saved state of this training is of another one.", hint: "Delete the `checkpoints` folder of the results.", cause })

const foreign = (cause: unknown): StageError =>
  new StageError({ message: "The state that this training is to go on from is of another one.", hint: "It comes from a training of the same network with the same optimiser and `keep_state: true`.", cause })

const isFiniteTensor = ({ data }: Tensor): boolean =>
  data instanceof BigInt64Array || data.every(Number.isFinite)

const diverged = (loss: number, step: number, rate: number, savedStep: number): StageError =>
  new StageError({
    message: `The loss became ${loss} at step ${step}, with a learning rate of ${rate}.`,
    hint: `Use a smaller \`rate\`, or fewer \`steps\`.${savedStep === 0 ? "" : ` The last good state, after step ${savedStep}, is kept in \`checkpoints\`.`}`
  })

const engineFailure = (cause: unknown): EngineError =>
  cause instanceof EngineError ? cause : new EngineError({ message: `A training step did not run: ${cause instanceof Error ? cause.message : String(cause)}`, cause })
