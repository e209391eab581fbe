/**
 * The scheduler's loop. One fiber owns all state: it decides what is cached, starts what has to run where there is room, and
 * waits for messages of what ends. Only running tasks are fibers, so that a plan of ten thousand costs ten thousand steps.
 */
import { Cause, Effect, Exit, FiberSet, Option, Queue, type Scope } from "effect"
import type { Plan, PlannedTask } from "../plan/plan.ts"
import { storeError, type StoreError } from "../store/error.ts"
import type { ActionRecord } from "../store/layout.ts"
import type { StoreShape } from "../store/store.ts"
import { delayAfter, type FailureKind, isTriedAgain } from "../spec/retry.ts"
import { attemptTask, CorruptInputs } from "./attempt.ts"
import { decide, reasonOf, stageOf, type DecideOptions, type Decision } from "./decide.ts"
import { describePoint, type RunEvent } from "./events.ts"
import { namesOf, TaskFailure } from "./failure.ts"
import type { Gpus, GpuPool } from "./gpus.ts"
import type { History } from "./history.ts"
import type { Pool } from "./pool.ts"
import { giveBack, shareOf, take, type Resources, type Share } from "./resources.ts"
import { type Metrics, openSearchGate } from "./search-gate.ts"
import { makeStartQueue } from "./start-queue.ts"
import { openTaskLog } from "./task-log.ts"
import { needsOf, startWalk, type TaskOutputs } from "./walk.ts"
import { noGraphicsCard, noMetric, tookMoreMemory } from "./warnings.ts"
import { makeWorkspaces } from "./workspaces.ts"

/** After a failed task: `continue` runs what does not depend on it, `stop` starts nothing more, `kill` aborts what runs, too. */
export type FailureMode = "continue" | "stop" | "kill"

export interface Failure {
  readonly task: string
  readonly stage: string
  /** Where in the sweeps. */
  readonly point: string
  readonly message: string
  readonly hint?: string
  readonly kind: FailureKind
  readonly log: string
}

export interface Drive {
  readonly store: StoreShape
  readonly plan: Plan
  readonly deciding: DecideOptions
  readonly history: History
  readonly pool: Pool
  readonly capacity: Resources
  /** The graphics cards; `capacity.gpus` is one where there are none. */
  readonly gpus: GpuPool
  readonly failureMode: FailureMode
  readonly project: string
  readonly logOf: (task: string) => string
  readonly producer: Effect.Effect<ActionRecord["producer"]>
  readonly inbox: Queue.Queue<Message>
  /** Never throws. */
  readonly emit: (event: RunEvent) => void
}

/** Work on one fingerprint. */
interface Entry {
  readonly task: PlannedTask
  readonly decision: Extract<Decision, { readonly kind: "run" }>
  readonly share: Share
  attempt: number
  /** While it runs. */
  gpus: Gpus
  /** Other tasks of the plan that turned out to be the same work. */
  readonly followers: Array<PlannedTask>
}

type AttemptError = TaskFailure | CorruptInputs | StoreError

export type Message =
  | { readonly type: "ended"; readonly entry: Entry; readonly exit: Exit.Exit<ActionRecord, AttemptError> }
  | { readonly type: "retry"; readonly entry: Entry }
  /** Time to see what other processes have done. */
  | { readonly type: "look-around" }
  | { readonly type: "broken"; readonly error: StoreError }

export interface Driven {
  readonly failures: ReadonlyArray<Failure>
  readonly outputs: ReadonlyMap<string, TaskOutputs>
}

/** How often a task that another process has claimed is looked at. */
const lookMs = 200
/** So many tasks are decided before the scheduler looks at what has ended. */
const portion = 256
/** How often an object may be made anew before the disk is to blame. */
const repairs = 2

export const drive = Effect.fn("drive")(function*(options: Drive): Effect.fn.Return<Driven, StoreError, Scope.Scope> {
  const { deciding, emit, history, inbox, plan, store } = options
  const walk = startWalk(plan)
  const workspaces = makeWorkspaces(store)
  const fibers = yield* FiberSet.make<void>()
  const queue = makeStartQueue<Entry>()
  const inFlight = new Map<string, Entry>()
  const elsewhere = new Set<Entry>()
  const failures: Array<Failure> = []
  /** Results of this run by fingerprint, where the store is not asked: with `force`. */
  const fresh = new Map<string, ActionRecord>()
  /** Tasks behind one that ran and gave what it gave before. */
  const unchanged = new Set<string>()
  const codeKept = new Set<string>()
  const repaired = new Map<string, number>()
  let free = options.capacity
  const running = new Set<Entry>()
  const gate = openSearchGate(plan, {
    onMissing: (id, metric, reported) => {
      const task = plan.tasks.find((each) => each.id === id)
      if (task !== undefined) warn(task, noMetric(metric, reported))
    }
  })
  let delayed = 0
  let looking = false
  /** The failed task because of which nothing more is started. */
  let stoppedBy: string | undefined

  const later = (delayMs: number, message: Message) =>
    FiberSet.run(fibers, Effect.andThen(Effect.sleep(delayMs), Effect.sync(() => void Queue.offerUnsafe(inbox, message))))

  /** What a search needs to know of a task that has ended; tasks that it goes on with are taken again. */
  const tellSearch = (task: string, metrics: Metrics | undefined) => {
    for (const { id } of gate.settle(task, metrics)) walk.putBack(id)
  }

  // --- tasks that need not run

  const settleCached = (task: PlannedTask, action: ActionRecord) => {
    const kept = needsOf(task).some((id) => unchanged.has(id))
    if (kept) unchanged.add(task.id)
    const { fingerprint, outputs, producer } = action
    emit({ type: "task-cached", at: Date.now(), task: task.id, stage: task.stage, fingerprint, outputs, producer: producer.run, kept })
    walk.finish(task.id, outputs)
    tellSearch(task.id, action.metrics ?? {})
  }

  const settleEntry = (entry: Entry, action: ActionRecord) => {
    inFlight.delete(entry.decision.fingerprint)
    for (const task of [entry.task, ...entry.followers]) settleCached(task, action)
  }

  /** Decides tasks that have their inputs, a portion of them; true: there are more. Meanwhile others have ended, and cores wait for work. */
  const admit = Effect.fnUntraced(function*() {
    for (let decided = 0; decided < portion; decided++) {
      const task = walk.take()
      if (task === undefined) return false
      if (!gate.isOpen(task.id)) {
        gate.hold(task)
        continue
      }
      const decision = yield* decide(store, deciding, walk, task)
      if (decision.kind === "cached") {
        settleCached(task, decision.action)
        continue
      }
      const made = fresh.get(decision.fingerprint)
      const same = inFlight.get(decision.fingerprint)
      if (made !== undefined) settleCached(task, made)
      else if (same !== undefined) same.followers.push(task)
      else {
        const entry: Entry = { task, decision, share: shareOf(task, options.capacity), attempt: 1, gpus: [], followers: [] }
        inFlight.set(decision.fingerprint, entry)
        queue.add(entry, entry.share, walk.order(task.id))
        if (running.size < options.capacity.cpus) yield* startNext() // no need to have seen the whole plan
      }
    }
    return true
  })

  // --- tasks that run

  /** Starts the next task for which there is room; false where there is none. */
  const startNext: () => Effect.Effect<boolean, StoreError> = Effect.fnUntraced(function*() {
    const next = stoppedBy === undefined ? queue.next(free) : undefined
    if (next === undefined) return false
    const entry = next.item
    if (yield* isOurs(entry)) yield* launch(entry)
    return true
  })

  /** Takes the lease on an entry. Where another process has it or has just finished the work, the entry is dealt with. */
  const isOurs = Effect.fnUntraced(function*(entry: Entry) {
    const { cause, fingerprint } = entry.decision
    if (cause.kind === "volatile") return true
    if (!(yield* store.claim(fingerprint))) {
      elsewhere.add(entry)
      if (!looking) yield* later(lookMs, { type: "look-around" })
      looking = true
      return false
    }
    if (cause.kind === "forced") return true
    const found = yield* store.lookup(fingerprint)
    if (found.kind !== "hit") return true
    yield* store.release(fingerprint)
    settleEntry(entry, found.action)
    return false
  })

  const launch = Effect.fnUntraced(function*(entry: Entry) {
    const { decision, share, task } = entry
    const { fingerprint, record } = decision
    const stage = stageOf(deciding.stages, task)
    const reason = yield* reasonOf(decision, history)
    if (!codeKept.has(stage.code)) yield* store.keepCodeFiles(stage.code, stage.files)
    codeKept.add(stage.code)
    free = take(free, share)
    entry.gpus = options.gpus.take(share.gpus)
    const { gpus } = entry
    running.add(entry)
    const about = { task: task.id, stage: task.stage }
    const point = describePoint(task.coordinates)
    const attempt = attemptTask(store, options.pool, workspaces, {
      task,
      fingerprint,
      record,
      stage,
      outputsOf: walk.outputs,
      project: options.project,
      engine: deciding.engine,
      gpus,
      log: options.logOf(task.id),
      producer: options.producer,
      onStart: (worker) => {
        emit({ type: "task-started", at: Date.now(), ...about, fingerprint, worker, attempt: entry.attempt, ...(point === "" ? {} : { point }), reason, ...(gpus.length === 0 ? {} : { gpus }) })
        if (entry.attempt > 1) return
        if (share.warning !== undefined) warn(task, share.warning)
        if (share.gpus > gpus.length) warn(task, noGraphicsCard)
      },
      onEvent: (event) => emit({ type: "task-event", at: Date.now(), ...about, event })
    })
    yield* FiberSet.run(fibers, attempt.pipe(
      Effect.ensuring(Effect.ignore(store.release(fingerprint))),
      Effect.exit,
      Effect.map((exit) => void Queue.offerUnsafe(inbox, { type: "ended", entry, exit }))
    ))
  })

  const warn = (task: PlannedTask, message: string) =>
    emit({ type: "task-event", at: Date.now(), task: task.id, stage: task.stage, event: { type: "log", level: "warn", message } })

  // --- how tasks end

  const succeeded = Effect.fnUntraced(function*(entry: Entry, action: ActionRecord) {
    const { task } = entry
    const { fingerprint, outputs, wallMs } = action
    inFlight.delete(fingerprint)
    if (deciding.force) fresh.set(fingerprint, action)
    const outgrown = tookMoreMemory(task, action)
    if (outgrown !== undefined) warn(task, outgrown)
    const identical = yield* history.cameOutAsBefore(task, outputs)
    if (identical) unchanged.add(task.id)
    emit({ type: "task-finished", at: Date.now(), task: task.id, stage: task.stage, fingerprint, outputs, wallMs, identical })
    walk.finish(task.id, outputs)
    tellSearch(task.id, action.metrics ?? {})
    for (const follower of entry.followers) settleCached(follower, action)
  })

  const failed = Effect.fnUntraced(function*(entry: Entry, error: TaskFailure) {
    const { retry } = entry.task.declaration
    const willRetry = stoppedBy === undefined && isTriedAgain(retry, entry.attempt, namesOf(error))
    // The worker has written down what it knew of; of these it was not told.
    if (error.kind === "timeout" || error.kind === "out-of-memory") yield* noteInLog(entry, error.message)
    const delayMs = willRetry ? delayAfter(retry, entry.attempt, Number.parseInt(entry.decision.fingerprint.slice(0, 8), 16)) * 1000 : 0
    const fail = (task: PlannedTask) => {
      const failure: Failure = {
        task: task.id,
        stage: task.stage,
        point: describePoint(task.coordinates),
        message: error.message,
        ...(error.hint === undefined ? {} : { hint: error.hint }),
        kind: error.kind,
        log: options.logOf(entry.task.id)
      }
      emit({ type: "task-failed", at: Date.now(), attempt: entry.attempt, willRetry, ...(willRetry ? { delayMs } : {}), ...failure })
      if (willRetry) return
      failures.push(failure)
      const behind = walk.fail(task.id)
      for (const skipped of behind) {
        if (gate.isOpen(skipped.id)) skip(skipped, task.id)
        else prune(skipped)
      }
      for (const each of [task, ...behind]) tellSearch(each.id, undefined)
    }
    if (willRetry) {
      fail(entry.task)
      entry.attempt++
      delayed++
      yield* noteInLog(entry, `--- attempt ${entry.attempt} of ${retry.times + 1} ---`)
      yield* later(delayMs, { type: "retry", entry })
      return
    }
    inFlight.delete(entry.decision.fingerprint)
    for (const task of [entry.task, ...entry.followers]) fail(task)
    if (options.failureMode === "continue") return
    stoppedBy ??= entry.task.id
    if (options.failureMode === "kill") {
      yield* FiberSet.clear(fibers)
      running.clear()
      delayed = 0
    }
  })

  /** Among what the task itself prints. */
  const noteInLog = ({ task: { id } }: Entry, line: string) => Effect.try({
    try: () => {
      const log = openTaskLog(options.logOf(id))
      log.write(`${line}\n`)
      log.close()
    },
    catch: (cause) => storeError("write", options.logOf(id), cause)
  })

  const skip = (task: PlannedTask, because: string) =>
    emit({ type: "task-skipped", at: Date.now(), task: task.id, stage: task.stage, because })

  const prune = (task: PlannedTask) => emit({ type: "task-pruned", at: Date.now(), task: task.id, stage: task.stage })

  /** Sets corrupt inputs aside and has their tasks run again, and then this one. */
  const repair = Effect.fnUntraced(function*(entry: Entry, digests: ReadonlyArray<string>) {
    const damaged = new Set<string>()
    for (const digest of digests) {
      // It may have been mended since: by the task itself, or by another process.
      if ((yield* store.verify(digest)) === "intact") continue
      const times = repaired.get(digest) ?? 0
      if (times >= repairs) {
        const message = `Its input ${digest} does not read as it was written, again and again.`
        return yield* failed(entry, new TaskFailure({ kind: "error", message, hint: "Check the disk (and the memory) of this machine." }))
      }
      repaired.set(digest, times + 1)
      damaged.add(digest)
      yield* store.setAside(digest)
    }
    inFlight.delete(entry.decision.fingerprint)
    for (const id of needsOf(entry.task)) {
      const outputs = walk.outputs(id)
      const bad = Object.entries(outputs ?? {}).find(([, stored]) => damaged.has(stored.digest))
      if (bad === undefined) continue
      warn(entry.task, `Its input ${bad[0]} (${bad[1].digest.slice(0, 10)}) of ${id} is corrupt. It was set aside, and ${id} runs again.`)
      walk.reopen(id)
      for (const [fingerprint, action] of fresh) if (action.outputs === outputs) fresh.delete(fingerprint)
    }
    for (const task of [entry.task, ...entry.followers]) walk.putBack(task.id)
  })

  const lookAround = Effect.fnUntraced(function*() {
    looking = false
    for (const entry of elsewhere) {
      const found = yield* store.lookup(entry.decision.fingerprint)
      if (found.kind === "hit" && entry.decision.cause.kind !== "forced") {
        elsewhere.delete(entry)
        settleEntry(entry, found.action)
      } else if (yield* store.claim(entry.decision.fingerprint)) {
        // The other process gave up, or is gone. Taken again when there is room.
        yield* store.release(entry.decision.fingerprint)
        elsewhere.delete(entry)
        queue.add(entry, entry.share, walk.order(entry.task.id))
      }
    }
    if (elsewhere.size === 0) return
    looking = true
    yield* later(lookMs, { type: "look-around" })
  })

  const handle = Effect.fnUntraced(function*(message: Message) {
    switch (message.type) {
      case "broken":
        return yield* Effect.fail(message.error)
      case "look-around":
        return yield* lookAround()
      case "retry":
        delayed--
        if (stoppedBy === undefined) queue.add(message.entry, message.entry.share, walk.order(message.entry.task.id))
        else yield* failed(message.entry, new TaskFailure({ kind: "error", message: `It was not tried again, because ${stoppedBy} failed.` }))
        return
      case "ended": {
        const { entry, exit } = message
        if (!running.delete(entry)) return // killed meanwhile
        free = giveBack(free, entry.share)
        options.gpus.giveBack(entry.gpus)
        if (Exit.isSuccess(exit)) return yield* succeeded(entry, exit.value)
        const error = Option.getOrUndefined(Cause.findErrorOption(exit.cause))
        if (error instanceof CorruptInputs) return yield* repair(entry, error.digests)
        if (error instanceof TaskFailure) return yield* failed(entry, error)
        if (error !== undefined) return yield* Effect.fail(error)
        return yield* Effect.die(Cause.squash(exit.cause))
      }
    }
  })

  for (;;) {
    for (let more = true; more;) {
      more = stoppedBy === undefined && (yield* admit())
      // What is started may turn out to be done already, and others can be decided.
      while (yield* startNext()) more = true
      if (more) for (const message of yield* Queue.clear(inbox)) yield* handle(message)
    }
    if (running.size === 0 && delayed === 0 && (stoppedBy !== undefined || (elsewhere.size === 0 && queue.size === 0))) break
    for (const message of yield* Queue.takeAll(inbox)) yield* handle(message)
  }
  if (stoppedBy === undefined) for (const task of [...gate.held(), ...walk.untaken()]) prune(task)
  else {
    const entries = [...queue.drain(), ...elsewhere]
    for (const task of [...entries.flatMap((entry) => [entry.task, ...entry.followers]), ...gate.held(), ...walk.untaken()]) skip(task, stoppedBy)
  }
  const outputs = plan.tasks.flatMap((task) => {
    const left = walk.outputs(task.id)
    return left === undefined ? [] : [[task.id, left] as const]
  })
  return { failures, outputs: new Map(outputs) }
})
