import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { makeLaboratory, of, planOf, resolveIn, runIn, started, type Laboratory } from "./support.ts"

let laboratory: Laboratory
beforeEach(() => {
  laboratory = makeLaboratory()
  laboratory.stage("t/make", `write("made " + task.params.n)`)
  laboratory.stage("t/join", `write("[" + read("in") + "]")`)
})
afterEach(() => laboratory.remove())

describe("a task that fails", () => {
  const plan = () => planOf(
    { id: "bad-1", uses: "t/bad", coordinates: [{ sweep: "width", values: { d: 100, loss: "mse" } }] },
    { id: "join-1", uses: "t/join", in: ["bad-1"] },
    { id: "join-2", uses: "t/join", in: ["join-1"] },
    { id: "make-1", uses: "t/make", params: { n: 1 } },
    { id: "make-2", uses: "t/make", params: { n: 2 } }
  )

  it.live("says what, where and what to do; what does not depend on it goes on", () => Effect.gen(function*() {
    laboratory.stage("t/bad", `console.log("so far so good"); return fail("no convergence", "lower lr")`)
    const run = yield* runIn(laboratory, plan())
    assert.strictEqual(run.status, "failed")
    assert.deepInclude(run.counts, { ran: 2, failed: 1, skipped: 2 })
    assert.deepInclude(run.failures[0], { task: "bad-1", stage: "bad", point: "width: d=100, loss=mse", message: "no convergence", hint: "lower lr" })
    assert.deepStrictEqual(of(run, "task-skipped").map(({ because, task }) => [task, because]), [["join-1", "bad-1"], ["join-2", "bad-1"]])
    assert.strictEqual(readFileSync(run.failures[0]?.log ?? "", "utf8"), "so far so good\nStageError: no convergence\n")
    assert.deepStrictEqual(yield* Effect.map(resolveIn(laboratory, plan()), (tasks) => tasks[0]?.reason), { kind: "new" })
  }))

  it.live("stops the run with `stop`: nothing new starts", () => Effect.gen(function*() {
    laboratory.stage("t/bad", `return fail("no")`)
    const run = yield* runIn(laboratory, plan(), { failureMode: "stop", jobs: 1 })
    assert.deepStrictEqual(started(run), ["bad-1"])
    assert.deepInclude(run.counts, { total: 5, ran: 0, failed: 1, skipped: 4 })
  }))

  it.live("ends what runs with `kill`", () => Effect.gen(function*() {
    laboratory.stage("t/bad", `await sleep(50); return fail("no")`)
    laboratory.stage("t/make", `await sleep(20_000, undefined, { signal: host.signal }); write("x")`)
    const run = yield* runIn(laboratory, plan(), { failureMode: "kill" })
    assert.deepInclude(run.counts, { ran: 0, failed: 1 })
    assert.isBelow(run.wallMs, 5_000)
  }))

  it.live("throws: the message is shown, the stack is in the log", () => Effect.gen(function*() {
    laboratory.stage("t/bad", `undefined.x`)
    const run = yield* runIn(laboratory, plan())
    assert.include(run.failures[0]?.message, "TypeError: Cannot read properties of undefined")
    assert.match(readFileSync(run.failures[0]?.log ?? "", "utf8"), /at Object\.execute .*\.mjs/)
  }))

  it.live("does not write an output", () => Effect.gen(function*() {
    laboratory.stage("t/bad", ``)
    const run = yield* runIn(laboratory, plan())
    assert.strictEqual(run.failures[0]?.message, `The stage did not write its output "out".`)
  }))

  it.live("cannot be loaded", () => Effect.gen(function*() {
    const { bundle } = laboratory.stage("t/bad", ``)
    writeFileSync(bundle, "export default 1")
    assert.include((yield* runIn(laboratory, plan())).failures[0]?.message, "does not export a stage")
  }))

  it.live("crashes its process, and only that", () => Effect.gen(function*() {
    laboratory.stage("t/bad", `console.log("last words"); process.kill(process.pid, "SIGSEGV"); await sleep(10_000)`)
    const run = yield* runIn(laboratory, plan(), { jobs: 1 })
    assert.include(run.failures[0]?.message, "killed by SIGSEGV")
    assert.include(run.failures[0]?.message, "last words")
    assert.deepInclude(run.counts, { ran: 2, failed: 1, skipped: 2 })
  }))

  it.live("ends the process, or throws where nobody catches", () => Effect.gen(function*() {
    laboratory.stage("t/bad", `process.exit(3)`)
    assert.include((yield* runIn(laboratory, plan())).failures[0]?.message, "exit code 3")
    laboratory.stage("t/bad", `setTimeout(() => { throw new Error("stray") }, 1); await sleep(10_000)`)
    assert.strictEqual((yield* runIn(laboratory, plan())).failures[0]?.message, "stray")
  }))

  it.live("is tried again as often as it may be", () => Effect.gen(function*() {
    laboratory.stage("t/bad", `
      const marks = task.project + "/marks"; appendFileSync(marks, "x")
      if (readFileSync(marks, "utf8").length < 3) return fail("busy")
      write("at last")`)
    const retried = planOf({ id: "bad-1", uses: "t/bad", retry: { times: 2, delaySeconds: 0.01 } })
    const run = yield* runIn(laboratory, retried)
    assert.strictEqual(run.status, "succeeded")
    assert.deepStrictEqual(of(run, "task-started").map(({ attempt }) => attempt), [1, 2, 3])
    assert.deepStrictEqual(of(run, "task-failed").map(({ willRetry }) => willRetry), [true, true])
    rmSync(join(laboratory.folder, "marks"))
    rmSync(laboratory.store, { recursive: true })
    const once = planOf({ id: "bad-1", uses: "t/bad", retry: { times: 1, delaySeconds: 0 } })
    assert.deepStrictEqual(of(yield* runIn(laboratory, once), "task-failed").map(({ willRetry }) => willRetry), [true, false])
  }))

  it.live("takes longer than its timeout, and gets to clean up", () => Effect.gen(function*() {
    laboratory.stage("t/bad", `
      try { await sleep(20_000, undefined, { signal: host.signal }) } finally { writeFileSync(task.project + "/cleaned", "") }`)
    const run = yield* runIn(laboratory, planOf({ id: "bad-1", uses: "t/bad", timeout: 0.3 }))
    assert.include(run.failures[0]?.message, "longer than its timeout of 0.3 s")
    assert.isTrue(existsSync(join(laboratory.folder, "cleaned")))
  }))
})
