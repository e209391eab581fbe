import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { storePaths } from "../../src/store/paths.ts"
import { readRun, readRunTasks, runIds } from "../../src/store/runs.ts"
import { makeLaboratory, of, planOf, runIn, started, textOf, type Laboratory } from "./support.ts"

let laboratory: Laboratory
beforeEach(() => {
  laboratory = makeLaboratory()
  laboratory.stage("t/make", `write("made " + task.params.n)`)
  laboratory.stage("t/join", `write("[" + read("in") + "]")`)
})
afterEach(() => laboratory.remove())

describe("results that are damaged", () => {
  const chain = () => planOf({ id: "make-1", uses: "t/make", params: { n: 1 } }, { id: "join-1", uses: "t/join", in: ["make-1"] })

  it.live("are found when they are read as an input, set aside, and made again", () => Effect.gen(function*() {
    const first = yield* runIn(laboratory, chain())
    const digest = first.outputs.get("make-1")?.["out"]?.digest ?? ""
    const paths = storePaths(laboratory.store)
    writeFileSync(paths.object(digest), "made 7")
    laboratory.stage("t/join", `write("<" + read("in") + ">")`)
    const second = yield* runIn(laboratory, chain())
    assert.strictEqual(second.status, "succeeded")
    assert.strictEqual(textOf(laboratory, second, "join-1"), "<made 1>")
    assert.strictEqual(textOf(laboratory, second, "make-1"), "made 1")
    assert.strictEqual(readFileSync(paths.quarantined(digest), "utf8"), "made 7")
    assert.deepInclude(of(second, "task-started").find(({ task }) => task === "make-1")?.reason, { kind: "corrupt", digest })
    assert.deepInclude(second.counts, { total: 2, cached: 0, ran: 2 })
    assert.include(of(second, "task-event").map(({ event }) => (event.type === "log" ? event.message : "")).join(), "set aside")
  }))

  it.live("or lost are made again, and nothing behind them where the bytes are the same", () => Effect.gen(function*() {
    const first = yield* runIn(laboratory, chain())
    rmSync(storePaths(laboratory.store).object(first.outputs.get("make-1")?.["out"]?.digest ?? ""))
    const second = yield* runIn(laboratory, chain())
    assert.strictEqual(of(second, "task-started")[0]?.reason.kind, "missing-output")
    assert.deepInclude(second.counts, { ran: 1, cached: 1, kept: 1 })
  }))
})

describe("a sweep that has lost some results and gained axes and seeds", () => {
  it.live("runs exactly the missing cells, whichever they are", () => Effect.gen(function*() {
    laboratory.stage("t/cell", `write(JSON.stringify(task.params))`)
    const grid = (rates: ReadonlyArray<number>, seeds: ReadonlyArray<number>) =>
      planOf(...rates.flatMap((rate) => seeds.map((seed) => ({ id: `cell-${rate}s${seed}`, uses: "t/cell", params: { rate, seed } }))))
    const first = yield* runIn(laboratory, grid([1, 2, 3], [0, 1, 2]))
    assert.deepInclude(first.counts, { ran: 9 })
    const lost = ["cell-1s0", "cell-2s2", "cell-3s1"]
    for (const event of of(first, "task-finished").filter(({ task }) => lost.includes(task))) {
      rmSync(join(laboratory.store, "actions", event.fingerprint.slice(0, 2), `${event.fingerprint.slice(2)}.json`))
    }
    const second = yield* runIn(laboratory, grid([1, 2, 3, 4], [0, 1, 2, 3]))
    const expected = [...lost, "cell-1s3", "cell-2s3", "cell-3s3", "cell-4s0", "cell-4s1", "cell-4s2", "cell-4s3"]
    assert.deepStrictEqual(started(second).toSorted(), expected.toSorted())
    assert.deepInclude(second.counts, { total: 16, ran: 10, cached: 6 })
  }))
})

describe("a checkpoint", () => {
  it.live("outlives attempts and runs, and is gone when its task is done", () => Effect.gen(function*() {
    laboratory.stage("t/steps", `
      const step = existsSync(task.checkpoint) ? Number(readFileSync(task.checkpoint, "utf8")) : 0
      if (step < 3) { writeFileSync(task.checkpoint, String(step + 1)); return fail("killed in step " + step) }
      write("went on from " + step)`)
    const plan = planOf({ id: "steps-1", uses: "t/steps", retry: { times: 1, delaySeconds: 0 } })
    assert.strictEqual((yield* runIn(laboratory, plan)).failures[0]?.message, "killed in step 1")
    const second = yield* runIn(laboratory, plan)
    assert.strictEqual(textOf(laboratory, second, "steps-1"), "went on from 3")
    const [, line] = of(second, "task-started")
    assert.isFalse(existsSync(storePaths(laboratory.store).checkpoint(line?.fingerprint ?? "")))
  }))
})

describe("two runs on one store at once", () => {
  it.live("do each task once between them", () => Effect.gen(function*() {
    laboratory.stage("t/slow", `appendFileSync(task.project + "/done", task.params.n + " "); await sleep(40); write("x" + task.params.n)`)
    const plan = planOf(...[1, 2, 3, 4, 5, 6].map((n) => ({ id: `slow-${n}`, uses: "t/slow", params: { n } })))
    const other = yield* Effect.forkChild(runIn(laboratory, plan))
    const run = yield* runIn(laboratory, plan)
    const result = yield* Fiber.join(other)
    assert.strictEqual(run.counts.ran + result.counts.ran, 6)
    assert.strictEqual(run.counts.cached + result.counts.cached, 6)
    assert.deepStrictEqual(readFileSync(join(laboratory.folder, "done"), "utf8").trim().split(" ").toSorted(), ["1", "2", "3", "4", "5", "6"])
    assert.strictEqual(runIds(storePaths(laboratory.store)).length, 2)
  }))
})

describe("interruption", () => {
  it.live("aborts what runs, records what was done, and the next run goes on from there", () => Effect.gen(function*() {
    laboratory.stage("t/long", `
      if (!existsSync(task.project + "/go")) {
        await sleep(20_000, undefined, { signal: host.signal }).catch(() => writeFileSync(task.project + "/aborted", ""))
      }
      write("x")`)
    const plan = planOf({ id: "make-1", uses: "t/make", params: { n: 1 } }, { id: "long-1", uses: "t/long" })
    const longStarted = Promise.withResolvers<void>()
    const fiber = yield* Effect.forkChild(runIn(laboratory, plan, {
      jobs: 1,
      onEvent: (event) => event.type === "task-started" && event.stage === "long" && longStarted.resolve()
    }))
    yield* Effect.promise(() => longStarted.promise)
    yield* Fiber.interrupt(fiber)
    assert.isTrue(existsSync(join(laboratory.folder, "aborted")))
    const paths = storePaths(laboratory.store)
    const [id = ""] = runIds(paths)
    assert.deepInclude(readRun(paths, id), { status: "interrupted" })
    assert.deepStrictEqual(readRunTasks(paths, id).map(({ status, task }) => [task, status]), [["make-1", "ran"], ["long-1", "interrupted"]])
    assert.deepStrictEqual(readdirSync(paths.claims), [])
    writeFileSync(join(laboratory.folder, "go"), "")
    assert.deepInclude((yield* runIn(laboratory, plan)).counts, { cached: 1, ran: 1 })
  }))
})
