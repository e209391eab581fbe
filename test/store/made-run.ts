/** A store with one finished run in it, made without running anything: `make` gave two texts, `use` read one of them, `fail` failed. */
import { writeFileSync } from "node:fs"
import { Effect } from "effect"
import { fingerprintOf, type FingerprintRecord } from "../../src/plan/fingerprint.ts"
import type { StoreError } from "../../src/store/error.ts"
import type { RunTask } from "../../src/store/layout.ts"
import { Store } from "../../src/store/store.ts"
import { actionOf, sha256 } from "./support.ts"

const code = sha256("code of the stages")

const recordOf = (stage: string, params: FingerprintRecord["params"], inputs: FingerprintRecord["inputs"] = {}): FingerprintRecord =>
  ({ type: "reprise/task", version: 1, stage, code, params, inputs, items: {}, files: {}, engine: null })

/** Runs nothing, keeps everything: returns the run's id. */
export const makeRun = (folder: string): Promise<string> =>
  Effect.runPromise(Effect.gen(function*() {
    const store = yield* Store
    const open = yield* store.createRun({
      pipeline: "made",
      file: "pipelines/made.yaml",
      command: ["reprise", "run", "pipelines/made.yaml", "--set", "n=7"],
      overrides: { set: ["n=7"] },
      environment: { host: "here", commit: null, versions: { reprise: "1.2.3", node: "24.0.0" }, variables: { LANG: "C" } },
      total: 3
    }, Date.UTC(2026, 10, 21))
    yield* store.keepCodeFiles(code, { "stages/made/make.ts": "1" })
    const line = (task: string, record: FingerprintRecord, outputs: Readonly<Record<string, string>>) =>
      Effect.gen(function*() {
        const fingerprint = fingerprintOf(record)
        const action = { ...actionOf(fingerprint, outputs), record, producer: { run: open.id, host: "here", commit: null, dirty: false } }
        const staged: Record<string, string> = {}
        for (const [name, text] of Object.entries(outputs)) {
          const path = yield* store.workspace(name)
          writeFileSync(path, text)
          staged[name] = path
        }
        yield* store.commit(action, staged)
        open.task({
          task, stage: task.slice(0, task.indexOf("-")), uses: record.stage, fingerprint, status: "ran", params: record.params,
          coordinates: [{ sweep: null, values: { n: 7 } }], outputs: action.outputs, startedAt: 2, wallMs: 1
        } satisfies RunTask)
      })
    yield* line("make-1", recordOf("made/make", { n: 7 }), { left: "the left text", right: "the right text" })
    yield* line("use-2", recordOf("made/use", {}, { in: [sha256("the left text")] }), { out: "what was made of it" })
    open.task({
      task: "fail-3", stage: "fail", uses: "made/fail", fingerprint: null, status: "failed", params: {}, coordinates: [], outputs: {}, startedAt: 3, wallMs: 1, message: "no luck"
    })
    open.plan({ version: 1, text: "name: made\nparams: { n: 5, depth: 2 }\n", axes: ["n"], asked: {}, tasks: [] })
    open.event({ type: "run-started", at: 1, run: open.id, pipeline: "made", tasks: 3, points: 1, stages: { make: 1, use: 1, fail: 1 } })
    open.finish("failed", { total: 3, cached: 0, ran: 2, failed: 1, skipped: 0 }, Date.UTC(2026, 10, 21, 0, 1))
    return open.id
  }).pipe(Effect.provide(Store.layer(folder))) satisfies Effect.Effect<string, StoreError>)
