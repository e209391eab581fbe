/**
 * A pipeline as the YAML file declares it, after every check that needs no other file: names resolve, expressions parse,
 * sweeps have axes. Values inside may still hold expressions; `plan` evaluates them at each point of a sweep.
 */
import type { Json, JsonObject } from "../stage/json.ts"
import type { Expression } from "./expression.ts"
import type { Retry } from "./retry.ts"
import type { Search } from "./search.ts"
import type { SourceMap } from "./source.ts"
import type { Axis, SweepDeclaration } from "./sweep.ts"

/** A value of the file in which any string may have been an expression. */
export type Template =
  | { readonly kind: "literal"; readonly value: null | boolean | number | string }
  /** A string that is one `${{ ... }}`: keeps the expression's type. */
  | { readonly kind: "expression"; readonly expression: Expression }
  /** Text with expressions inside: always a string. */
  | { readonly kind: "text"; readonly parts: ReadonlyArray<string | Expression> }
  | { readonly kind: "array"; readonly items: ReadonlyArray<Template> }
  | { readonly kind: "object"; readonly entries: Readonly<Record<string, Template>> }

export interface Pipeline {
  readonly name: string
  readonly description: string | undefined
  readonly paper: { readonly title?: string; readonly arxiv?: string; readonly doi?: string; readonly url?: string } | undefined
  /** Defaults; a parameter may be an expression over other parameters. */
  readonly params: Readonly<Record<string, Template>>
  /** Named sets of parameters, chosen with `--profile`. */
  readonly profiles: Readonly<Record<string, Readonly<Record<string, Template>>>>
  readonly sweeps: ReadonlyArray<Sweep>
  readonly stages: Readonly<Record<string, StageDeclaration>>
  /** Queries whose answers are printed after a run. */
  readonly summaries: Readonly<Record<string, Summary>>
  readonly figures: Readonly<Record<string, Figure>>
  readonly claims: ReadonlyArray<Claim>
  readonly source: SourceMap
  /** The profile that was chosen, if any. */
  readonly profile?: string
  /** Axes as the file writes them: expressions over parameters, evaluated again when parameters are overridden. Absent in a pipeline
   * that was not read from a file; its axes are then what they are. */
  readonly declared?: {
    readonly sweeps: ReadonlyArray<SweepDeclaration>
    /** By stage id and axis. */
    readonly matrices: Readonly<Record<string, Readonly<Record<string, Axis>>>>
  }
}

/** One panel: the pipeline, or the part that leads to `targets`, at each point of `list x zip x grid`. */
export interface Sweep {
  /** Empty for the single unnamed `sweep:`. */
  readonly name: string
  /** Parameters that this sweep sets to something else than the file does, at every point. */
  readonly set: Readonly<Record<string, Template>>
  /** Every combination of the axes. */
  readonly grid: Readonly<Record<string, ReadonlyArray<Json>>>
  /** Axes of one length, walked together. */
  readonly zip: Readonly<Record<string, ReadonlyArray<Json>>>
  /** Points written out. */
  readonly list: ReadonlyArray<JsonObject>
  /** Says which points of `list`, its cells in their order, run. Each combination of `zip` and `grid` is a search of its own. */
  readonly search?: Search
  /** Stage ids that this sweep is for (what leads to them is implied); undefined: all. */
  readonly targets: ReadonlyArray<string> | undefined
}

export interface OutputReference {
  readonly stage: string
  readonly output: string
}

export interface StageDeclaration {
  readonly id: string
  readonly uses: string
  readonly with: Readonly<Record<string, Template>>
  readonly in: Readonly<Record<string, ReadonlyArray<OutputReference>>>
  /** Planned only where this holds. */
  readonly when: Expression | undefined
  /** Fans this stage out: one instance for each combination (`foreach` is a matrix with the one axis `item`). */
  readonly matrix: Readonly<Record<string, ReadonlyArray<Json>>>
  readonly retry: Retry
  /** Seconds. */
  readonly timeout: number | undefined
  readonly resources: { readonly cpus: number; readonly gpus: number; readonly memoryMiB: number | undefined; readonly others?: Readonly<Record<string, number>> }
}

export interface Summary {
  readonly title: string | undefined
  readonly sql: string
}

export interface Figure {
  readonly sql: string
  readonly mark: "line" | "point" | "bar" | "rect" | "area"
  readonly x: string
  readonly y: string
  readonly color: string | undefined
  readonly title: string | undefined
}

export interface Claim {
  readonly id: string
  readonly source: string
  /** Gives one number. */
  readonly sql: string
  readonly published: number
  readonly tolerance: number
  /** `equal`: within the tolerance. `at-least`, `at-most`: on that side of published, the tolerance allowed. */
  readonly compare: "equal" | "at-least" | "at-most"
}
