/** What passes between the pool and a worker process, as structured clones (so that NaN stays NaN). One task at a time. */
import type { StageEvent, TaskRequest } from "../stage/protocol.ts"

export interface WorkerTask {
  /** Module whose default export is the stage. */
  readonly bundle: string
  readonly request: TaskRequest
  /** File for what the task prints; made when there is something to write. */
  readonly log: string
}

export type ToWorker = { readonly type: "task"; readonly task: WorkerTask } | { readonly type: "abort" }

/** What a task took. */
export interface TaskUse {
  readonly wallMs: number
  readonly cpuMs: number
  readonly peakMemoryBytes: number
}

/** One output, complete, on the disk and read-only, still at the path that the request named. */
export interface SealedOutput {
  readonly digest: string
  readonly bytes: number
  readonly rows?: number
}

/** How a task ended. */
export type TaskReply =
  | { readonly type: "done"; readonly outputs: Readonly<Record<string, SealedOutput>>; readonly use: TaskUse }
  | { readonly type: "failed"; readonly tag: string; readonly message: string; readonly hint?: string; readonly exitCode?: number }
  /** Inputs whose bytes are not what their names say. The stage has not been started. */
  | { readonly type: "corrupt"; readonly digests: ReadonlyArray<string> }

export type FromWorker = { readonly type: "events"; readonly events: ReadonlyArray<StageEvent> } | TaskReply
