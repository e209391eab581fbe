/**
 * Which tables all runs used, without reading all runs: what finished ones say never changes, so it is folded into one file,
 * `index/uses.json`, and only runs that came since are read. The file is derived, and made anew where it does not fit the runs.
 */
import { randomBytes } from "node:crypto"
import { mkdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { readJsonFile, writeJsonFile } from "../store/json-file.ts"
import type { RunRecord } from "../store/layout.ts"
import type { StorePaths } from "../store/paths.ts"
import { readRunTasks } from "../store/runs.ts"
import { foldUses, type Use } from "./catalog.ts"

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

const keep = (paths: StorePaths, path: string, kept: Kept): void => {
  const temporary = `${path}.${process.pid}-${randomBytes(4).toString("hex")}`
  try {
    mkdirSync(join(paths.folder, "index"), { recursive: true })
    writeJsonFile(path, kept, temporary)
  } catch {
    rmSync(temporary, { force: true }) // a store that cannot be written to is still read
  }
}

/** Every use of every table in these runs, which are all that there are. Throws StoreError. */
export const readUses = (paths: StorePaths, records: ReadonlyArray<RunRecord>): ReadonlyArray<Use> => {
  const path = join(paths.folder, "index", "uses.json")
  const finished = new Set(records.filter((record) => record.status !== "running").map((record) => record.id))
  const found = readJsonFile(path, isKept)
  const kept = found?.runs.every((run) => finished.has(run)) === true ? found : { runs: [], uses: [] }
  const folded = new Set(kept.runs)
  const startedAt = new Map(records.map((record) => [record.id, record.startedAt]))
  const fold = (uses: ReadonlyArray<Use>, runs: ReadonlyArray<RunRecord>): ReadonlyArray<Use> =>
    runs.length === 0 ? uses : foldUses(uses, runs.map((record) => ({ record, tasks: readRunTasks(paths, record.id) })), (run) => startedAt.get(run) ?? 0)

  const fresh = records.filter((record) => !folded.has(record.id))
  const uses = fold(kept.uses, fresh.filter((record) => finished.has(record.id)))
  if (uses !== kept.uses && uses.length >= fewUses) keep(paths, path, { version: 1, runs: [...finished], uses })
  return fold(uses, fresh.filter((record) => !finished.has(record.id)))
}
