/**
 * Everything that can happen in a run, as one union. The scheduler only emits; the progress display, the run's record and the
 * JSON log only consume.
 */
import type { Coordinates } from "../plan/plan.ts"
import type { FailureKind } from "../spec/retry.ts"
import type { Reason } from "../plan/reason.ts"
import type { StageEvent } from "../stage/protocol.ts"
import type { StoredOutput } from "../store/layout.ts"

export type RunEvent =
  | { readonly type: "run-started"; readonly at: number; readonly run: string; readonly pipeline: string; readonly tasks: number; readonly points: number; readonly stages: Readonly<Record<string, number>> }
  | { readonly type: "task-cached"; readonly at: number; readonly task: string; readonly stage: string; readonly fingerprint: string; readonly outputs: Readonly<Record<string, StoredOutput>>; readonly producer: string; readonly kept: boolean }
  | { readonly type: "task-started"; readonly at: number; readonly task: string; readonly stage: string; readonly fingerprint: string; readonly worker: number; readonly attempt: number; /** Where in the sweeps. */ readonly point?: string; readonly reason: Reason; /** Graphics cards that are its own. */ readonly gpus?: ReadonlyArray<string> }
  | { readonly type: "task-event"; readonly at: number; readonly task: string; readonly stage: string; readonly event: StageEvent }
  | { readonly type: "task-finished"; readonly at: number; readonly task: string; readonly stage: string; readonly fingerprint: string; readonly outputs: Readonly<Record<string, StoredOutput>>; readonly wallMs: number; readonly identical: boolean }
  | { readonly type: "task-failed"; readonly at: number; readonly task: string; readonly stage: string; readonly attempt: number; readonly willRetry: boolean; /** How it failed. */ readonly kind?: FailureKind; /** Until the next attempt. */ readonly delayMs?: number; readonly point: string; readonly message: string; readonly hint?: string; readonly log: string }
  | { readonly type: "task-skipped"; readonly at: number; readonly task: string; readonly stage: string; readonly because: string }
  /** A search did not go on with its configuration. */
  | { readonly type: "task-pruned"; readonly at: number; readonly task: string; readonly stage: string }
  | { readonly type: "run-finished"; readonly at: number; readonly run: string; readonly status: "succeeded" | "failed" | "interrupted"; readonly counts: RunCounts; readonly wallMs: number }

/** What `point` is in the events of tasks: the sweep and its values, `width: d=100, lr=0.1`. */
export const describePoint = (coordinates: ReadonlyArray<Coordinates>): string => {
  const [first, ...more] = coordinates
  if (first === undefined) return ""
  const values = Object.entries(first.values).map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`).join(", ")
  const sweep = first.sweep === null || first.sweep === "" ? "" : `${first.sweep}: `
  return `${sweep}${values}${more.length > 0 ? ` and ${more.length} more` : ""}`
}

export interface RunCounts {
  readonly total: number
  readonly cached: number
  readonly ran: number
  readonly failed: number
  readonly skipped: number
  /** Of configurations with which a search did not go on. */
  readonly pruned?: number
  /** Of the cached ones: those that stand behind a task that ran and gave the same bytes as before. */
  readonly kept: number
}
