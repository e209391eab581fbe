/**
 * The store as a service: what the other files of this folder do, as Effects that fail with a `StoreError`. Nothing is
 * created before the first write, so that asking a question of a store that is not there leaves no trace.
 */
import { Context, Effect, Layer } from "effect"
import { rmSync } from "node:fs"
import { resolve } from "node:path"
import { openActions, type Lookup } from "./actions.ts"
import { heartbeatMs } from "./claims.ts"
import { readCodeFiles, writeCodeFiles, type CodeFiles } from "./code.ts"
import { storeError, type StoreError } from "./error.ts"
import { checkFormat } from "./format.ts"
import type { ActionRecord, RunRecord, RunTask } from "./layout.ts"
import { openObjects } from "./objects.ts"
import { storePaths, type StorePaths } from "./paths.ts"
import { latestRuns, readRun, runTasks, type OpenRun, type RunStart } from "./runs.ts"
import { openWriter, type Writer } from "./writer.ts"

export interface StoreShape {
  /** Absolute. */
  readonly folder: string
  readonly paths: StorePaths
  /** What is kept under a fingerprint, if all of it is there. */
  readonly lookup: (fingerprint: string) => Effect.Effect<Lookup, StoreError>
  /** The record alone, whether or not its objects are still there. */
  readonly action: (fingerprint: string) => Effect.Effect<ActionRecord | undefined, StoreError>
  /** Publishes sealed files (output name -> path in a workspace), then the record that names them; drops the task's checkpoint. */
  readonly commit: (action: ActionRecord, staged: Readonly<Record<string, string>>) => Effect.Effect<void, StoreError>
  /** Reads every byte of an object. */
  readonly verify: (digest: string) => Effect.Effect<"intact" | "corrupt" | "missing", StoreError>
  /** Moves a corrupt object out of the way, so that its task counts as not run. */
  readonly setAside: (digest: string) => Effect.Effect<void, StoreError>
  /** A lease on computing this fingerprint; false: a living process holds it. */
  readonly claim: (fingerprint: string) => Effect.Effect<boolean, StoreError>
  readonly release: (fingerprint: string) => Effect.Effect<void, StoreError>
  /** A path for a new folder on the file system of the objects; gone with the process at the latest. */
  readonly workspace: (name: string) => Effect.Effect<string, StoreError>
  readonly createRun: (start: RunStart, startedAt: number) => Effect.Effect<OpenRun, StoreError>
  readonly run: (id: string) => Effect.Effect<RunRecord | undefined, StoreError>
  /** Latest first; `limit` keeps a long history from being read. */
  readonly runs: (options?: { readonly pipeline?: string; readonly limit?: number }) => Effect.Effect<ReadonlyArray<RunRecord>, StoreError>
  /** Tasks of a run one by one: those of a large run need not all be there at once. */
  readonly eachTask: (id: string, take: (line: RunTask) => void) => Effect.Effect<void, StoreError>
  readonly codeFiles: (digest: string) => Effect.Effect<CodeFiles | undefined, StoreError>
  readonly keepCodeFiles: (digest: string, files: CodeFiles) => Effect.Effect<void, StoreError>
}

export class Store extends Context.Service<Store, StoreShape>()("reprise/Store") {
  /** Opens the store in `folder`, which need not exist. Fails where it has a format that we do not know. */
  static readonly layer = (folder: string): Layer.Layer<Store, StoreError> =>
    Layer.effect(Store, Effect.map(
      Effect.acquireRelease(attempt("open the store", folder, () => openStore(resolve(folder))), ({ close }) => Effect.sync(close)),
      ({ store }) => store
    ))
}

const attempt = <A>(doing: string, path: string, run: () => A): Effect.Effect<A, StoreError> =>
  Effect.try({ try: run, catch: (cause) => storeError(doing, path, cause) })

const openStore = (folder: string): { readonly store: StoreShape; readonly close: () => void } => {
  const paths = storePaths(folder)
  checkFormat(paths)
  const objects = openObjects(paths)
  const actions = openActions(paths, objects)
  const run = <A>(doing: string, body: () => A) => attempt(doing, folder, body)

  /** There only once something is written. */
  let opened: { readonly writer: Writer; readonly heartbeat: NodeJS.Timeout } | undefined
  const writer = (): Writer => {
    if (opened !== undefined) return opened.writer
    const writer = openWriter(paths)
    opened = { writer, heartbeat: setInterval(writer.claims.beat, heartbeatMs).unref() }
    return writer
  }
  const temporary = () => writer().staging.fresh("write")

  return {
    store: {
      folder,
      paths,
      lookup: (fingerprint) => run("read", () => actions.lookup(fingerprint)),
      action: (fingerprint) => run("read", () => actions.read(fingerprint)),
      commit: (action, staged) =>
        Effect.tryPromise({
          try: async () => {
            for (const [output, path] of Object.entries(staged)) {
              const stored = action.outputs[output]
              if (stored !== undefined) objects.publish(path, stored.digest)
            }
            await actions.write(action, temporary())
            rmSync(paths.checkpoint(action.fingerprint), { force: true })
          },
          catch: (cause) => storeError("write to", folder, cause)
        }),
      verify: (digest) => run("read", () => objects.verify(digest)),
      setAside: (digest) => run("write to", () => objects.setAside(digest)),
      claim: (fingerprint) => run("write to", () => writer().claims.take(fingerprint)),
      release: (fingerprint) => run("write to", () => opened?.writer.claims.release(fingerprint)),
      workspace: (name) => run("write to", () => writer().staging.fresh(name)),
      createRun: (start, startedAt) => run("write to", () => writer().createRun(start, startedAt)),
      run: (id) => run("read", () => readRun(paths, id)),
      runs: (options = {}) => run("read", () => latestRuns(paths, options.limit ?? Infinity, options.pipeline)),
      eachTask: (id, take) => run("read", () => {
        for (const line of runTasks(paths, id)) take(line)
      }),
      codeFiles: (digest) => run("read", () => readCodeFiles(paths, digest)),
      keepCodeFiles: (digest, files) => run("write to", () => writeCodeFiles(paths, digest, files, temporary()))
    },
    close: () => {
      if (opened === undefined) return
      clearInterval(opened.heartbeat)
      opened.writer.close()
      opened = undefined
    }
  }
}
