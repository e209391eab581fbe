/** What the kernel says of processes that it has killed for want of memory. */
import { readFileSync } from "node:fs"

/** How many since it started, those of containers included; undefined where it does not say (not Linux). */
export const killsForMemory = (): number | undefined => {
  try {
    const count = /^oom_kill (\d+)$/m.exec(readFileSync("/proc/vmstat", "utf8"))?.[1]
    return count === undefined ? undefined : Number(count)
  } catch {
    return undefined
  }
}
