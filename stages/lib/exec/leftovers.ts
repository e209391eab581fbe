/** What a program left running: everything in the worker's process group but the worker. */
import { readdirSync, readFileSync } from "node:fs"

/** Group of a process: field 5 of /proc/PID/stat, counted from after the name, which may hold anything. */
const groupOf = (pid: number): number | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2])
  } catch {
    return undefined // it has just ended
  }
}

/** Kills them. Only where the worker leads its own group, as it does under the pool, and on Linux; elsewhere they end with the worker. */
export const killLeftovers = (): void => {
  if (process.platform !== "linux" || groupOf(process.pid) !== process.pid) return
  for (const name of readdirSync("/proc")) {
    const pid = Number(name)
    if (!Number.isInteger(pid) || pid === process.pid || groupOf(pid) !== process.pid) continue
    try {
      process.kill(pid, "SIGKILL")
    } catch {
      // It has just ended.
    }
  }
}
