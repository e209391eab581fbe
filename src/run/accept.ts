/**
 * Changed code that somebody knows to give the same results: what other code made is kept under the fingerprints of today's, with
 * who said so and why. Only the code may differ; parameters, inputs, files and the engine are as they were.
 */
import { Effect } from "effect"
import { fingerprintOf, type FingerprintRecord } from "../plan/fingerprint.ts"
import { shapeOf } from "../stage/shape.ts"
import { isActionRecord } from "../store/actions.ts"
import { entriesOf } from "../store/areas.ts"
import { storeError, type StoreError } from "../store/error.ts"
import { readJsonFile } from "../store/json-file.ts"
import type { ActionRecord } from "../store/layout.ts"
import { Store, type StoreShape } from "../store/store.ts"
import { decide, stageOf, type DecideOptions } from "./decide.ts"
import type { ResolveOptions } from "./resolve.ts"
import { startWalk } from "./walk.ts"

export interface AcceptOptions extends ResolveOptions {
  /** Ids of stages of the file; undefined: all. */
  readonly only: ReadonlySet<string> | undefined
  readonly reason: string
  /** Who says so. */
  readonly by: string
}

export interface Accepted {
  readonly task: string
  readonly stage: string
  /** Who had made the results. */
  readonly producer: ActionRecord["producer"]
}

/** The record with its code left out, as one text. */
const exceptCode = (record: FingerprintRecord): string => fingerprintOf({ ...record, code: "" })

/** Latest results of every task that was ever run, by what they were made of besides code. */
const earlierResults = (store: StoreShape): Effect.Effect<ReadonlyMap<string, ActionRecord>, StoreError> =>
  Effect.try({
    try: () => {
      const found = new Map<string, ActionRecord>()
      for (const { path } of entriesOf(store.folder, "actions")) {
        const action = readJsonFile(path, isActionRecord)
        if (action === undefined) continue
        const key = exceptCode(action.record)
        if (action.startedAt >= (found.get(key)?.startedAt ?? 0)) found.set(key, action)
      }
      return found
    },
    catch: (cause) => storeError("read", store.folder, cause)
  })

/** Accepts what can be; what stands behind accepted tasks is looked at with their results. */
export const acceptCode = Effect.fn("acceptCode")(function*(options: AcceptOptions): Effect.fn.Return<ReadonlyArray<Accepted>, StoreError, Store> {
  const store = yield* Store
  const deciding: DecideOptions = { stages: options.stages, engine: options.engine, force: false }
  const earlier = yield* earlierResults(store)
  const walk = startWalk(options.plan)
  const accepted: Array<Accepted> = []
  for (let task = walk.take(); task !== undefined; task = walk.take()) {
    const decision = yield* decide(store, deciding, walk, task)
    if (decision.kind === "cached") {
      walk.finish(task.id, decision.action.outputs)
      continue
    }
    const found = earlier.get(exceptCode(decision.record))
    if (decision.cause.kind !== "unknown" || found === undefined || options.only?.has(task.stage) === false) continue
    if ((yield* store.lookup(found.fingerprint)).kind !== "hit") continue
    const stage = stageOf(options.stages, task)
    // New code may give other outputs than the old one did.
    if (Object.keys(shapeOf(stage.stage, task.params, Object.keys(task.inputs)).outputs).some((output) => found.outputs[output] === undefined)) continue
    yield* store.keepCodeFiles(stage.code, stage.files)
    yield* store.commit({
      ...found,
      fingerprint: decision.fingerprint,
      record: decision.record,
      accepted: { fingerprint: found.fingerprint, reason: options.reason, by: options.by, at: Date.now() }
    }, {})
    accepted.push({ task: task.id, stage: task.stage, producer: found.producer })
    walk.finish(task.id, found.outputs)
  }
  return accepted
})
