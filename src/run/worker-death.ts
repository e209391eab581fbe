/** What the end of a worker's process says about the task that it ran. */
import { TaskFailure } from "./failure.ts"
import { tailOf } from "./task-log.ts"
import { describeDeath, type WorkerDeath } from "./worker-process.ts"

/** V8 ends the process, with these words, when JavaScript has used up its heap. */
const heapWords = /heap out of memory|Reached heap limit/

/** @param kernelKilled whether the kernel has killed processes for want of memory meanwhile */
export const failureOf = (death: WorkerDeath, log: string, kernelKilled: boolean): TaskFailure => {
  const tail = tailOf(log, 5)
  const lastWords = tail === "" || tail === describeDeath(death) ? "" : ` Its last words:\n${tail}`
  const message = describeDeath(death) + lastWords
  if (heapWords.test(tailOf(log, 40))) {
    return new TaskFailure({
      kind: "out-of-memory",
      message: "The task used up the memory that JavaScript may have.",
      hint: "Give it less to do at once, or raise the limit: NODE_OPTIONS=--max-old-space-size=8192 (MiB)."
    })
  }
  if (death.signal === "SIGKILL" && kernelKilled) {
    return new TaskFailure({
      kind: "out-of-memory",
      message: `The machine ran out of memory, and its kernel killed the task.${lastWords}`,
      hint: "Use fewer --jobs, or declare `resources: { memory: ... }` for the stage, so that fewer of its tasks run at once."
    })
  }
  const hint = death.signal === "SIGKILL" ? "Somebody, or the system for want of memory, has killed it: try fewer --jobs, or declare `resources: { memory: ... }` for the stage."
    : death.signal !== null ? "Native code crashed. Run it again; if it fails the same way, the log is what its developers need."
    : "A stage must return or fail, not end the process."
  return new TaskFailure({ kind: "crash", message, hint })
}
