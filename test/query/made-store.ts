/** Stores made by hand for the tests of queries: runs with tasks, their tables as objects. */
import { createHash } from "node:crypto"
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import type { RunRecord, RunTask, StoredOutput } from "../../src/store/layout.ts"
import { storePaths } from "../../src/store/paths.ts"
import { openStaging, ownedRunFile } from "../../src/store/staging.ts"
import type { TableSchema } from "../../src/table/schema.ts"
import { openTableWriter, type Row } from "../../src/table/write.ts"

export interface MadeRun {
  readonly id: string
  readonly pipeline?: string
  readonly startedAt: number
  readonly status?: RunRecord["status"]
  /** The pipeline's file. */
  readonly text?: string
  readonly tasks: ReadonlyArray<Pick<RunTask, "task" | "stage" | "fingerprint" | "outputs"> & Partial<RunTask>>
  readonly events?: ReadonlyArray<unknown>
}

export const madeStore = (folder: string) => {
  const paths = storePaths(folder)
  mkdirSync(folder, { recursive: true })
  writeFileSync(paths.format, JSON.stringify({ format: 1 }))

  const publish = (draft: string): { readonly digest: string; readonly bytes: number } => {
    const bytes = readFileSync(draft)
    const digest = createHash("sha256").update(bytes).digest("hex")
    mkdirSync(dirname(paths.object(digest)), { recursive: true })
    renameSync(draft, paths.object(digest))
    return { digest, bytes: bytes.length }
  }

  const table = (schema: TableSchema, rows: ReadonlyArray<Row>, kind: "table" | "dataset" = "table"): StoredOutput => {
    const draft = join(folder, "draft")
    const writer = openTableWriter(draft, schema)
    writer.append(rows)
    writer.close()
    return { ...publish(draft), kind, mediaType: "application/vnd.apache.arrow.file", rows: rows.length }
  }

  const run = ({ events, id, pipeline = "p", startedAt, status = "succeeded", tasks, text }: MadeRun): void => {
    const { folder, ...files } = paths.run(id)
    mkdirSync(folder, { recursive: true })
    const record: RunRecord = {
      version: 1, id, pipeline, file: `${pipeline}.yaml`, command: ["reprise", "run", `${pipeline}.yaml`], startedAt,
      finishedAt: status === "running" ? null : startedAt + 1500, status, overrides: {}, environment: { commit: "abc123" },
      counts: { total: tasks.length, cached: 0, ran: tasks.length, failed: 0, skipped: 0 }
    }
    writeFileSync(files.record, JSON.stringify(record))
    const line = (task: MadeRun["tasks"][number]): RunTask => ({
      uses: "made/by-hand", status: "ran", params: {}, coordinates: [{ sweep: null, values: {} }], startedAt, wallMs: 10, ...task
    })
    writeFileSync(files.tasks, tasks.map((task) => `${JSON.stringify(line(task))}\n`).join(""))
    if (status === "running") writeFileSync(join(openStaging(paths).folder, ownedRunFile), id) // by this process, which is alive
    if (text !== undefined) writeFileSync(files.plan, JSON.stringify({ version: 1, text }))
    if (events !== undefined) writeFileSync(files.events, events.map((event) => `${JSON.stringify(event)}\n`).join(""))
  }

  return { folder, paths, table, run }
}
