/**
 * Processes that a task started and left. Most are in the group of their worker; one that began a session of its own (setsid, `start_new_session` in Python,
 * which launchers of distributed training use) is not, and is known by an environment variable that it inherited. From Linux's /proc; elsewhere only groups are known.
 */
import { readdirSync, readFileSync } from "node:fs"

/** The variable by which a worker is named to all that it starts. */
export const workerMark = "REPRISE_WORKER"

interface Stat {
  readonly group: number
  /** In the kernel's clock ticks since it was started. */
  readonly started: number
}

const statOf = (pid: number): Stat | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ") // the name before may hold anything
    return { group: Number(fields[2]), started: Number(fields[19]) }
  } catch {
    return undefined // it has just ended, or this is not Linux
  }
}

const carries = (pid: number, mark: string): boolean => {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(`${workerMark}=${mark}`)
  } catch {
    return false // somebody else's
  }
}

const processes = (): ReadonlyArray<number> => {
  try {
    return readdirSync("/proc").map(Number).filter((pid) => Number.isInteger(pid) && pid !== process.pid)
  } catch {
    return []
  }
}

/** When a process started, for `since`; 0 where that is not known. */
export const startOf = (pid: number): number => statOf(pid)?.started ?? 0

/** Kills every process but this one that is in the group, or carries the mark. Only those that started no earlier than `since` are asked for their mark, which
 * takes some hundredths of a millisecond each. */
export const killStarted = ({ group, mark, since }: { readonly group: number; readonly mark: string; readonly since: number }): void => {
  for (const pid of processes()) {
    const stat = statOf(pid)
    if (stat === undefined || (stat.group !== group && !(stat.started >= since && carries(pid, mark)))) continue
    try {
      process.kill(pid, "SIGKILL")
    } catch {
      // It has just ended.
    }
  }
}

/** What the task of this process has left running. Only where this process is a worker, which leads its own group and has a mark. */
export const killLeftovers = (): void => {
  const mark = process.env[workerMark]
  const own = statOf(process.pid)
  if (mark !== undefined && own?.group === process.pid) killStarted({ group: process.pid, mark, since: own.started })
}
