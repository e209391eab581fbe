/**
 * The fingerprint of a task: what its results are kept under. This file lists every field of the key with the reason that
 * it is in; nothing else counts. Two tasks with equal fingerprints must give equal results, so a field is in when it can
 * change a number, and out when it cannot. A change here is a change of the format: raise `version`.
 *
 * Not in, because they cannot change a number: the stage's id in the file, the pipeline's name, the folder, the order of
 * keys in the YAML, the sweep, the run, the host, `retry`, `timeout`, and how the file spells a value (`1e-1`, an expression).
 */
import { createHash } from "node:crypto"
import type { Json, JsonObject } from "../stage/json.ts"
import { canonicalJson, isJsonObject } from "../stage/json.ts"
import type { PlannedTask } from "./plan.ts"

/** A type alias, not an interface: it is plain JSON and goes where `JsonObject` goes. */
export type FingerprintRecord = {
  /** Keeps this record apart from every other kind of record that is ever hashed. */
  readonly type: "reprise/task"
  /** Of this format. A record of another version never equals one of this. */
  readonly version: 1
  /** `family/name`. Random streams are keyed by it, so two stages of equal code still draw different numbers. */
  readonly stage: string
  /** Digest of the stage's minified bundle and of the locked versions of the packages that it imports: everything that the stage can
   * reach, and nothing that it cannot (comments, other stages). */
  readonly code: string
  /** After expressions and defaults, so that writing a default out changes nothing. A parameter that names a project file holds
   * `{"$file": ".yaml"}`: the file's content counts (under `files`) and its name does not, save for the extension, by which a stage may
   * choose how to read it. Moving or renaming a file reruns nothing. */
  readonly params: JsonObject
  /** Digests of what each input is given, in order. By content, not by what made it: a rerun that yields the same bytes stops there.
   * An input that is given nothing is left out, so that a stage may gain an optional input without rerunning. */
  readonly inputs: Readonly<Record<string, ReadonlyArray<string>>>
  /** For an input that gathers the instances of a fanned-out stage: the matrix values of each, in the order of `inputs`. The stage is
   * told them, and may write them into its tables. */
  readonly items: Readonly<Record<string, ReadonlyArray<JsonObject>>>
  /** Digests of the project files that parameters name, by the parameter's path, as in `layers[0].weights`. */
  readonly files: Readonly<Record<string, string>>
  /** For a stage that computes with the tensor engine: kernels differ in the last bits between versions, backends and numbers of
   * threads (sums are split among them). Null for every other stage, so that an upgrade of the engine keeps their results. */
  readonly engine: null | { readonly name: string; readonly version: string; readonly backend: string; readonly threads: number }
}

/** 64 hexadecimal digits: SHA-256 of the record's canonical JSON. */
export const fingerprintOf = (record: FingerprintRecord): string => digestOfJson(record)

/** SHA-256, in hexadecimal, of a value's canonical JSON. */
export const digestOfJson = (value: Json): string => createHash("sha256").update(canonicalJson(value)).digest("hex")

/** What tensors are computed with. */
export interface Engine {
  /** The library (onnxruntime). */
  readonly name?: string
  readonly version: string
  /** The provider, with those of its options that can change the numbers: `cpu`, `webgpu fallback=cpu`. */
  readonly backend: string
  /** Threads within one operator where the backend's configuration fixes them; a task's cores otherwise. */
  readonly threads?: number
  /** The backend's configuration for tasks. What counts of it is said above, so it is not in the record. */
  readonly config?: JsonObject
}

/** What the key needs to know beyond the task itself. */
export interface RecordContext {
  /** The stage's code digest. */
  readonly code: string
  /** Null for a stage that does not use the tensor engine. */
  readonly engine: Engine | null
  /** Digest of one output of a task that has finished. */
  readonly digestOf: (input: { readonly task: string; readonly output: string }) => string
}

/** The record of a planned task whose inputs are there. The only place where records are made. */
export const recordOf = (
  task: Pick<PlannedTask, "uses" | "params" | "inputs" | "files" | "declaration">,
  context: RecordContext
): FingerprintRecord => {
  const inputs: Record<string, ReadonlyArray<string>> = {}
  const items: Record<string, ReadonlyArray<JsonObject>> = {}
  for (const [name, sources] of Object.entries(task.inputs)) {
    if (sources.length === 0) continue
    inputs[name] = sources.map(context.digestOf)
    if (sources.some((source) => source.item !== undefined)) items[name] = sources.map((source) => source.item ?? {})
  }
  return { ...staticPart(task, context), inputs, items }
}

/** The part of the record that is known before anything has run. */
export const staticPart = (
  task: Pick<PlannedTask, "uses" | "params" | "files" | "declaration">,
  context: Pick<RecordContext, "code" | "engine">
): Omit<FingerprintRecord, "inputs" | "items"> => {
  const { files, params } = liftFiles(task.params, task.files)
  return {
    type: "reprise/task",
    version: 1,
    stage: task.uses,
    code: context.code,
    params,
    files,
    engine: context.engine === null ? null : engineOf(context.engine, task.declaration.resources.cpus)
  }
}

const engineOf = ({ name = "onnxruntime", version, backend, threads }: Engine, cpus: number): FingerprintRecord["engine"] =>
  ({ name, version, backend, threads: threads ?? cpus })

/**
 * Replaces each parameter value that names a file by `{"$file": extension}` and lists the file's digest under the parameter's
 * path. A value that only looks like the replacement differs from it by having no entry in `files`.
 */
const liftFiles = (params: JsonObject, digests: Readonly<Record<string, string>>): { params: JsonObject; files: Record<string, string> } => {
  const files: Record<string, string> = {}
  if (Object.keys(digests).length === 0) return { params, files }
  const lift = (value: Json, path: string): Json => {
    if (typeof value === "string") {
      const digest = Object.hasOwn(digests, value) ? digests[value] : undefined
      if (digest === undefined) return value
      files[path] = digest
      return { $file: extensionOf(value) }
    }
    if (Array.isArray(value)) return value.map((item, index) => lift(item, `${path}[${index}]`))
    return isJsonObject(value) ? liftObject(value, `${path}.`) : value
  }
  const liftObject = (object: JsonObject, prefix: string): JsonObject =>
    Object.fromEntries(Object.entries(object).map(([key, value]) => [key, lift(value, prefix + key)]))
  return { params: liftObject(params, ""), files }
}

const extensionOf = (path: string): string => /\.[^./\\]+$/.exec(path)?.[0].toLowerCase() ?? ""
