/** The distinct tasks of a plan while it is being made: one for each stage of the file and recipe, in the order in which they are found. */
import type { StageDeclaration } from "../spec/pipeline.ts"
import type { Json } from "../stage/json.ts"
import type { Feed } from "./fan-out.ts"
import { digestOfJson } from "./fingerprint.ts"
import type { Coordinates, PlannedTask, TaskInput } from "./plan.ts"
import type { Prepared } from "./prepare.ts"

/** A task whose coordinates are still being found. */
export interface Draft {
  readonly task: PlannedTask
  /** Notes a place at which the task is used; a place noted before changes nothing. */
  readonly place: (coordinates: Coordinates) => void
}

export interface TaskTable {
  /** The task that computes this, made if it is new. What feeds it must be there already. */
  readonly draft: (declaration: StageDeclaration, prepared: Extract<Prepared, { kind: "task" }>, feed: Feed) => Draft
  /** In topological order. */
  readonly tasks: () => ReadonlyArray<PlannedTask>
}

export const makeTaskTable = (): TaskTable => {
  const byRecipe = new Map<string, Draft>()
  const ids = new Set<string>()
  const tasks: Array<PlannedTask> = []

  /** Ten digits of the recipe tell a stage's tasks apart but for one plan in millions, where more are taken. */
  const newId = (stage: string, recipe: string): string => {
    let digits = 10
    while (ids.has(`${stage}-${recipe.slice(0, digits)}`)) digits++
    const id = `${stage}-${recipe.slice(0, digits)}`
    ids.add(id)
    return id
  }
  return {
    tasks: () => tasks,
    draft: (declaration, prepared, feed) => {
      const recipe = recipeOf(prepared.digest, feed)
      const key = `${declaration.id} ${recipe}`
      const known = byRecipe.get(key)
      if (known !== undefined) return known
      const coordinates: Array<Coordinates> = []
      let placed: Set<Coordinates> | undefined
      const task: PlannedTask = {
        id: newId(declaration.id, recipe),
        recipe,
        stage: declaration.id,
        uses: declaration.uses,
        params: prepared.params,
        inputs: Object.fromEntries(Object.entries(feed.inputs).map(([name, sources]) => [
          name,
          sources.map(({ draft, item, output }): TaskInput => ({ task: draft.task.id, output, ...(item === undefined ? {} : { item }) }))
        ])),
        files: prepared.files,
        declaration,
        coordinates
      }
      const draft: Draft = {
        task,
        place: (at) => {
          if (placed?.has(at) ?? coordinates.includes(at)) return
          coordinates.push(at)
          // Most tasks have few places; a set for each of 100,000 tasks would be most of the plan.
          if (coordinates.length > 16) placed = (placed ?? new Set(coordinates)).add(at)
        }
      }
      byRecipe.set(key, draft)
      tasks.push(task)
      return draft
    }
  }
}

/** Digest of what a task would compute, as far as it is known before anything has run: as its fingerprint, with the recipes of what feeds
 * it in the place of content. */
const recipeOf = (task: string, feed: Feed): string => {
  const inputs = Object.entries(feed.inputs).filter(([, sources]) => sources.length > 0).map(([name, sources]): [string, Json] => [
    name,
    sources.map(({ draft, item, output }) => ({ recipe: draft.task.recipe, output, ...(item === undefined ? {} : { item }) }))
  ])
  return digestOfJson({ type: "reprise/recipe", version: 1, task, inputs: Object.fromEntries(inputs) })
}
