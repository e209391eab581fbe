/** Time limits that do not run while nothing can. */
import { Effect } from "effect"

const stepMs = 1000

/**
 * Waits for so many milliseconds in which this process was awake. While it is stopped (Ctrl-Z) its tasks stand still, too, and it would be no fault of theirs
 * if their time were over when it goes on.
 */
export const patience = Effect.fnUntraced(function*(ms: number) {
  for (let left = ms; left > 0;) {
    const step = Math.min(left, stepMs)
    const began = performance.now()
    yield* Effect.sleep(step)
    left -= Math.min(Math.max(step, performance.now() - began), 2 * step)
  }
})
