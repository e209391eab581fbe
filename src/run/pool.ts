/**
 * Long-lived worker processes, started when there is something to run and kept for the next task. The scheduler never asks
 * for more tasks at once than there are jobs, so neither are there more processes at work. A process that dies takes its task with it
 * and nothing else.
 */
import { Effect, type Scope } from "effect"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { killsForMemory } from "../stage/kernel-kills.ts"
import type { StageEvent } from "../stage/protocol.ts"
import { storeError, type StoreError } from "../store/error.ts"
import type { Control } from "./control.ts"
import { outgrew, type TaskFailure } from "./failure.ts"
import { type Gpus, gpuVariables } from "./gpus.ts"
import { ownMemory, watchMemory } from "./memory.ts"
import type { TaskReply, WorkerTask } from "./messages.ts"
import { failureOf } from "./worker-death.ts"
import { startWorker, type WorkerDeath, type WorkerProcess } from "./worker-process.ts"

export interface PoolOptions {
  /** The worker's program (worker.ts, or what was bundled from it). */
  readonly program: string
  /** Working folder of the workers: the project's. */
  readonly cwd: string
  /** Folder, not existing yet, for what the workers print outside of JavaScript. */
  readonly folder: string
  /** How long an aborted task may take to clean up. */
  readonly graceMs?: number
  readonly control?: Control | undefined
}

/** A task with what holds for its process. */
export interface PoolTask extends WorkerTask {
  /** What it declares; a process that takes more with all that it started is ended. */
  readonly memoryMiB?: number | undefined
}

export interface Pool {
  /** Interruption aborts the task, and kills its process when it does not heed that. `onStart` is told the worker's number. */
  run(task: PoolTask, onStart: (worker: number) => void, onEvent: (event: StageEvent) => void): Effect.Effect<TaskReply, TaskFailure | StoreError>
}

const defaultGraceMs = 5_000
/** How long an idle process may take to leave. */
const closeMs = 1_000
/** What an idle process may still hold of what the next task may take, in bytes, before a fresh one takes its place: half of it, or less where
 * that is more than a process with its libraries needs. */
const mostLeft = (limit: number): number => Math.min(limit / 2, Math.max(256 * 2 ** 20, limit / 4))
/** How many idle processes that see other cards are kept for their like. */
const spare = 2

interface Member {
  readonly process: WorkerProcess
  /** The cards that the process sees as its own, fixed when it was started. */
  readonly gpus: string
}

/** The processes end with the scope. */
export const makePool = (options: PoolOptions): Effect.Effect<Pool, never, Scope.Scope> =>
  Effect.map(Effect.acquireRelease(Effect.sync(() => listening(options.control)), closeAll), ({ members }) => {
    const idle: Array<Member> = []
    const freeNumbers: Array<number> = []
    let started = 0
    let kills = killsForMemory()
    /** Since the last time that this was asked. */
    const kernelHasKilled = (): boolean => {
      const before = kills
      kills = killsForMemory()
      return kills !== before
    }

    const start = (gpus: Gpus): Member => {
      if (started === 0) mkdirSync(options.folder, { recursive: true })
      const number = freeNumbers.pop() ?? ++started
      const process = startWorker(number, {
        program: options.program,
        cwd: options.cwd,
        output: join(options.folder, `worker-${number}.out`),
        variables: gpus.length === 0 ? {} : gpuVariables(gpus)
      })
      const member = { process, gpus: gpus.join(",") }
      members.add(member)
      return member
    }
    const take = ({ memoryMiB = Infinity, request: { gpus = [] } }: PoolTask): Member => {
      for (const member of idle.filter(({ process }) => !process.alive)) forget(member)
      const fitting = idle.findLast((member) => member.gpus === gpus.join(","))
      if (fitting !== undefined && (memoryMiB === Infinity || ownMemory(fitting.process.pid) < mostLeft(memoryMiB * 2 ** 20))) {
        idle.splice(idle.indexOf(fitting), 1)
        return fitting
      }
      const [useless] = fitting !== undefined ? [fitting] : idle.length >= spare ? idle : []
      if (useless !== undefined) retire(useless)
      return start(gpus)
    }
    const retire = (member: Member) => {
      idle.splice(idle.indexOf(member), 1)
      void member.process.close().then(() => forget(member))
    }
    const forget = (member: Member) => {
      if (idle.includes(member)) idle.splice(idle.indexOf(member), 1)
      if (members.delete(member)) freeNumbers.push(member.process.number)
    }
    const giveBack = (member: Member) => {
      if (member.process.alive) idle.push(member)
      else forget(member)
    }

    return {
      run: (task, onStart, onEvent) =>
        Effect.flatMap(Effect.try({ try: () => take(task), catch: (cause) => storeError("start a worker in", options.folder, cause) }), (member) => Effect.callback<TaskReply, TaskFailure>((resume) => {
          const { process } = member
          let ended = false
          let outgrown: TaskFailure | undefined
          let onAborted: () => void = () => undefined
          onStart(process.number)
          const { memoryMiB = Infinity } = task
          const memory = watchMemory(process.pid, memoryMiB * 2 ** 20, (bytes) => {
            outgrown = outgrew(bytes, memoryMiB)
            process.kill()
          })
          const resultOf = (end: TaskReply | WorkerDeath, peakBytes: number): Effect.Effect<TaskReply, TaskFailure> => {
            if (end.type === "died") return Effect.fail(outgrown ?? failureOf(end, task.log, kernelHasKilled()))
            if (end.type !== "done") return Effect.succeed(end)
            return Effect.succeed({ ...end, use: { ...end.use, peakMemoryBytes: Math.max(end.use.peakMemoryBytes, peakBytes) } })
          }
          process.run(task, onEvent, (end) => {
            ended = true
            const peakBytes = memory.stop()
            giveBack(member)
            onAborted()
            resume(resultOf(end, peakBytes))
          })
          return Effect.callback<void>((stopped) => {
            if (ended) return stopped(Effect.void)
            const timer = setTimeout(process.kill, options.graceMs ?? defaultGraceMs)
            onAborted = () => {
              clearTimeout(timer)
              stopped(Effect.void)
            }
            process.abort()
          })
        }))
    }
  })

interface Listening {
  readonly members: Set<Member>
  readonly deafen: () => void
}

/** The processes, which do what they are told from outside. */
const listening = (control: Control | undefined): Listening => {
  const members = new Set<Member>()
  const deafen = control?.hear((command) => {
    for (const { process } of members) process[command === "hurry" ? "kill" : command]()
  })
  return { members, deafen: deafen ?? (() => undefined) }
}

const closeAll = ({ deafen, members }: Listening): Effect.Effect<void> =>
  Effect.promise(async () => {
    const timer = setTimeout(() => members.forEach(({ process }) => process.kill()), closeMs)
    await Promise.all([...members].map(({ process }) => process.close()))
    clearTimeout(timer)
    deafen()
  })
