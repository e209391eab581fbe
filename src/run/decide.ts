/**
 * Whether a task whose inputs are there has to run: its fingerprint from what its inputs hold, and what the store has under it.
 * `run`, `plan` and `run --dry-run` decide here, so that they cannot differ.
 */
import { Effect } from "effect"
import type { Engine, FingerprintRecord } from "../plan/fingerprint.ts"
import { fingerprintOf, recordOf } from "../plan/fingerprint.ts"
import type { PlannedTask } from "../plan/plan.ts"
import type { Reason } from "../plan/reason.ts"
import type { StageInterface } from "../stage/protocol.ts"
import type { StoreError } from "../store/error.ts"
import type { ActionRecord } from "../store/layout.ts"
import type { StoreShape } from "../store/store.ts"
import type { History } from "./history.ts"
import type { TaskOutputs, Walk } from "./walk.ts"

/** A stage as a run needs it. */
export interface RunnableStage {
  readonly stage: Pick<StageInterface, "volatile" | "engine" | "outputs" | "shape">
  /** Digest of everything that the stage can reach. */
  readonly code: string
  /** Module that a worker imports. */
  readonly bundle: string
  /** What `code` covers: file -> digest. */
  readonly files: Readonly<Record<string, string>>
}

export interface DecideOptions {
  readonly stages: ReadonlyMap<string, RunnableStage>
  /** The tensor engine that tasks would use. */
  readonly engine: Engine
  /** Runs everything again. */
  readonly force: boolean
}

export type Decision =
  | { readonly kind: "cached"; readonly fingerprint: string; readonly action: ActionRecord }
  | { readonly kind: "run"; readonly fingerprint: string; readonly record: FingerprintRecord; readonly cause: RunCause }

/** Why a task runs, before one has looked at what ran earlier. */
export type RunCause = Extract<Reason, { readonly kind: "missing-output" | "corrupt" | "volatile" | "forced" }> | { readonly kind: "unknown" }

/** The stage of a task. A plan is made of stages that were found, so it is a defect if one is not there. */
export const stageOf = (stages: ReadonlyMap<string, RunnableStage>, task: PlannedTask): RunnableStage => {
  const stage = stages.get(task.uses)
  if (stage === undefined) throw new Error(`The plan uses ${task.uses}, which was not loaded.`)
  return stage
}

const digestIn = (outputs: TaskOutputs | undefined, task: string, output: string): string => {
  const stored = outputs?.[output]
  if (stored === undefined) throw new Error(`${task} has left no output ${output}.`)
  return stored.digest
}

export const decide = (store: StoreShape, options: DecideOptions, walk: Walk, task: PlannedTask): Effect.Effect<Decision, StoreError> => {
  const { code, stage } = stageOf(options.stages, task)
  const record = recordOf(task, {
    code,
    engine: stage.engine ? options.engine : null,
    digestOf: (input) => digestIn(walk.outputs(input.task), input.task, input.output)
  })
  const fingerprint = fingerprintOf(record)
  const run = (cause: RunCause): Decision => ({ kind: "run", fingerprint, record, cause })
  if (stage.volatile) return Effect.succeed(run({ kind: "volatile" }))
  if (options.force) return Effect.succeed(run({ kind: "forced" }))
  return Effect.map(store.lookup(fingerprint), (found) =>
    found.kind === "hit" ? { kind: "cached", fingerprint, action: found.action }
    : found.kind === "miss" ? run({ kind: "unknown" })
    : run({ kind: found.kind === "missing" ? "missing-output" : "corrupt", output: found.output, digest: found.digest }))
}

/** What is told to the user. Looks into the history where the store alone does not say. */
export const reasonOf = (decision: Decision, history: History): Effect.Effect<Reason, StoreError> => {
  if (decision.kind === "cached") {
    const { accepted, producer: { commit, host, run } } = decision.action
    return Effect.succeed({ kind: "cached", run, host, commit, ...(accepted === undefined ? {} : { accepted: accepted.reason }) })
  }
  return decision.cause.kind === "unknown" ? history.explain(decision.record) : Effect.succeed(decision.cause)
}
