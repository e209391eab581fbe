/**
 * How much memory a large plan may cost beyond what it uses. Its values are many and small, and left to itself the collector lets the heap grow to several times
 * their size before it takes away what is not needed any more. Collecting sooner costs an eighth of the time, so that small plans go without.
 */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

const manyPoints = 10_000
const manyTasks = 50_000

/** To be told how many points have been planned, after each. */
export const saveMemoryWhenMany = (points: number): void => {
  if (points === manyPoints) setFlagsFromString("--heap-growing-percent=30")
}

/**
 * Gives back what making a plan of so many tasks took beyond the plan, or the plan itself when nobody holds it any more, before what comes next is put on top of it: left
 * to itself the collector keeps both. Two tenths of a second at 100,000 tasks.
 */
export const giveBackMemory = (tasks: number): void => {
  if (tasks < manyTasks) return
  setFlagsFromString("--expose-gc")
  const collect: unknown = runInNewContext("gc")
  // A plain collection keeps the pages; the last resort, which is meant for when memory is out, gives them back.
  if (typeof collect === "function") collect({ type: "major", execution: "sync", flavor: "last-resort" })
}
