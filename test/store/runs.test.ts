import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { RunTask } from "../../src/store/layout.ts"
import { storePaths } from "../../src/store/paths.ts"
import { latestRuns, readRun, readRunTasks, runId } from "../../src/store/runs.ts"
import { Store } from "../../src/store/store.ts"
import { openWriter } from "../../src/store/writer.ts"
import { inFolder } from "./support.ts"

const start = (pipeline: string) => ({ pipeline, file: "p.yaml", command: ["run"], overrides: {}, environment: { host: "h" }, total: 2 })
const line = (task: string): RunTask => ({ task, stage: "a", uses: "t/a", fingerprint: null, status: "ran", params: {}, coordinates: [], outputs: {}, startedAt: 1, wallMs: 2 })
const time = Date.UTC(2026, 10, 21, 20, 45, 12, 250)

const tasksOf = (id: string) => Effect.gen(function*() {
  const lines: Array<RunTask> = []
  yield* (yield* Store).eachTask(id, (line) => void lines.push(line))
  return lines
})

const withStore = <A, E>(test: (store: Store["Service"]) => Effect.Effect<A, E, Store>) =>
  inFolder((folder) => Effect.flatMap(Store, test).pipe(Effect.provide(Store.layer(folder))))

describe("runId", () => {
  it("names the second, the pipeline and the moment", () => {
    assert.strictEqual(runId("quickstart", time), "20261121-204512-quickstart-4000")
    assert.strictEqual(runId("Größe / 2", time), "20261121-204512-gr-e-2-4000")
    assert.strictEqual(runId("日本", time), "20261121-204512-run-4000")
  })
})

describe("a run that was over as soon as it began", () => {
  it.effect("comes to its place whole, or not at all", () => inFolder((folder) => Effect.sync(() => {
    const paths = storePaths(folder)
    const writer = openWriter(paths)
    const end = { counts: { total: 1, cached: 1, ran: 0, failed: 0, skipped: 0 }, finishedAt: time + 5 }
    const id = writer.publishRun(start("p"), time, (files, run) => {
      assert.deepStrictEqual(readdirSync(paths.run(run).folder), [], "nothing of it is to be seen yet")
      writeFileSync(files.tasks, `${JSON.stringify(line("a-1"))}\n`)
      return end
    })
    assert.deepInclude(readRun(paths, id), { id, status: "succeeded", startedAt: time, ...end })
    assert.deepStrictEqual(readRunTasks(paths, id), [line("a-1")])
    assert.throws(() => writer.publishRun(start("p"), time, () => {
      throw Object.assign(new Error("no room"), { code: "ENOSPC" })
    }), /the disk is full/)
    assert.deepStrictEqual(readdirSync(paths.runs), [id])
    writer.close()
    assert.deepStrictEqual(readdirSync(paths.staging), [])
  })))
})

describe("run records", () => {
  it.effect("say what was asked, what came of it and when", () =>
    withStore((store) => Effect.gen(function*() {
      const run = yield* store.createRun(start("p"), time)
      assert.deepInclude(yield* store.run(run.id), { status: "running", finishedAt: null, startedAt: time })
      run.task(line("a-1"))
      run.event({ type: "x" })
      run.environment({ dirty: true })
      const counts = { total: 2, cached: 0, ran: 1, failed: 1, skipped: 0 }
      run.finish("failed", counts, time + 1000)
      assert.deepInclude(yield* store.run(run.id), { status: "failed", finishedAt: time + 1000, counts, environment: { host: "h", dirty: true } })
      assert.deepStrictEqual(yield* tasksOf(run.id), [line("a-1")])
      assert.strictEqual(readFileSync(run.paths.events, "utf8"), `{"type":"x"}\n`)
    })))

  it.effect("have names of their own and come latest first, also within one moment", () =>
    withStore((store) => Effect.gen(function*() {
      const ids: Array<string> = []
      for (const [pipeline, at] of [["z", time], ["a", time + 1], ["z", time + 2], ["z", time + 2]] as const) {
        ids.push((yield* store.createRun(start(pipeline), at)).id)
      }
      assert.strictEqual(new Set(ids).size, 4)
      assert.deepStrictEqual((yield* store.runs()).map(({ id }) => id), ids.toReversed())
      assert.deepStrictEqual((yield* store.runs({ pipeline: "a" })).map(({ id }) => id), [ids[1]])
      assert.deepStrictEqual((yield* store.runs({ limit: 2 })).map(({ id }) => id), ids.toReversed().slice(0, 2))
    })))

  it.effect("are read up to where a kill cut them off", () =>
    withStore((store) => Effect.gen(function*() {
      const run = yield* store.createRun(start("p"), time)
      for (const task of ["a-1", "a-2", "a-3"]) run.task(line(task))
      const whole = readFileSync(run.paths.tasks)
      for (let cut = 1; cut < 60; cut++) {
        writeFileSync(run.paths.tasks, whole.subarray(0, whole.length - cut))
        const read = (yield* tasksOf(run.id)).map(({ task }) => task)
        assert.deepStrictEqual(read, cut === 1 ? ["a-1", "a-2", "a-3"] : ["a-1", "a-2"], `cut ${cut}`)
      }
      appendFileSync(run.paths.tasks, `\nnull\n{"task":1}\n`)
      assert.strictEqual((yield* tasksOf(run.id)).length, 2)
    })))

  it.effect("say `running` only while their process may be alive", () =>
    withStore((store) => Effect.gen(function*() {
      const { id } = yield* store.createRun(start("p"), time)
      const seen = () => latestRuns(store.paths, 1)[0]?.status
      assert.strictEqual(seen(), "running")
      const [folder = ""] = readdirSync(store.paths.staging)
      const ownerFile = join(store.paths.staging, folder, "owner.json")
      const owner = readFileSync(ownerFile, "utf8")
      writeFileSync(ownerFile, owner.replace(`"pid":${process.pid}`, `"pid":${spawnSync("true").pid}`))
      assert.strictEqual(seen(), "interrupted", "killed, and nobody has tidied up")
      assert.strictEqual(readRun(store.paths, id)?.status, "running")
      writeFileSync(ownerFile, owner.replace('"space":"', '"space":"elsewhere/'))
      assert.strictEqual(seen(), "running", "on another machine: nothing better is known")
      rmSync(join(store.paths.staging, folder), { recursive: true })
      assert.strictEqual(seen(), "interrupted", "nobody claims to be at it")
    })))

  it.effect("of other formats and stray files are passed over", () =>
    withStore((store) => Effect.gen(function*() {
      const run = yield* store.createRun(start("p"), time)
      writeFileSync(join(store.paths.runs, "notes.txt"), "mine")
      const newer = yield* store.createRun(start("p"), time + 5)
      writeFileSync(newer.paths.record, `{"version":2}`)
      assert.deepStrictEqual((yield* store.runs()).map(({ id }) => id), [run.id])
    })))
})
