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
  /** The task's own list. */
  readonly coordinates: Array<Coordinates>
  /** The same as a set, once there are many: a set for each of 100,000 tasks would be most of the plan. */
  placed: Set<Coordinates> | undefined
}

/** Notes a place at which the task is used; a place noted before changes nothing. */
export const place = (draft: Draft, at: Coordinates): void => {
  if (draft.placed?.has(at) ?? draft.coordinates.includes(at)) return
  draft.coordinates.push(at)
  if (draft.coordinates.length > 16) draft.placed = (draft.placed ?? new Set(draft.coordinates)).add(at)
}

export interface TaskTable {
  /** The task that computes this, made if it is new. What feeds it must be there already. */
  readonly draft: (declaration: StageDeclaration, prepared: Extract<Prepared, { kind: "task" }>, feed: Feed) => Draft
  /** In topological order. */
  readonly tasks: () => ReadonlyArray<PlannedTask>
}

export const makeTaskTable = (): TaskTable => {
  const drafts = new Map<StageDeclaration, Map<string, Draft>>()
  const ids = new Set<string>()
  const tasks: Array<PlannedTask> = []
  return {
    tasks: () => tasks,
    draft: (declaration, prepared, feed) => {
      const byRecipe = drafts.get(declaration) ?? new Map<string, Draft>()
      drafts.set(declaration, byRecipe)
      const recipe = recipeOf(prepared.digest, feed)
      const known = byRecipe.get(recipe)
      if (known !== undefined) return known
      const coordinates: Array<Coordinates> = []
      const task: PlannedTask = {
        id: newId(ids, declaration.id, recipe),
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
      const draft: Draft = { task, coordinates, placed: undefined }
      byRecipe.set(recipe, draft)
      tasks.push(task)
      return draft
    }
  }
}

/** Ten digits of the recipe tell a stage's tasks apart in all but one of hundreds of plans of 100,000; there, one task takes more. */
const newId = (ids: Set<string>, stage: string, recipe: string): string => {
  for (let digits = 10;; digits++) {
    const id = `${stage}-${recipe.slice(0, digits)}`
    if (ids.has(id)) continue
    ids.add(id)
    return id
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
