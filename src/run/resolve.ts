/** A look ahead: the same walk over the plan as a run's, which stops at what would run. */
import { Effect } from "effect"
import type { Plan, PlannedTask } from "../plan/plan.ts"
import type { Reason } from "../plan/reason.ts"
import type { StoreError } from "../store/error.ts"
import { Store } from "../store/store.ts"
import { decide, reasonOf, type DecideOptions } from "./decide.ts"
import { openHistory } from "./history.ts"
import { openSearchGate } from "./search-gate.ts"
import { needsOf, startWalk, type TaskOutputs } from "./walk.ts"

export interface ResolvedTask {
  readonly task: PlannedTask
  /** Null where it is not known before other tasks have run. */
  readonly fingerprint: string | null
  readonly reason: Reason
  /** Of a cached task. */
  readonly outputs?: TaskOutputs
}

export interface ResolveOptions extends Omit<DecideOptions, "force"> {
  readonly plan: Plan
  readonly force?: boolean
}

/** What each task of the plan would come to if it were run now, in the plan's order. Writes nothing. */
export const resolvePlan = Effect.fn("resolvePlan")(function*(options: ResolveOptions): Effect.fn.Return<ReadonlyArray<ResolvedTask>, StoreError, Store> {
  const store = yield* Store
  const { plan } = options
  const deciding: DecideOptions = { stages: options.stages, engine: options.engine, force: options.force ?? false }
  const history = yield* openHistory(store, plan.pipeline.name, options.stages)
  const walk = startWalk(plan)
  const resolved = new Map<string, ResolvedTask>()
  const gate = openSearchGate(plan, { onMissing: () => undefined })
  for (let task = walk.take(); task !== undefined; task = walk.take()) {
    if (!gate.isOpen(task.id)) {
      gate.hold(task)
      continue
    }
    const decision = yield* decide(store, deciding, walk, task)
    const { fingerprint } = decision
    const reason = yield* reasonOf(decision, history)
    if (decision.kind === "cached") {
      const { outputs } = decision.action
      resolved.set(task.id, { task, fingerprint, reason, outputs })
      walk.finish(task.id, outputs)
      for (const { id } of gate.settle(task.id, decision.action.metrics ?? {})) walk.putBack(id)
    } else {
      resolved.set(task.id, { task, fingerprint, reason })
    }
  }
  const laterReason = (task: PlannedTask): Reason => {
    const rung = gate.isOpen(task.id) ? undefined : gate.rungOf(task.id)
    if (rung === undefined) return { kind: "waits", tasks: needsOf(task).filter((id) => walk.outputs(id) === undefined) }
    const { amount, below, metric, reduction, resource } = rung
    if (rung.rung === 1) return { kind: "turn" }
    return gate.over ? { kind: "pruned", resource, below, metric } : { kind: "rung", resource, amount, below, reduction, metric }
  }
  return plan.tasks.map((task) => resolved.get(task.id) ?? { task, fingerprint: null, reason: laterReason(task) })
})
