/**
 * How results lie on disk. The layout is a public contract with a version: what is written today is read by every later
 * version, and a store that says a version we do not know is refused.
 *
 *   results/store.json               { "format": 1 }
 *   results/objects/ab/cdef...       immutable files, named by the SHA-256 of their bytes
 *   results/actions/ab/cdef....json  fingerprint -> ActionRecord
 *   results/runs/<id>/               run.json (RunRecord), plan.json, tasks.ndjson (RunTask), events.ndjson (RunEvent, without
 *                                    progress and without what tasks.ndjson says of cached tasks), logs/<task>.log
 *   results/claims/<fingerprint>.json  leases on fingerprints being computed (claims.ts)
 *   results/checkpoints/ab/cdef...   resumable state of unfinished tasks, by fingerprint
 *   results/staging/<pid>-<random>/  files being written, on the same file system as the objects; owner.json says whose (staging.ts)
 *   results/quarantine/              corrupt objects, set aside
 *   results/code/<digest>.json       which files, with their digests, a code digest covers: for explanations only
 *   results/index/                   derived from the rest; may be deleted at any time
 */
import type { JsonObject } from "../stage/json.ts"
import type { FingerprintRecord } from "../plan/fingerprint.ts"
import type { OutputSpec } from "../stage/protocol.ts"

export const storeFormat = 1

/** One output of a finished task. */
export interface StoredOutput {
  readonly digest: string
  readonly kind: OutputSpec["kind"]
  readonly mediaType: string
  readonly bytes: number
  /** Of a table or a data set. */
  readonly rows?: number
}

/** What a finished task left: kept under its fingerprint for ever, or until gc. */
export interface ActionRecord {
  readonly version: 1
  readonly fingerprint: string
  readonly record: FingerprintRecord
  readonly outputs: Readonly<Record<string, StoredOutput>>
  /** Milliseconds since 1970 and milliseconds. */
  readonly startedAt: number
  readonly wallMs: number
  readonly cpuMs: number
  readonly peakMemoryBytes: number
  /** The last value of each metric that the task reported; null where it was not finite. Absent where there were none. */
  readonly metrics?: Readonly<Record<string, number | null>>
  /** Who made it. */
  readonly producer: { readonly run: string; readonly host: string; readonly commit: string | null; readonly dirty: boolean }
  /** Where the results were made by other code, which somebody has said gives the same: under which fingerprint they were made, and why
   * they hold. */
  readonly accepted?: { readonly fingerprint: string; readonly reason: string; readonly by: string; readonly at: number }
}

/** `run.json`. */
export interface RunRecord {
  readonly version: 1
  readonly id: string
  readonly pipeline: string
  readonly file: string
  readonly command: ReadonlyArray<string>
  readonly startedAt: number
  readonly finishedAt: number | null
  readonly status: "running" | "succeeded" | "failed" | "interrupted"
  readonly overrides: JsonObject
  readonly environment: JsonObject
  readonly counts: { readonly total: number; readonly cached: number; readonly ran: number; readonly failed: number; readonly skipped: number; readonly pruned?: number }
}

/** A line of `runs/<id>/tasks.ndjson`: what one planned task came to, appended as it ends. Queries join tables to coordinates by these.
 * A task whose results are lost in the middle of a run has a second line, which counts. */
export interface RunTask {
  readonly task: string
  readonly stage: string
  readonly uses: string
  readonly fingerprint: string | null
  /** `pruned`: a search did not go on with its configuration. */
  readonly status: "cached" | "ran" | "failed" | "skipped" | "interrupted" | "pruned"
  readonly params: JsonObject
  readonly coordinates: ReadonlyArray<{ readonly sweep: string | null; readonly values: JsonObject }>
  readonly outputs: Readonly<Record<string, StoredOutput>>
  readonly startedAt: number
  readonly wallMs: number
  readonly message?: string
  /** How a failed one failed: `timeout`, `out-of-memory`, `crash`, ... */
  readonly failure?: string
  /** How many times it was tried, where that is more than once. */
  readonly attempts?: number
  /** Graphics cards that were its own. */
  readonly gpus?: ReadonlyArray<string>
}
