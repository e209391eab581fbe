/** What of a store belongs to one run: its records, those of its tasks, the objects that they name. Reads; changes nothing. */
import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs"
import { basename } from "node:path"
import { isActionRecord } from "../actions.ts"
import { readCodeFiles } from "../code.ts"
import { readJsonFile } from "../json-file.ts"
import { storeFormat, type ActionRecord, type RunRecord, type RunTask, type StoredOutput } from "../layout.ts"
import type { StorePaths } from "../paths.ts"
import { readRunTasks } from "../runs.ts"
import { digestFile } from "../seal.ts"
import { ArchiveError } from "./archive-error.ts"
import type { Outgoing } from "./container.ts"
import { actionPath, codePath, objectPath, runPath } from "./places.ts"

/** Which objects go along: all of them, or those that have at most so many bytes. */
export interface ObjectChoice {
  readonly mostBytes: number
}

export interface RunContents {
  readonly run: RunRecord
  /** The last word of each task. */
  readonly tasks: ReadonlyArray<RunTask>
  /** By fingerprint; without those that the store no longer has. */
  readonly actions: ReadonlyMap<string, ActionRecord>
  /** The pipeline file as it was; undefined where the run was killed before it could keep it. */
  readonly pipeline: string | undefined
  /** Digests of the objects that are in `files`. */
  readonly objects: ReadonlySet<string>
  readonly leftOut: ReadonlySet<string>
  /** In the order in which they are to be written. */
  readonly files: ReadonlyArray<Outgoing>
}

export const dataFile = (path: string, data: Uint8Array): Outgoing =>
  ({ path, bytes: data.length, digest: createHash("sha256").update(data).digest("hex"), content: { data } })

export const textFile = (path: string, text: string): Outgoing => dataFile(path, Buffer.from(text))

/** A file on the disk as it is now. */
export const fileOf = (path: string, file: string): Outgoing => ({ path, ...digestFile(file), content: { file } })

/** Throws `ArchiveError` and what the file system throws. */
export const contentsOf = (paths: StorePaths, run: RunRecord, choice: ObjectChoice): RunContents => {
  if (run.status === "running") throw new ArchiveError({ message: `${run.id} is still going: it is not all written down yet.`, hint: "Export it when it has ended." })
  const own = paths.run(run.id)
  const tasks = [...new Map(readRunTasks(paths, run.id).map((task) => [task.task, task])).values()]
  const actions = new Map<string, ActionRecord>()
  const outputs = new Map<string, StoredOutput>()
  for (const task of tasks) {
    const action = task.fingerprint === null ? undefined : readJsonFile(paths.action(task.fingerprint), isActionRecord)
    if (action !== undefined) actions.set(action.fingerprint, action)
    for (const stored of [...Object.values(task.outputs), ...Object.values(action?.outputs ?? {})]) outputs.set(stored.digest, stored)
  }
  const [objects, leftOut] = [new Set<string>(), new Set<string>()]
  const files: Array<Outgoing> = [textFile("results/store.json", JSON.stringify({ format: storeFormat }))]
  for (const [digest, { bytes }] of outputs) {
    if (bytes > choice.mostBytes) {
      leftOut.add(digest)
      continue
    }
    const found = statSync(paths.object(digest), { throwIfNoEntry: false })
    if (found?.size !== bytes) {
      throw new ArchiveError({
        message: `${paths.object(digest)} is ${found === undefined ? "not there" : "damaged"}, and ${run.id} needs it.`,
        hint: "Make it again: reprise verify --repair"
      })
    }
    objects.add(digest)
    files.push({ path: objectPath(digest), bytes, digest, content: { file: paths.object(digest) } })
  }
  for (const fingerprint of actions.keys()) files.push(dataFile(actionPath(fingerprint), readFileSync(paths.action(fingerprint))))
  for (const code of new Set([...actions.values()].map(({ record }) => record.code))) {
    if (readCodeFiles(paths, code) !== undefined) files.push(dataFile(codePath(code), readFileSync(paths.code(code))))
  }
  for (const path of [own.tasks, own.events, own.plan]) if (existsSync(path)) files.push(dataFile(runPath(run.id, basename(path)), readFileSync(path)))
  for (const name of existsSync(own.logs) ? readdirSync(own.logs).sort() : []) files.push(dataFile(runPath(run.id, `logs/${name}`), readFileSync(`${own.logs}/${name}`)))
  // The record last: what has it is whole.
  files.push(dataFile(runPath(run.id, "run.json"), readFileSync(own.record)))
  return { run, tasks, actions, pipeline: readJsonFile(own.plan, hasText)?.text, objects, leftOut, files }
}

const hasText = (value: unknown): value is { readonly text: string } => typeof value === "object" && value !== null && "text" in value && typeof value.text === "string"
