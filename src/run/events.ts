/**
 * Everything that can happen in a run, as one union. The scheduler only emits; the progress display, the run's record and the
 * JSON log only consume.
 */
import type { Reason } from "../plan/reason.ts"
import type { StageEvent } from "../stage/protocol.ts"
import type { StoredOutput } from "../store/layout.ts"

export type RunEvent =
  | { readonly type: "run-started"; readonly at: number; readonly run: string; readonly pipeline: string; readonly tasks: number; readonly points: number; readonly stages: Readonly<Record<string, number>> }
  | { readonly type: "task-cached"; readonly at: number; readonly task: string; readonly stage: string; readonly fingerprint: string; readonly outputs: Readonly<Record<string, StoredOutput>>; readonly producer: string }
  | { readonly type: "task-started"; readonly at: number; readonly task: string; readonly stage: string; readonly fingerprint: string; readonly worker: number; readonly attempt: number; readonly reason: Reason }
  | { readonly type: "task-event"; readonly at: number; readonly task: string; readonly stage: string; readonly event: StageEvent }
  | { readonly type: "task-finished"; readonly at: number; readonly task: string; readonly stage: string; readonly fingerprint: string; readonly outputs: Readonly<Record<string, StoredOutput>>; readonly wallMs: number; readonly identical: boolean }
  | { readonly type: "task-failed"; readonly at: number; readonly task: string; readonly stage: string; readonly attempt: number; readonly willRetry: boolean; readonly message: string; readonly hint?: string; readonly log: string }
  | { readonly type: "task-skipped"; readonly at: number; readonly task: string; readonly stage: string; readonly because: string }
  | { readonly type: "run-finished"; readonly at: number; readonly run: string; readonly status: "succeeded" | "failed" | "interrupted"; readonly counts: RunCounts; readonly wallMs: number }

export interface RunCounts {
  readonly total: number
  readonly cached: number
  readonly ran: number
  readonly failed: number
  readonly skipped: number
}
