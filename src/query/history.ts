/**
 * Which tables all runs used, without reading all runs: what finished ones say never changes, so it is folded into one file,
 * `index/uses.ndjson`, and only runs that came since are read. The file is derived, and made anew where it does not fit the runs.
 */
import { join } from "node:path"
import { readJournal } from "../store/journal.ts"
import type { StorePaths } from "../store/paths.ts"
import { runTasks } from "../store/runs.ts"
import { foldUses, type Use } from "./catalog.ts"
import { keepDerivedLines } from "./derived.ts"
import type { RunHead } from "./run-heads.ts"

/** The first line of the file; the uses follow, a line for each. */
interface Head {
  readonly version: 2
  /** Runs whose uses these are. */
  readonly runs: ReadonlyArray<string>
  /** How many lines follow. */
  readonly lines: number
}

const isHead = (value: Head | Use): value is Head => "version" in value
const isLine = (value: unknown): value is Head | Use =>
  typeof value === "object" && value !== null &&
  ("version" in value ? value.version === 2 && "runs" in value && Array.isArray(value.runs) && "lines" in value : "work" in value && "stored" in value && "values" in value)

interface Kept {
  readonly runs: ReadonlyArray<string>
  readonly uses: ReadonlyArray<Use>
}

const readKept = (path: string): Kept | undefined => {
  const lines = readJournal(path, isLine)
  const [head] = lines
  if (head === undefined || !isHead(head) || head.lines !== lines.length - 1) return undefined
  return { runs: head.runs, uses: lines.flatMap((line) => (isHead(line) ? [] : [line])) }
}

/** Fewer uses than this are read from the runs as fast as from the file. */
const fewUses = 1000

/** Every use of every table in these runs, which are all that there are. Throws StoreError. */
export const readUses = (paths: StorePaths, records: ReadonlyArray<RunHead>): ReadonlyArray<Use> => {
  const path = join(paths.folder, "index", "uses.ndjson")
  const finished = new Set(records.filter((record) => record.finished).map((record) => record.id))
  const found = readKept(path)
  const kept = found?.runs.every((run) => finished.has(run)) === true ? found : { runs: [], uses: [] }
  const folded = new Set(kept.runs)
  const startedAt = new Map(records.map((record) => [record.id, record.startedAt]))
  const fold = (uses: ReadonlyArray<Use>, runs: ReadonlyArray<RunHead>): ReadonlyArray<Use> =>
    runs.length === 0 ? uses : foldUses(uses, runs.map((record) => ({ record, tasks: runTasks(paths, record.id) })), (run) => startedAt.get(run) ?? 0)

  const fresh = records.filter((record) => !folded.has(record.id))
  const uses = fold(kept.uses, fresh.filter((record) => finished.has(record.id)))
  if (uses !== kept.uses && uses.length >= fewUses) keepDerivedLines(path, [{ version: 2, runs: [...finished], lines: uses.length } satisfies Head, ...uses])
  return fold(uses, fresh.filter((record) => !finished.has(record.id)))
}
