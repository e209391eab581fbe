/**
 * The worker process: runs one task after another for the pool that started it, each in the stage's own bundle. It loads
 * nothing but Node, so that it starts in some 50 ms; a stage's bundle is loaded once. It dies with its parent.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { dirname } from "node:path"
import { pathToFileURL } from "node:url"
import type { StageEvent, StageInterface, StageOutcome, TaskRequest } from "../stage/protocol.ts"
import { hasCode, remedyFor } from "../store/remedy.ts"
import { digestFile, sealFile, worthFlushingMs } from "../store/seal.ts"
import { makeEventGate, type EventGate } from "./event-gate.ts"
import type { FromWorker, SealedOutput, TaskReply, ToWorker, WorkerTask } from "./messages.ts"
import { copyPrinted, openTaskLog, printedSoFar, type TaskLog } from "./task-log.ts"
import { sourceStack } from "./source-stack.ts"
import { killOwnGroup, startWatchdog } from "./watchdog.ts"

const stdout = 1

/** The task being run. */
interface Current {
  readonly log: TaskLog
  readonly abort: AbortController
  readonly gate: EventGate
}
let current: Current | undefined

const send = (message: FromWorker): void => {
  process.send?.(message)
}

// --- stages

const stages = new Map<string, Promise<StageInterface>>()

const isStage = (value: unknown): value is StageInterface =>
  typeof value === "object" && value !== null && "execute" in value && typeof value.execute === "function"

const loadStage = (bundle: string): Promise<StageInterface> => {
  const loaded = stages.get(bundle) ?? import(pathToFileURL(bundle).href).then((module: { readonly default?: unknown }) => {
    if (!isStage(module.default)) throw new Error(`${bundle} does not export a stage.`)
    return module.default
  })
  stages.set(bundle, loaded)
  return loaded
}

// --- inputs

/** Objects whose bytes this process has checked, by path, with what would tell that the file is another one. */
const intact = new Map<string, string>()

const isIntact = (path: string, digest: string): boolean => {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return false
  const stamp = `${stat.ino}:${stat.size}:${stat.mtimeMs}`
  if (intact.get(path) === stamp) return true
  if (!stat.isFile() || digestFile(path).digest !== digest) return false
  intact.set(path, stamp)
  return true
}

const corruptInputs = (request: TaskRequest): ReadonlyArray<string> => {
  const digests = new Set<string>()
  for (const files of Object.values(request.inputs)) {
    for (const file of files) if (!isIntact(file.path, file.digest)) digests.add(file.digest)
  }
  return [...digests]
}

// --- outputs

const sealOutputs = (request: TaskRequest, facts: Extract<StageOutcome, { ok: true }>["outputs"], flush: boolean): Record<string, SealedOutput> => {
  const sealed: Record<string, SealedOutput> = {}
  for (const [name, path] of Object.entries(request.outputs)) {
    try {
      const rows = facts[name]?.rows
      sealed[name] = { ...sealFile(path, flush), ...(rows === undefined ? {} : { rows }) }
    } catch (cause) {
      if (hasCode(cause, "ENOENT")) throw new Error(`The stage did not write its output "${name}".`, { cause })
      throw cause
    }
  }
  return sealed
}

/** Folders that this process has seen to. */
const foldersMade = new Set<string>()

const makeFolder = (folder: string): void => {
  if (foldersMade.has(folder)) return
  mkdirSync(folder, { recursive: true })
  foldersMade.add(folder)
}

/** Not with what leads to it: where that is gone, the parent is dead and somebody has tidied up after it, which must stay so. */
const makeOwn = (folder: string): void => {
  try {
    mkdirSync(folder)
  } catch (cause) {
    if (!hasCode(cause, "EEXIST")) throw cause
  }
}

const clear = (folder: string): void => {
  try {
    if (readdirSync(folder).length > 0) rmSync(folder, { recursive: true, force: true })
  } catch {
    // There is none: the task did not come so far.
  }
}

// --- measuring

/** Makes the kernel count the peak anew; false where it cannot (not Linux). */
const resetPeakMemory = (): boolean => {
  try {
    writeFileSync("/proc/self/clear_refs", "5")
    return true
  } catch {
    return false
  }
}

const peakMemory = (wasReset: boolean): number => {
  if (wasReset) {
    const line = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]
    if (line !== undefined) return Number(line) * 1024
  }
  return process.resourceUsage().maxRSS * 1024 // of the whole process: an upper bound
}

// --- running

const runTask = async (task: WorkerTask): Promise<TaskReply> => {
  const { request } = task
  const log = openTaskLog(task.log)
  const printed = printedSoFar(stdout)
  const abort = new AbortController()
  const gate = makeEventGate((events) => send({ type: "events", events }))
  const running: Current = { log, abort, gate }
  current = running
  try {
    const digests = corruptInputs(request)
    if (digests.length > 0) return { type: "corrupt", digests }
    makeOwn(dirname(request.scratch))
    makeOwn(request.scratch)
    makeFolder(dirname(request.checkpoint))
    const stage = await loadStage(task.bundle)
    const peakWasReset = resetPeakMemory()
    const cpu = process.cpuUsage()
    const startedAt = performance.now()
    const outcome = await stage.execute(request, { emit: (event) => emit(running, event), signal: abort.signal })
    if (!outcome.ok) {
      log.write(`${outcome.error.tag}: ${outcome.error.message}\n`)
      return { type: "failed", ...outcome.error }
    }
    const outputs = sealOutputs(request, outcome.outputs, performance.now() - startedAt >= worthFlushingMs)
    const wallMs = performance.now() - startedAt
    const { system, user } = process.cpuUsage(cpu)
    return { type: "done", outputs, use: { wallMs, cpuMs: (system + user) / 1000, peakMemoryBytes: peakMemory(peakWasReset) } }
  } catch (cause) {
    return defect(cause, log)
  } finally {
    current = undefined
    gate.close()
    copyPrinted(stdout, printed, log)
    log.close()
    clear(request.scratch)
  }
}

/** A bug in the stage, or trouble with the machine: its stack is for the log, its message for the user. */
const defect = (cause: unknown, log: TaskLog): TaskReply => {
  try {
    log.write(`${cause instanceof Error ? sourceStack(cause.stack ?? cause.message) : String(cause)}\n`)
  } catch {
    // The disk is full, say, and may be what has failed in the first place: the message still reaches the user.
  }
  const remedy = remedyFor(cause)
  const message = cause instanceof Error ? (cause.name === "Error" ? cause.message : `${cause.name}: ${cause.message}`) : String(cause)
  return { type: "failed", tag: cause instanceof Error ? cause.name : "Error", message, ...(remedy === undefined ? {} : { hint: remedy.hint }) }
}

/** What a task prints cannot be kept. */
const withoutLog = (cause: unknown): TaskReply => {
  const remedy = remedyFor(cause)
  const problem = remedy?.problem ?? (cause instanceof Error ? cause.message : String(cause))
  return { type: "failed", tag: "Error", message: `The task's log could not be written: ${problem}.`, ...(remedy === undefined ? {} : { hint: remedy.hint }) }
}

const emit = (running: Current, event: StageEvent): void => {
  if (event.type === "log") running.log.write(`${new Date().toISOString().slice(11, 19)} ${event.level.padEnd(5)} ${event.message}\n`)
  running.gate.emit(event)
}

// --- the process

/** Sends what is printed to the task's log while there is one. */
const redirect = (stream: NodeJS.WriteStream): void => {
  const original = stream.write.bind(stream)
  function write(chunk: string | Uint8Array, second?: BufferEncoding | ((error?: Error | null) => void), third?: (error?: Error | null) => void): boolean {
    const encoding = typeof second === "string" ? second : undefined
    const done = typeof second === "function" ? second : third
    if (current === undefined) return original(chunk, encoding, done)
    current.log.write(chunk)
    done?.()
    return true
  }
  stream.write = write
}

const isToWorker = (message: unknown): message is ToWorker => typeof message === "object" && message !== null && "type" in message

const parent = Number(process.argv[2])
startWatchdog(Number.isInteger(parent) ? parent : process.ppid)
redirect(process.stdout)
redirect(process.stderr)

process.on("message", (message: unknown) => {
  if (!isToWorker(message)) return
  if (message.type === "abort") current?.abort.abort()
  else void runTask(message.task).then(send, (cause: unknown) => send(withoutLog(cause)))
})
process.on("disconnect", () => {
  if (current === undefined) process.exit(0)
  else killOwnGroup()
})
// A terminal sends Ctrl-C to everybody; it is the parent that decides what it means.
process.on("SIGINT", () => undefined)
// Something that the stage started and did not wait for. The process is in no known state afterwards.
process.on("uncaughtException", (cause) => {
  if (current === undefined) process.exit(1)
  const reply = defect(cause, current.log)
  process.send?.(reply, () => process.exit(1))
})
