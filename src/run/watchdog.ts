/**
 * Ends a worker, and whatever it started, when its parent is gone. A thread watches, because the main thread may be deep in
 * a loop and see no event for minutes.
 */
import { Worker } from "node:worker_threads"

const intervalMs = 250

// Plain text, so that a bundled worker stays one file. `ppid` changes when the parent dies and another process adopts us.
const watch = `
const { workerData } = require("node:worker_threads")
setInterval(() => {
  if (process.ppid === workerData.parent) return
  try { process.kill(-process.pid, "SIGKILL") } catch {}
  process.kill(process.pid, "SIGKILL")
}, workerData.intervalMs)
`

export const startWatchdog = (parent: number): void => {
  const thread = new Worker(watch, {
    eval: true,
    workerData: { parent, intervalMs },
    resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2 }
  })
  thread.unref()
}

/** Kills the process's group: itself and what it started and did not end. */
export const killOwnGroup = (): void => {
  try {
    process.kill(-process.pid, "SIGKILL")
  } catch {
    process.kill(process.pid, "SIGKILL") // not the leader of a group
  }
}
