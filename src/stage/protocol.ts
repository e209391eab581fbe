/**
 * What crosses between a stage and whoever runs it: plain values and promises, nothing of Effect, so that a stage's
 * bundle and its host may each carry their own copy of every library. The default export of a stage module is a
 * `StageInterface`; `defineStage` (define.ts) makes one from what the author writes.
 */
import type { ColumnType } from "../table/schema.ts"
import type { Json, JsonObject } from "./json.ts"

/** What kind of thing an output is and an input takes. `table` is Arrow with declared columns; `dataset` is Arrow with
 * samples `x` and targets `y`; `model` is ONNX; `artefact` is any other file. */
export type OutputSpec =
  | { readonly kind: "table"; readonly columns: Readonly<Record<string, ColumnType>>; readonly doc?: string }
  | { readonly kind: "dataset"; readonly doc?: string }
  | { readonly kind: "model"; readonly doc?: string }
  | { readonly kind: "artefact"; readonly mediaType: string; readonly extension: string; readonly doc?: string }

export interface InputSpec {
  /** `any` takes whatever an output gives. A `table` input also takes a dataset. */
  readonly kind: "table" | "dataset" | "model" | "artefact" | "any"
  /** Takes every instance of a fanned-out stage, in order, rather than one. */
  readonly many: boolean
  readonly optional: boolean
  /** For a table: the columns that must be there. */
  readonly columns?: Readonly<Record<string, ColumnType>>
  readonly doc?: string
}

/** One problem with a task's parameters; `path` leads to the key inside `with`. */
export interface ParameterIssue {
  readonly path: ReadonlyArray<string | number>
  readonly message: string
}

export type DecodeResult =
  /** `params` is plain JSON with every default filled in: what the fingerprint is taken of. `files` are the values of parameters that
   * name a file of the project; their content counts, not their name. */
  | { readonly ok: true; readonly params: JsonObject; readonly files: ReadonlyArray<string> }
  | { readonly ok: false; readonly issues: ReadonlyArray<ParameterIssue> }

/** One parameter as `reprise stages NAME` shows it. */
export interface ParameterDescription {
  readonly name: string
  readonly type: string
  readonly doc: string
  readonly unit?: string
  readonly required: boolean
  readonly default?: Json
}

export interface StageDescription {
  readonly name: string
  readonly summary: string
  readonly params: ReadonlyArray<ParameterDescription>
  /** JSON Schema (draft 2020-12) of `with`, with its definitions inside under `$defs`. */
  readonly schema: JsonObject
  readonly inputs: Readonly<Record<string, InputSpec>>
  readonly outputs: Readonly<Record<string, OutputSpec>>
  /** The file names inputs as it likes. */
  readonly anyInputs?: boolean
  /** A stage entry as one would write it in a pipeline file. */
  readonly example: string
}

/** One file given to an input: an immutable object of the store. */
export interface InputFile {
  readonly path: string
  readonly digest: string
  readonly mediaType: string
  /** Output kind that made it. */
  readonly kind: OutputSpec["kind"]
  /** Scalar parameters (sweep coordinates) of the task that made it. */
  readonly coordinates: JsonObject
}

/** Everything a task needs to run; self-contained, so that it can be frozen in a file and run on another machine. */
export interface TaskRequest {
  readonly id: string
  readonly params: JsonObject
  readonly inputs: Readonly<Record<string, ReadonlyArray<InputFile>>>
  /** Absolute paths, not existing yet, at which the stage writes its outputs. */
  readonly outputs: Readonly<Record<string, string>>
  /** A folder of the task's own, empty at the start, removed afterwards. */
  readonly scratch: string
  /** A file that survives a killed attempt; absent at the first one. */
  readonly checkpoint: string
  /** The project's folder, for parameters that name files. */
  readonly project: string
  /** Threads that the task may use (its `resources.cpus`). */
  readonly threads: number
  /** Graphics cards that are its own while it runs, as the driver's variables name them; absent where it asks for none. */
  readonly gpus?: ReadonlyArray<string>
  /** Tensor backend, as fingerprints name it: `cpu`, `webgpu fallback=cpu`. */
  readonly backend: string
  /** The backend's configuration, as a file of configs/backends says it; a provider of that name without options when absent. */
  readonly backendConfig?: JsonObject
}

/** What a stage says while it works. */
export type StageEvent =
  | { readonly type: "progress"; readonly done: number; readonly total: number; readonly message?: string }
  | { readonly type: "metric"; readonly name: string; readonly value: number; readonly step: number }
  | { readonly type: "log"; readonly level: "debug" | "info" | "warn" | "error"; readonly message: string }

export interface StageHost {
  emit(event: StageEvent): void
  readonly signal: AbortSignal
}

/** Facts about one output that only its writer knows. */
export interface OutputFacts {
  /** Rows of a table or samples of a data set. */
  readonly rows?: number
}

/** How a task ended, as the stage sees it. A defect (a bug, a native crash) rejects the promise instead. */
export type StageOutcome =
  | { readonly ok: true; readonly outputs: Readonly<Record<string, OutputFacts>> }
  | { readonly ok: false; readonly error: { readonly tag: string; readonly message: string; readonly hint?: string; /** Of a program that the stage ran. */ readonly exitCode?: number } }

/** What a task takes and gives. */
export interface StageShape {
  readonly inputs: Readonly<Record<string, InputSpec>>
  readonly outputs: Readonly<Record<string, OutputSpec>>
}

export interface StageInterface extends StageShape {
  readonly protocol: 1
  /** `family/name`, as in `uses`. */
  readonly name: string
  /** Reads outside its inputs, so it is never cached. */
  readonly volatile: boolean
  /** Computes with the tensor engine, so that backend and engine version count in the fingerprint. */
  readonly engine: boolean
  /** For a stage whose inputs and outputs the file declares (`exec`): those of a task with these parameters, as far as they are written
   * out, that is given these inputs. `inputs` and `outputs` are then empty. What is wrong with the parameters is for `decode` to say. */
  shape?(params: JsonObject, inputs: ReadonlyArray<string>): StageShape
  describe(): StageDescription
  decode(params: JsonObject): DecodeResult
  execute(task: TaskRequest, host: StageHost): Promise<StageOutcome>
}
