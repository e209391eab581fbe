/**
 * Long-lived worker processes, started when there is something to run and kept for the next task. The scheduler never asks
 * for more tasks at once than there are jobs, so neither are there more processes. A process that dies takes its task with it
 * and nothing else.
 */
import { Effect, Schema, type Scope } from "effect"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import type { StageEvent } from "../stage/protocol.ts"
import { storeError, type StoreError } from "../store/error.ts"
import type { TaskReply, WorkerTask } from "./messages.ts"
import { tailOf } from "./task-log.ts"
import { describeDeath, startWorker, type WorkerDeath, type WorkerProcess } from "./worker-process.ts"

/** The process that ran a task ended: a crash in native code, a kill, `process.exit` in a stage. */
export class WorkerDied extends Schema.TaggedError<WorkerDied>()("WorkerDied", {
  message: Schema.String,
  hint: Schema.String,
  /** By SIGKILL: by the system, as a rule. */
  killed: Schema.Boolean
}) {}

export interface PoolOptions {
  /** The worker's program (worker.ts, or what was bundled from it). */
  readonly program: string
  /** Working folder of the workers: the project's. */
  readonly cwd: string
  /** Folder, not existing yet, for what the workers print outside of JavaScript. */
  readonly folder: string
  /** How long an aborted task may take to clean up. */
  readonly graceMs?: number
}

export interface Pool {
  /** Interruption aborts the task, and kills its process when it does not heed that. `onStart` is told the worker's number. */
  run(task: WorkerTask, onStart: (worker: number) => void, onEvent: (event: StageEvent) => void): Effect.Effect<TaskReply, WorkerDied | StoreError>
}

const defaultGraceMs = 5_000
/** How long an idle process may take to leave. */
const closeMs = 1_000

/** The processes end with the scope. */
export const makePool = (options: PoolOptions): Effect.Effect<Pool, never, Scope.Scope> =>
  Effect.map(Effect.acquireRelease(Effect.sync(() => new Set<WorkerProcess>()), closeAll), (workers) => {
    const idle: Array<WorkerProcess> = []
    const freeNumbers: Array<number> = []
    let started = 0

    const take = (): WorkerProcess => {
      for (let worker = idle.pop(); worker !== undefined; worker = idle.pop()) {
        if (worker.alive) return worker
        forget(worker)
      }
      if (started === 0) mkdirSync(options.folder, { recursive: true })
      const number = freeNumbers.pop() ?? ++started
      const worker = startWorker(number, { program: options.program, cwd: options.cwd, output: join(options.folder, `worker-${number}.out`) })
      workers.add(worker)
      return worker
    }
    const forget = (worker: WorkerProcess) => {
      if (workers.delete(worker)) freeNumbers.push(worker.number)
    }
    const giveBack = (worker: WorkerProcess) => {
      if (worker.alive) idle.push(worker)
      else forget(worker)
    }

    return {
      run: (task, onStart, onEvent) =>
        Effect.flatMap(Effect.try({ try: take, catch: (cause) => storeError("start a worker in", options.folder, cause) }), (worker) => Effect.callback<TaskReply, WorkerDied>((resume) => {
          let ended = false
          let onAborted: () => void = () => undefined
          onStart(worker.number)
          worker.run(task, onEvent, (end) => {
            ended = true
            giveBack(worker)
            onAborted()
            resume(end.type === "died" ? Effect.fail(workerDied(end, task.log)) : Effect.succeed(end))
          })
          return Effect.callback<void>((stopped) => {
            if (ended) return stopped(Effect.void)
            const timer = setTimeout(worker.kill, options.graceMs ?? defaultGraceMs)
            onAborted = () => {
              clearTimeout(timer)
              stopped(Effect.void)
            }
            worker.abort()
          })
        }))
    }
  })

const closeAll = (workers: Set<WorkerProcess>): Effect.Effect<void> =>
  Effect.promise(async () => {
    const timer = setTimeout(() => workers.forEach((worker) => worker.kill()), closeMs)
    await Promise.all([...workers].map((worker) => worker.close()))
    clearTimeout(timer)
  })

const workerDied = (death: WorkerDeath, log: string): WorkerDied => {
  const tail = tailOf(log, 5)
  const lastWords = tail === "" || tail === describeDeath(death) ? "" : ` Its last words:\n${tail}`
  return new WorkerDied({
    message: describeDeath(death) + lastWords,
    killed: death.signal === "SIGKILL",
    hint: death.signal === "SIGKILL"
      ? "Most often the machine ran out of memory: try fewer --jobs, or declare `resources: { memory: ... }` for the stage."
      : death.signal !== null ? "Native code crashed. Run it again; if it fails the same way, the log is what its developers need."
      : "A stage must return or fail, not end the process."
  })
}
