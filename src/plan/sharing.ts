/**
 * How much work the points of a plan share: what `reprise plan` prints as "30 trainings asked for, 12 distinct".
 */
import type { Plan } from "./plan.ts"

export interface Sharing {
  /** A stage id of the file, or the name of a stage where rows are grouped by it. */
  readonly name: string
  /** Instances that the file asks for, one for each point and matrix combination. */
  readonly asked: number
  /** Instances that differ in what they compute: as many tasks at most will run. */
  readonly distinct: number
}

/** One row for each stage of the file that has a task, in the order of the plan. */
export const sharingByStage = (plan: Plan): ReadonlyArray<Sharing> => share(plan, (stage) => stage)

/** One row for each name in `uses`; two stages of the file that ask for equal work share it. */
export const sharingByUse = (plan: Plan): ReadonlyArray<Sharing> =>
  share(plan, (stage) => plan.pipeline.stages[stage]?.uses ?? stage)

const share = (plan: Plan, nameOf: (stage: string) => string): ReadonlyArray<Sharing> => {
  const recipes = new Map<string, Set<string>>()
  for (const task of plan.tasks) {
    const name = nameOf(task.stage)
    const seen = recipes.get(name)
    if (seen === undefined) recipes.set(name, new Set([task.recipe]))
    else seen.add(task.recipe)
  }
  const asked = new Map<string, number>()
  for (const [stage, count] of Object.entries(plan.asked)) asked.set(nameOf(stage), (asked.get(nameOf(stage)) ?? 0) + count)
  return [...recipes].map(([name, distinct]) => ({ name, asked: asked.get(name) ?? 0, distinct: distinct.size }))
}
