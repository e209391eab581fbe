/**
 * Which runs a store has, without reading the records of all of them: what the record of a finished run says never changes, so the little that every
 * query needs is kept in one file, `index/runs.json`. The file is derived, and may be deleted at any time.
 */
import { join } from "node:path"
import { readJsonFile } from "../store/json-file.ts"
import type { RunRecord } from "../store/layout.ts"
import type { StorePaths } from "../store/paths.ts"
import { readRun, runIds } from "../store/runs.ts"
import { keepDerived } from "./derived.ts"

export interface RunHead extends Pick<RunRecord, "id" | "pipeline" | "startedAt"> {
  readonly finished: boolean
}

interface Kept {
  readonly version: 1
  /** Id, pipeline and start of finished runs. */
  readonly runs: ReadonlyArray<readonly [string, string, number]>
}

const isKept = (value: unknown): value is Kept =>
  typeof value === "object" && value !== null && "version" in value && value.version === 1 && "runs" in value && Array.isArray(value.runs) &&
  value.runs.every((run) => Array.isArray(run) && typeof run[0] === "string" && typeof run[1] === "string" && typeof run[2] === "number")

/** Fewer new records than this are read as fast as the file is written. */
const fewRuns = 200

/** Every run that has a record, oldest first. Throws StoreError. */
export const readRunHeads = (paths: StorePaths): ReadonlyArray<RunHead> => {
  const path = join(paths.folder, "index", "runs.json")
  const kept = new Map((readJsonFile(path, isKept)?.runs ?? []).map((run) => [run[0], run]))
  let read = 0
  const heads = runIds(paths).toReversed().flatMap((id): ReadonlyArray<RunHead> => {
    const known = kept.get(id)
    if (known !== undefined) return [{ id, pipeline: known[1], startedAt: known[2], finished: true }]
    read++
    const record = readRun(paths, id)
    return record === undefined ? [] : [{ id, pipeline: record.pipeline, startedAt: record.startedAt, finished: record.status !== "running" }]
  })
  if (read >= fewRuns) {
    keepDerived(path, { version: 1, runs: heads.filter(({ finished }) => finished).map(({ id, pipeline, startedAt }) => [id, pipeline, startedAt] as const) } satisfies Kept)
  }
  return heads
}
