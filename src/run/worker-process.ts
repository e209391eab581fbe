/** One worker process as its parent sees it: give it a task, abort it, kill it, and hear how it ended. */
import { fork } from "node:child_process"
import { randomBytes } from "node:crypto"
import { closeSync, openSync } from "node:fs"
import { killStarted, startOf, workerMark } from "../stage/leftovers.ts"
import type { StageEvent } from "../stage/protocol.ts"
import type { FromWorker, TaskReply, ToWorker, WorkerTask } from "./messages.ts"
import { copyPrinted, openTaskLog, printedSoFar } from "./task-log.ts"

/** The process ended without a word about its task. */
export interface WorkerDeath {
  readonly type: "died"
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface WorkerProcess {
  readonly number: number
  readonly pid: number
  readonly alive: boolean
  /** One task at a time. `onEnd` is called once. */
  run(task: WorkerTask, onEvent: (event: StageEvent) => void, onEnd: (end: TaskReply | WorkerDeath) => void): void
  abort(): void
  /** Kills the process and everything that it started. */
  kill(): void
  /** Stops them all where they are, until `resume`. */
  pause(): void
  resume(): void
  /** Resolves when an idle process is gone. */
  close(): Promise<void>
}

export interface WorkerOptions {
  /** The worker's program. */
  readonly program: string
  readonly cwd: string
  /** File for what the process prints outside of JavaScript. */
  readonly output: string
  /** Environment variables besides those of this process. */
  readonly variables: Readonly<Record<string, string>>
}

interface Job {
  readonly task: WorkerTask
  readonly printed: number
  readonly onEvent: (event: StageEvent) => void
  readonly onEnd: (end: TaskReply | WorkerDeath) => void
}

const isFromWorker = (message: unknown): message is FromWorker => typeof message === "object" && message !== null && "type" in message

export const startWorker = (number: number, options: WorkerOptions): WorkerProcess => {
  const output = openSync(options.output, "a+")
  const mark = randomBytes(8).toString("hex")
  const child = fork(options.program, [String(process.pid)], {
    cwd: options.cwd,
    env: { ...process.env, ...options.variables, [workerMark]: mark },
    // Its own group: a signal from the terminal reaches the parent only, and a kill reaches what the stage started.
    detached: true,
    stdio: ["ignore", output, output, "ipc"],
    serialization: "advanced",
    execArgv: []
  })
  const pid = child.pid ?? 0
  let alive = true
  let job: Job | undefined
  let death: WorkerDeath | undefined
  let gone: () => void = () => undefined
  const whenGone = new Promise<void>((resolve) => {
    gone = resolve
  })

  const signal = (name: NodeJS.Signals) => {
    try {
      if (pid > 0) process.kill(-pid, name)
    } catch {
      child.kill(name) // it has not become the leader of its group yet, or is gone
    }
  }
  const since = startOf(pid)
  const kill = () => {
    signal("SIGKILL")
    if (pid > 0) killStarted({ group: pid, mark, since })
  }
  const end = (result: TaskReply | WorkerDeath) => {
    const ended = job
    job = undefined
    if (ended === undefined) return
    if (result.type === "died") noteDeath(output, ended, result)
    ended.onEnd(result)
  }
  /** After its last message has been read, which may be later than its end. */
  const settle = () => {
    if (death === undefined || (child.connected && child.pid !== undefined)) return
    end(death)
    closeSync(output)
    gone()
  }
  const died = (result: WorkerDeath) => {
    if (death !== undefined) return
    alive = false
    death = result
    kill() // what it started
    settle()
  }

  child.on("message", (message: unknown) => {
    if (!isFromWorker(message)) return
    if (message.type === "events") {
      for (const event of message.events) job?.onEvent(event)
    } else end(message)
  })
  child.on("exit", (code, signal) => died({ type: "died", code, signal }))
  child.on("disconnect", settle)
  child.on("error", () => {
    if (child.pid === undefined) died({ type: "died", code: null, signal: null }) // it could not be started
  })

  const send = (message: ToWorker) => {
    // A failed send means that the process is ending; its exit is what counts.
    if (child.connected) child.send(message, () => undefined)
  }
  return {
    number,
    pid,
    get alive() {
      return alive
    },
    run: (task, onEvent, onEnd) => {
      job = { task, printed: alive ? printedSoFar(output) : 0, onEvent, onEnd }
      if (alive) send({ type: "task", task })
      else end(death ?? { type: "died", code: null, signal: null })
    },
    abort: () => send({ type: "abort" }),
    kill,
    pause: () => signal("SIGSTOP"),
    resume: () => signal("SIGCONT"),
    close: () => {
      if (alive && child.connected) child.disconnect()
      return whenGone
    }
  }
}

/** Writes the last words of a dead worker into its task's log. That may fail for what the worker died of, a full disk: then they are lost. */
const noteDeath = (output: number, { printed, task }: Job, death: WorkerDeath): void => {
  const log = openTaskLog(task.log)
  try {
    copyPrinted(output, printed, log)
    log.write(`${describeDeath(death)}\n`)
  } catch {
    return
  } finally {
    log.close()
  }
}

export const describeDeath = (death: WorkerDeath): string =>
  death.signal !== null ? `The worker was killed by ${death.signal}.`
  : death.code === null ? "The worker could not be started."
  : `The worker ended with exit code ${death.code} in the middle of the task.`
