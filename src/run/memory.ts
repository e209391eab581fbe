/** How much main memory a process and everything that it started hold. From Linux's /proc; elsewhere nobody knows. */
import { readdirSync, readFileSync } from "node:fs"

const textOf = (path: string): string => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return "" // the process has ended, or this is not Linux
  }
}

const childrenOf = (pid: number): ReadonlyArray<number> => {
  let threads: ReadonlyArray<string>
  try {
    threads = readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
  return threads.flatMap((thread) => textOf(`/proc/${pid}/task/${thread}/children`).split(" ").filter((child) => child !== "").map(Number))
}

/** The process, its children, theirs, and so on. */
export const treeOf = (pid: number): ReadonlyArray<number> => {
  const found = [pid]
  for (const each of found) found.push(...childrenOf(each)) // grows while it is walked
  return found
}

/** Resident bytes; pages that two processes share count for both. */
const residentOf = (pid: number): number => Number(/^VmRSS:\s+(\d+) kB/m.exec(textOf(`/proc/${pid}/status`))?.[1] ?? 0) * 1024
/** The same with shared pages split among those who share them: exact, and some milliseconds of work. */
const proportionalOf = (pid: number): number | undefined => {
  const kibibytes = /^Pss:\s+(\d+) kB/m.exec(textOf(`/proc/${pid}/smaps_rollup`))?.[1]
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024
}

/** Of one process, now; 0 where that cannot be told. */
export const ownMemory = residentOf

/** Bytes that the process and everything that it started hold together. Quick, and too much where processes share pages: where that exceeds
 * `doubtful`, it is counted exactly. */
export const treeMemory = (pid: number, doubtful: number): number => {
  const tree = treeOf(pid)
  const resident = tree.reduce((sum, each) => sum + residentOf(each), 0)
  if (resident <= doubtful || tree.length === 1) return resident
  return tree.reduce((sum, each) => sum + (proportionalOf(each) ?? residentOf(each)), 0)
}

export interface MemoryWatch {
  /** Ends the watch; the most that was seen. */
  stop(): number
}

/** A task that says what it needs is looked at often enough to end it before it takes the machine into swapping. */
const limitedMs = 100
const freeMs = 500

/** `onOutgrown` is told once. */
export const watchMemory = (pid: number, limitBytes: number, onOutgrown: (bytes: number) => void): MemoryWatch => {
  let peak = 0
  let told = false
  const look = () => {
    const bytes = treeMemory(pid, limitBytes)
    peak = Math.max(peak, bytes)
    if (bytes <= limitBytes || told) return
    told = true
    onOutgrown(bytes)
  }
  const timer = process.platform === "linux" ? setInterval(look, limitBytes === Infinity ? freeMs : limitedMs) : undefined
  timer?.unref()
  return {
    stop: () => {
      clearInterval(timer)
      return peak
    }
  }
}
