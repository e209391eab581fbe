/**
 * How long the first answer takes over 30,000 results of 100 rows each, whole command: as one run with 30,000 tasks, and as 30,000 runs with one. The rows
 * are all read. The second time is what one waits for as a rule, because a run prepares the index at its end; the first, when nothing is prepared, stands in the note.
 */
import { createHash } from "node:crypto"
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import type { RunRecord, RunTask } from "../src/store/layout.ts"
import { storePaths } from "../src/store/paths.ts"
import { runId } from "../src/store/runs.ts"
import { openTableWriter } from "../src/table/write.ts"
import { median, spread } from "./row.ts"
import type { BenchRow } from "./row.ts"
import { query } from "./scheduler/project.ts"

const [results, rows] = [30_000, 100] as const

/** A store as so many runs with so many tasks each would leave it. */
const makeStore = (folder: string, runs: number): void => {
  const paths = storePaths(folder)
  mkdirSync(folder, { recursive: true })
  writeFileSync(paths.format, JSON.stringify({ format: 1 }))
  const draft = join(folder, "draft")
  const lineOf = (i: number): string => {
    const writer = openTableWriter(draft, { step: { type: "int32" }, loss: { type: "float64" } })
    writer.append(Array.from({ length: rows }, (_, step) => ({ step, loss: i + step / rows })))
    writer.close()
    const bytes = readFileSync(draft)
    const digest = createHash("sha256").update(bytes).digest("hex")
    mkdirSync(dirname(paths.object(digest)), { recursive: true })
    renameSync(draft, paths.object(digest))
    const task: RunTask = {
      task: `train-${i}`, stage: "train", uses: "toy/train", fingerprint: createHash("sha256").update(String(i)).digest("hex"), status: "ran", params: { seed: i },
      coordinates: [{ sweep: null, values: { seed: i } }], startedAt: 0, wallMs: 1,
      outputs: { curve: { digest, bytes: bytes.length, kind: "table", mediaType: "application/vnd.apache.arrow.file", rows } }
    }
    return `${JSON.stringify(task)}\n`
  }
  const each = results / runs
  for (let run = 0; run < runs; run++) {
    const startedAt = Date.UTC(2026, 0, 1) + 1000 * run
    const id = runId("curves", startedAt)
    const record: RunRecord = {
      version: 1, id, pipeline: "curves", file: "curves.yaml", command: ["reprise", "run", "curves.yaml"], startedAt, finishedAt: startedAt + 1, status: "succeeded",
      overrides: {}, environment: {}, counts: { total: each, cached: 0, ran: each, failed: 0, skipped: 0 }
    }
    mkdirSync(paths.run(id).folder, { recursive: true })
    writeFileSync(paths.run(id).tasks, Array.from({ length: each }, (_, at) => lineOf(run * each + at)).join(""))
    writeFileSync(paths.run(id).record, JSON.stringify(record))
  }
}

export const queryBench = async ({ quick }: { readonly quick: boolean }, onRow: (row: BenchRow) => void = () => undefined): Promise<ReadonlyArray<BenchRow>> => {
  const folder = mkdtempSync(join(tmpdir(), "reprise-query-"))
  try {
    return [1, results].map((runs) => {
      const store = join(folder, String(runs))
      makeStore(store, runs)
      const ask = () => query(store, "select count(*) as n, avg(loss) as loss from train", String(results * rows)).seconds
      const first = ask()
      const times = Array.from({ length: quick ? 3 : 9 }, ask)
      const row: BenchRow = {
        work: `query, ${runs === 1 ? `one run of ${results} tasks` : `${results} runs of one task`}, ${rows} rows each`,
        ours: median(times), peer: null, ratio: null, limit: 1, spread: spread(times), unit: "s", note: `the limit is of seconds; without an index ${first.toFixed(2)} s`
      }
      onRow(row)
      return row
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
