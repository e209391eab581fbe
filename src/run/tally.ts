/** Counts what became of a run's tasks, from its events. */
import type { RunCounts, RunEvent } from "./events.ts"

export interface Tally {
  event(event: RunEvent): void
  counts(): RunCounts
}

export const makeTally = (total: number): Tally => {
  // By task, because one whose results are lost in the middle of a run runs once more.
  const became = new Map<string, "cached" | "kept" | "ran" | "failed" | "skipped" | "pruned">()
  return {
    event: (event) => {
      if (event.type === "task-cached") became.set(event.task, event.kept ? "kept" : "cached")
      else if (event.type === "task-finished") became.set(event.task, "ran")
      else if (event.type === "task-failed" && !event.willRetry) became.set(event.task, "failed")
      else if (event.type === "task-skipped") became.set(event.task, "skipped")
      else if (event.type === "task-pruned") became.set(event.task, "pruned")
    },
    counts: () => {
      const counts = { total, cached: 0, ran: 0, failed: 0, skipped: 0, kept: 0 }
      let pruned = 0
      for (const what of became.values()) {
        if (what === "pruned") pruned++
        else counts[what]++
        if (what === "kept") counts.cached++
      }
      return pruned === 0 ? counts : { ...counts, pruned }
    }
  }
}
