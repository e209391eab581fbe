/**
 * Ends a worker, and whatever it started, when its parent is gone. A thread watches, because the main thread may be deep in
 * a loop and see no event for minutes.
 */
import { Worker } from "node:worker_threads"
import { killLeftovers, workerMark } from "../stage/leftovers.ts"

const intervalMs = 250

// Plain text, so that a bundled worker stays one file. `ppid` changes when the parent dies and another process adopts us. What bears our mark (leftovers.ts)
// may be outside of our group.
const watch = `
const { readdirSync, readFileSync } = require("node:fs")
const { workerData } = require("node:worker_threads")
const killMarked = () => {
  if (workerData.mark === undefined) return
  for (const pid of readdirSync("/proc").map(Number).filter((pid) => Number.isInteger(pid) && pid !== process.pid)) {
    try {
      if (readFileSync("/proc/" + pid + "/environ", "utf8").split("\\0").includes(workerData.mark)) process.kill(pid, "SIGKILL")
    } catch {}
  }
}
setInterval(() => {
  if (process.ppid === workerData.parent) return
  try { killMarked() } catch {}
  try { process.kill(-process.pid, "SIGKILL") } catch {}
  process.kill(process.pid, "SIGKILL")
}, workerData.intervalMs)
`

export const startWatchdog = (parent: number): void => {
  const mark = process.env[workerMark]
  const thread = new Worker(watch, {
    eval: true,
    workerData: { parent, intervalMs, mark: mark === undefined ? undefined : `${workerMark}=${mark}` },
    resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2 }
  })
  thread.unref()
}

/** Kills the process's group: itself and what it started and did not end. */
export const killOwnGroup = (): void => {
  killLeftovers()
  try {
    process.kill(-process.pid, "SIGKILL")
  } catch {
    process.kill(process.pid, "SIGKILL") // not the leader of a group
  }
}
