/**
 * Which tables all runs used, without reading all runs: what finished ones say never changes, so it is folded into one file,
 * `index/uses.json`, and only runs that came since are read. The file is derived, and made anew where it does not fit the runs.
 */
import { join } from "node:path"
import { readJsonFile } from "../store/json-file.ts"
import type { StorePaths } from "../store/paths.ts"
import { readRunTasks } from "../store/runs.ts"
import { foldUses, type Use } from "./catalog.ts"
import { keepDerived } from "./derived.ts"
import type { RunHead } from "./run-heads.ts"

interface Kept {
  readonly version: 1
  /** Runs whose uses these are. */
  readonly runs: ReadonlyArray<string>
  readonly uses: ReadonlyArray<Use>
}

const isKept = (value: unknown): value is Kept =>
  typeof value === "object" && value !== null && "version" in value && value.version === 1 && "runs" in value && Array.isArray(value.runs) &&
  "uses" in value && Array.isArray(value.uses)

/** Fewer uses than this are read from the runs as fast as from the file. */
const fewUses = 1000

/** Every use of every table in these runs, which are all that there are. Throws StoreError. */
export const readUses = (paths: StorePaths, records: ReadonlyArray<RunHead>): ReadonlyArray<Use> => {
  const path = join(paths.folder, "index", "uses.json")
  const finished = new Set(records.filter((record) => record.finished).map((record) => record.id))
  const found = readJsonFile(path, isKept)
  const kept = found?.runs.every((run) => finished.has(run)) === true ? found : { runs: [], uses: [] }
  const folded = new Set(kept.runs)
  const startedAt = new Map(records.map((record) => [record.id, record.startedAt]))
  const fold = (uses: ReadonlyArray<Use>, runs: ReadonlyArray<RunHead>): ReadonlyArray<Use> =>
    runs.length === 0 ? uses : foldUses(uses, runs.map((record) => ({ record, tasks: readRunTasks(paths, record.id) })), (run) => startedAt.get(run) ?? 0)

  const fresh = records.filter((record) => !folded.has(record.id))
  const uses = fold(kept.uses, fresh.filter((record) => finished.has(record.id)))
  if (uses !== kept.uses && uses.length >= fewUses) keepDerived(path, { version: 1, runs: [...finished], uses } satisfies Kept)
  return fold(uses, fresh.filter((record) => !finished.has(record.id)))
}
