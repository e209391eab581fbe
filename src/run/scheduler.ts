/**
 * Runs a plan: keeps a record of the run, starts workers when there is something for them to do, and reports everything that
 * happens as events. How the plan is walked is in drive.ts.
 */
import { existsSync } from "node:fs"
import { hostname, totalmem } from "node:os"
import { fileURLToPath } from "node:url"
import { Cause, Effect, Exit, Queue } from "effect"
import type { Engine } from "../plan/fingerprint.ts"
import type { Plan } from "../plan/plan.ts"
import type { JsonObject } from "../stage/json.ts"
import { storeError, type StoreError } from "../store/error.ts"
import { Store } from "../store/store.ts"
import type { Control } from "./control.ts"
import type { RunnableStage } from "./decide.ts"
import { drive, type Drive, type Failure, type FailureMode, type Message } from "./drive.ts"
import type { RunEnvironment } from "./environment.ts"
import type { RunCounts, RunEvent } from "./events.ts"
import { findGpus, type Gpus, makeGpuPool } from "./gpus.ts"
import { openHistory } from "./history.ts"
import { makePool } from "./pool.ts"
import { makeRecorder } from "./recorder.ts"
import { makeTally } from "./tally.ts"
import type { TaskOutputs } from "./walk.ts"

export interface RunOptions {
  readonly plan: Plan
  /** By the name that tasks use. */
  readonly stages: ReadonlyMap<string, RunnableStage>
  readonly engine: Engine
  /** Absolute. */
  readonly project: string
  /** How many cpus tasks may use at once. */
  readonly jobs: number
  /** Graphics cards to hand out, by name; those that are found unless given. */
  readonly gpus?: Gpus
  /** How much there is of what stages name under `resources.others`; one of what is not named here. */
  readonly others?: Readonly<Record<string, number>>
  readonly failureMode: FailureMode
  /** Runs everything again, whatever the store has. */
  readonly force?: boolean
  /** Called at once and in order; must not throw. */
  readonly onEvent?: (event: RunEvent) => void
  /** As the user typed it. */
  readonly command: ReadonlyArray<string>
  readonly overrides: JsonObject
  readonly environment: RunEnvironment
  /** For reaching into what runs. */
  readonly control?: Control
  /** The worker's program, where it does not lie beside this module. */
  readonly worker?: string
}

export interface RunResult {
  readonly run: string
  /** Of the run's record. */
  readonly folder: string
  readonly status: "succeeded" | "failed"
  readonly counts: RunCounts
  readonly wallMs: number
  readonly failures: ReadonlyArray<Failure>
  /** Of every task that is done, by its id. */
  readonly outputs: ReadonlyMap<string, TaskOutputs>
}

const flushMs = 250

/**
 * Runs what is not in the store yet. Failed tasks are no failure of this Effect: they are in the result. Interruption aborts what
 * is running, records the run as interrupted and leaves no process behind; running the plan again goes on where this one was.
 */
export const runPlan = Effect.fn("runPlan")(function*(options: RunOptions): Effect.fn.Return<RunResult, StoreError, Store> {
  const store = yield* Store
  const { plan } = options
  const startedAt = Date.now()
  const began = performance.now()
  const open = yield* store.createRun({
    pipeline: plan.pipeline.name,
    file: plan.pipeline.source.file,
    command: options.command,
    overrides: options.overrides,
    environment: options.environment.record,
    total: plan.tasks.length
  }, startedAt)
  const inbox = yield* Queue.unbounded<Message>()
  const recorder = makeRecorder(open, plan.tasks)
  const tally = makeTally(plan.tasks.length)

  // Events come from timers and from workers' messages too, where an exception would reach nobody.
  const guarded = (action: () => void) => {
    try {
      action()
    } catch (cause) {
      Queue.offerUnsafe(inbox, { type: "broken", error: storeError("write", open.paths.folder, cause) })
    }
  }
  const emit = (event: RunEvent) => {
    tally.event(event)
    guarded(() => recorder.event(event))
    options.onEvent?.(event)
  }

  const finish = (status: "succeeded" | "failed" | "interrupted") =>
    Effect.try({
      try: () => {
        const at = Date.now()
        const counts = tally.counts()
        emit({ type: "run-finished", at, run: open.id, status, counts, wallMs: performance.now() - began })
        open.finish(status, counts, at)
      },
      catch: (cause) => storeError("write", open.paths.folder, cause)
    })

  const walked = Effect.gen(function*() {
    yield* Effect.acquireRelease(
      Effect.sync(() => setInterval(() => guarded(open.flush), flushMs).unref()),
      (timer) => Effect.sync(() => clearInterval(timer))
    )
    yield* Effect.try({ try: () => open.plan(planRecord(plan)), catch: (cause) => storeError("write", open.paths.plan, cause) })
    const dirty = yield* Effect.cached(options.environment.dirty.pipe(
      Effect.tap((value) => Effect.sync(() => guarded(() => open.environment({ dirty: value }))))
    ))
    const host = hostname()
    const gpus = options.gpus ?? findGpus(process.env)
    const driving: Drive = {
      store,
      plan,
      deciding: { stages: options.stages, engine: options.engine, force: options.force ?? false },
      history: yield* openHistory(store, plan.pipeline.name, options.stages, open.id),
      pool: yield* makePool({ program: options.worker ?? besideThis(), cwd: options.project, folder: yield* store.workspace("workers"), control: options.control }),
      capacity: { cpus: options.jobs, gpus: Math.max(1, gpus.length), memoryMiB: totalmem() / 1_048_576, ...(options.others === undefined ? {} : { others: options.others }) },
      gpus: makeGpuPool(gpus),
      failureMode: options.failureMode,
      project: options.project,
      logOf: open.paths.log,
      producer: Effect.map(dirty, (value) => ({ run: open.id, host, commit: options.environment.commit, dirty: value })),
      inbox,
      emit
    }
    if (gpus.length > 0) guarded(() => open.environment({ gpus }))
    emit({
      type: "run-started",
      at: startedAt,
      run: open.id,
      pipeline: plan.pipeline.name,
      tasks: plan.tasks.length,
      points: pointsOf(plan),
      stages: countBy(plan.tasks.map(({ stage }) => stage))
    })
    return yield* drive(driving)
  }).pipe(Effect.scoped)

  const driven = yield* walked.pipe(
    Effect.onExit((exit) =>
      Exit.isSuccess(exit) ? Effect.void : Effect.ignore(finish(Cause.hasInterruptsOnly(exit.cause) ? "interrupted" : "failed")))
  )
  const status = driven.failures.length === 0 ? "succeeded" : "failed"
  yield* finish(status)
  return { run: open.id, folder: open.paths.folder, status, counts: tally.counts(), wallMs: performance.now() - began, ...driven }
})

/** worker.ts when the sources run, what was bundled from it otherwise. */
const besideThis = (): string => {
  const source = fileURLToPath(new URL("./worker.ts", import.meta.url))
  return existsSync(source) ? source : fileURLToPath(new URL("./worker.mjs", import.meta.url))
}

const countBy = (names: ReadonlyArray<string>): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

/** The places of the stage that is used at the most places. */
const pointsOf = (plan: Plan): number => {
  const points: Record<string, number> = {}
  for (const { coordinates, stage } of plan.tasks) points[stage] = (points[stage] ?? 0) + coordinates.length
  return Math.max(0, ...Object.values(points))
}

/** `plan.json`: the file as it was, and how the tasks feed each other; what each task is stands in tasks.ndjson. */
const planRecord = (plan: Plan) => ({
  version: 1,
  text: plan.pipeline.source.text,
  axes: plan.axes,
  asked: plan.asked,
  tasks: plan.tasks.map(({ id, inputs, stage }) => ({ id, stage, inputs }))
})
