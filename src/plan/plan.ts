/**
 * A plan: the distinct tasks that a pipeline asks for at the points of its sweeps, in topological order. Pure data. Two
 * points that need the same work share one task.
 */
import type { JsonObject } from "../stage/json.ts"
import type { Pipeline, StageDeclaration } from "../spec/pipeline.ts"
import type { PlannedSearches } from "./searches.ts"

export type TaskId = string

/** A place in a table's coordinate system at which a task is used. */
export interface Coordinates {
  /** Name of the sweep; null outside of any, and in an unnamed one. */
  readonly sweep: string | null
  /** Parameters of the pipeline, and matrix axes, on which the task depends, directly or through its inputs. Scalars: a list or an
   * object stands here as JSON text. A matrix axis hides a parameter of the same name. */
  readonly values: JsonObject
}

/** One thing given to an input: an output of another task. */
export interface TaskInput {
  readonly task: TaskId
  readonly output: string
  /** Where a `many` input gathers a fanned-out stage: the matrix values of this instance. The only coordinates that the stage is told,
   * since they are the only ones that its fingerprint holds. */
  readonly item?: JsonObject
}

export interface PlannedTask {
  /** Stage id, `-`, the first ten hexadecimal digits of the recipe: stable between plans. */
  readonly id: TaskId
  /** Digest of what the task would compute, as far as it is known before anything has run: stage, code, parameters and the recipes of
   * its inputs. Equal recipes of one stage of the file are one task; those of two stages have one fingerprint, and run once. */
  readonly recipe: string
  /** Id of the stage in the file. */
  readonly stage: string
  /** Name of the stage. */
  readonly uses: string
  /** After expressions and defaults. */
  readonly params: JsonObject
  readonly inputs: Readonly<Record<string, ReadonlyArray<TaskInput>>>
  /** Content digests of project files that parameters name, by the files' paths. */
  readonly files: Readonly<Record<string, string>>
  readonly declaration: StageDeclaration
  /** Every point at which the task is used, without repetition. */
  readonly coordinates: ReadonlyArray<Coordinates>
}

export interface Plan {
  readonly pipeline: Pipeline
  /** In topological order. */
  readonly tasks: ReadonlyArray<PlannedTask>
  /** Columns that the coordinates have, in the order of the file: parameters, then matrix axes. */
  readonly axes: ReadonlyArray<string>
  /** How many tasks the file asks for before sharing, by stage id. */
  readonly asked: Readonly<Record<string, number>>
  /** Which tasks run only if their configuration is worth it; absent where no sweep is a search. */
  readonly searches?: PlannedSearches
}
