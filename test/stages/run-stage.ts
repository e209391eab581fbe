/** Runs a stage as a worker would, in a temporary folder, for tests: parameters through its own decoder, outputs read back. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { onTestFinished } from "vitest"
import type { JsonObject } from "../../src/stage/json.ts"
import type { OutputSpec, StageEvent, StageInterface, TaskRequest } from "../../src/stage/protocol.ts"
import type { Dataset } from "../../src/table/dataset.ts"
import { readDataset, writeDataset } from "../../src/table/dataset-file.ts"
import { readTable } from "../../src/table/read.ts"

export interface Made {
  readonly path: string
  readonly kind: OutputSpec["kind"]
}

export interface Ran {
  readonly outputs: Readonly<Record<string, Made>>
  readonly events: ReadonlyArray<StageEvent>
  /** The rows of a table output. */
  rows(output: string): ReadonlyArray<Readonly<Record<string, unknown>>>
  dataset(output: string): Dataset
  bytes(output: string): Uint8Array
}

export interface Options {
  readonly inputs?: Readonly<Record<string, Made>>
  readonly project?: string
  /** A checkpoint left by an earlier attempt, and where the next one puts its own. */
  readonly checkpoint?: string
  readonly signal?: AbortSignal
  readonly onEvent?: (event: StageEvent) => void
}

/** A folder that is gone when the test is over. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "reprise-stage-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A data set as an input. */
export const given = (data: Dataset): Made => {
  const path = join(temporaryFolder(), "data.arrow")
  writeDataset(path, data)
  return { path, kind: "dataset" }
}

/** Fails the test when the stage refuses its parameters or fails. */
export const runStage = async (stage: StageInterface, params: JsonObject, options: Options = {}): Promise<Ran> => {
  const { error, ran } = await attemptStage(stage, params, options)
  if (error !== undefined) throw new Error(`${stage.name}: ${error.message}`)
  return ran
}

/** The same, giving the failure of a stage that is expected to fail. */
export const attemptStage = async (stage: StageInterface, params: JsonObject, options: Options = {}) => {
  const decoded = stage.decode(params)
  if (!decoded.ok) throw new Error(`${stage.name}: ${decoded.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ")}`)
  const folder = temporaryFolder()
  const scratch = join(folder, "scratch")
  mkdirSync(scratch)
  const outputs = Object.fromEntries(Object.entries(stage.outputs).map(([name, { kind }]) => [name, { kind, path: join(folder, name) }]))
  const events: Array<StageEvent> = []
  const task: TaskRequest = {
    id: "test",
    params: decoded.params,
    inputs: Object.fromEntries(Object.entries(options.inputs ?? {}).map(([name, { kind, path }]) => [
      name,
      [{ path, kind, digest: "", mediaType: "application/octet-stream", coordinates: {} }]
    ])),
    outputs: Object.fromEntries(Object.entries(outputs).map(([name, { path }]) => [name, path])),
    scratch,
    checkpoint: options.checkpoint ?? join(folder, "checkpoint"),
    project: options.project ?? process.cwd(),
    threads: 1,
    backend: "cpu"
  }
  const outcome = await stage.execute(task, {
    emit: (event) => {
      events.push(event)
      options.onEvent?.(event)
    },
    signal: options.signal ?? new AbortController().signal
  })
  const place = (output: string) => outputs[output]?.path ?? `no output ${output}`
  const ran: Ran = {
    outputs,
    events,
    rows: (output) => {
      const table = readTable(place(output))
      return Array.from({ length: table.rows }, (_, row) => Object.fromEntries(Object.entries(table.columns).map(([name, column]) => [name, column[row]])))
    },
    dataset: (output) => readDataset(place(output)),
    bytes: (output) => readFileSync(place(output))
  }
  return { ran, error: outcome.ok ? undefined : outcome.error }
}
