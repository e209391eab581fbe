/** Plans one stage of the file at each point: its instances, remembered by the values and the feeds that they come from. */
import type { StageDeclaration } from "../spec/pipeline.ts"
import type { JsonObject } from "../stage/json.ts"
import { fanOut, type Feed, type Feeds, type Instance, type Instances } from "./fan-out.ts"
import { feeds } from "./graph.ts"
import { makePreparation, type PreparationContext } from "./prepare.ts"
import type { TaskTable } from "./task-table.ts"
import type { Fault } from "./trouble.ts"

export interface StagePlanner {
  readonly declaration: StageDeclaration
  /** The parameters of the pipeline to which the stage's own entry refers, */
  readonly names: ReadonlyArray<string>
  /** and where they stand among all. */
  readonly parameters: ReadonlyArray<number>
  /** The stages that feed this one. */
  readonly feeds: ReadonlyArray<string>
  /**
   * The stage's instances at a point; undefined where it, or what feeds it, has a fault. Each fault is reported once.
   *
   * @param key stands for the values of `parameters` at the point
   */
  readonly instances: (params: JsonObject, key: string, at: Surroundings) => Instances | undefined
  /** Notes that these instances stand at a place; false where that was noted before. */
  readonly note: (instances: Instances, place: number) => boolean
}

export interface Surroundings {
  /** Instances of a stage planned before, at this point. */
  readonly instancesOf: (stage: string) => Instances | undefined
  /** This stage's instances at the rung below of a search, and what is carried up: input -> output. */
  readonly below?: { readonly instances: Instances; readonly carry: Readonly<Record<string, string>> }
  readonly report: (fault: Fault, combination: JsonObject) => void
}

/** `everyFeedIsThere`: no stage has a `when`, so that combinations which never meet are a mistake. */
export const makeStagePlanner = (
  declaration: StageDeclaration,
  context: PreparationContext,
  table: TaskTable,
  everyFeedIsThere: boolean
): StagePlanner => {
  const preparation = makePreparation(declaration, context)
  const sources = [...feeds(declaration)]
  const known = new Map<string, Instances | undefined>()
  const byContent = new Map<string, Instances>()
  const notes = new Set<number>()

  const build = (params: JsonObject, key: string, fed: Feeds, below: Surroundings["below"], report: Surroundings["report"]): Instances | undefined => {
    const items: Array<Instance> = []
    let sound = true
    for (const feed of fed.items) {
      const prepared = preparation.prepare(params, key, feed.combination)
      if (prepared.kind === "task") items.push({ draft: table.draft(declaration, prepared, carrying(feed, below)), combination: feed.combination, key: feed.key })
      if (prepared.kind !== "faulty") continue
      for (const fault of prepared.faults) report(fault, feed.combination)
      sound = false
    }
    if (!sound) return undefined
    // The same tasks, found from other values: one object, so that what they feed is recognised too.
    const content = items.map((item) => `${item.draft.task.id}#${item.key}`).join(" ")
    const instances = byContent.get(content) ?? { id: byContent.size, axes: fed.axes, items }
    byContent.set(content, instances)
    return instances
  }
  return {
    declaration,
    names: preparation.names.params,
    parameters: preparation.names.params.map((name) => context.parameters.indexOf(name)),
    feeds: sources,
    // Both numbers are below 2 ** 26: one number, exact in a double, stands for the pair.
    note: (instances, place) => notes.size !== notes.add(instances.id * 2 ** 26 + place).size,
    instances: (params, key, { below, instancesOf, report }) => {
      let memo = below === undefined ? key : `${key}^${below.instances.id}`
      for (const source of sources) {
        const instances = instancesOf(source)
        if (instances === undefined) return undefined
        memo += `/${instances.id}`
      }
      if (known.has(memo)) return known.get(memo)
      const fed = fanOut(declaration, context.stage, instancesOf, context.intern)
      if (fed.apart !== undefined && everyFeedIsThere) {
        report({
          path: ["stages", declaration.id, ...fed.apart],
          message: "no combination here agrees with those of the other inputs: they fan out over an axis of one name with different values",
          hint: "rename one of the axes to get every combination, or give both the same values"
        }, {})
        known.set(memo, undefined)
        return undefined
      }
      const made = build(params, key, fed, below, report)
      known.set(memo, made)
      return made
    }
  }
}

/** What an instance is given, with what its own rung below has left for it. */
const carrying = (feed: Feed, below: Surroundings["below"]): Feed => {
  const before = below?.instances.items.find(({ key }) => key === feed.key)
  if (below === undefined || before === undefined) return feed
  const carried = Object.entries(below.carry).map(([input, output]) => [input, [{ draft: before.draft, output }]] as const)
  return { ...feed, inputs: { ...feed.inputs, ...Object.fromEntries(carried) } }
}
