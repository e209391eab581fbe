/** The graph of a pipeline's stages: an order in which each comes after what feeds it, and what leads to given stages. */
import { inOrder } from "../spec/graph.ts"
import type { Pipeline, StageDeclaration } from "../spec/pipeline.ts"

/** The stages that a stage takes inputs from, without repetition. */
export const feeds = (stage: StageDeclaration): ReadonlySet<string> =>
  new Set(Object.values(stage.in).flatMap((references) => references.map((reference) => reference.stage)))

/** The stages in topological order, as in the file where that leaves a choice. The parser has refused cycles. */
export const topologicalOrder = (pipeline: Pipeline): ReadonlyArray<StageDeclaration> => {
  const stages = new Map(Object.values(pipeline.stages).map((stage) => [stage.id, stage]))
  const { order } = inOrder(new Map(Array.from(stages, ([id, stage]) => [id, [...feeds(stage)]])))
  return order.flatMap((id) => stages.get(id) ?? [])
}

/** The given stages and all that leads to them. */
export const upstreamOf = (pipeline: Pipeline, targets: Iterable<string>): ReadonlySet<string> => {
  const stages = new Map(Object.values(pipeline.stages).map((stage) => [stage.id, stage]))
  const reached = new Set<string>()
  const pending = [...targets]
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    const stage = stages.get(id)
    if (stage === undefined || reached.has(id)) continue
    reached.add(id)
    pending.push(...feeds(stage))
  }
  return reached
}
