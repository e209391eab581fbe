import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { readRunLog } from "../../src/run/run-log.ts"
import { delayAfter, isTriedAgain } from "../../src/spec/retry.ts"
import { storePaths } from "../../src/store/paths.ts"
import { readRunTasks } from "../../src/store/runs.ts"
import { makeLaboratory, of, planOf, runIn, textOf, type Laboratory } from "./support.ts"

describe("waiting before another attempt", () => {
  it("grows by its factor up to its bound", () => {
    const retry = { times: 9, delaySeconds: 2, factor: 3, mostSeconds: 50 }
    assert.deepStrictEqual([1, 2, 3, 4, 5].map((attempts) => delayAfter(retry, attempts, 7)), [2, 6, 18, 50, 50])
    assert.deepStrictEqual([1, 2, 3].map((attempts) => delayAfter({ times: 3, delaySeconds: 2 }, attempts, 7)), [2, 2, 2])
  })

  it("is spread by jitter, each task's in its own way, and the same each time", () => {
    const retry = { times: 9, delaySeconds: 10, jitter: 0.25 }
    const delays = Array.from({ length: 1000 }, (_, key) => delayAfter(retry, 1, key))
    assert.isAtLeast(Math.min(...delays), 7.5)
    assert.isAtMost(Math.max(...delays), 12.5)
    assert.approximately(delays.reduce((a, b) => a + b) / delays.length, 10, 0.15)
    assert.approximately(Math.max(...delays) - Math.min(...delays), 5, 0.1)
    assert.deepStrictEqual(delays.slice(0, 3), [0, 1, 2].map((key) => delayAfter(retry, 1, key)))
    assert.notStrictEqual(delayAfter(retry, 2, 0), delays[0])
  })

  it("comes only after the failures that it is for", () => {
    const retry = { times: 2, delaySeconds: 0, on: ["timeout", "exit 75"] }
    assert.isTrue(isTriedAgain(retry, 1, ["timeout"]))
    assert.isTrue(isTriedAgain(retry, 2, ["exit", "exit 75", "StageError"]))
    assert.isFalse(isTriedAgain(retry, 3, ["timeout"]))
    assert.isFalse(isTriedAgain(retry, 1, ["exit", "exit 1"]))
    assert.isTrue(isTriedAgain({ times: 1, delaySeconds: 0 }, 1, ["crash"]))
  })
})

describe("a task that is tried again", () => {
  let laboratory: Laboratory
  beforeEach(() => {
    laboratory = makeLaboratory()
  })
  afterEach(() => laboratory.remove())
  /** Fails in another way at each attempt. */
  const ways = `
    const marks = task.project + "/marks"; appendFileSync(marks, "x")
    const attempt = readFileSync(marks, "utf8").length
    console.log("this is attempt " + attempt)
    if (attempt === 1) process.kill(process.pid, "SIGSEGV")
    if (attempt === 1) await sleep(10_000)
    if (attempt === 2) await sleep(10_000, undefined, { signal: host.signal })
    if (attempt === 3) return { ok: false, error: { tag: "StageError", message: "busy", exitCode: 75 } }
    if (attempt === 4) throw new RangeError("no")
    write("attempt " + attempt)`

  it.live("after a crash, a timeout, an exit code and an error by its tag; each attempt stands in the log and in the record", () => Effect.gen(function*() {
    laboratory.stage("t/bad", ways)
    const retry = { times: 4, delaySeconds: 0.005, factor: 2, on: ["crash", "timeout", "exit 75", "RangeError"] }
    const run = yield* runIn(laboratory, planOf({ id: "bad-1", uses: "t/bad", timeout: 1.5, retry }))
    assert.strictEqual(textOf(laboratory, run, "bad-1"), "attempt 5")
    const failures = of(run, "task-failed")
    assert.deepStrictEqual(failures.map(({ attempt, delayMs, kind, willRetry }) => [attempt, kind, willRetry, delayMs]), [
      [1, "crash", true, 5], [2, "timeout", true, 10], [3, "exit", true, 20], [4, "error", true, 40]
    ])
    const log = readFileSync(failures[0]?.log ?? "", "utf8")
    assert.deepStrictEqual([...log.matchAll(/^--- attempt (\d) of 5 ---$/gm)].map(([, attempt]) => attempt), ["2", "3", "4", "5"])
    assert.isBelow(log.indexOf("--- attempt 3"), log.indexOf("this is attempt 3"))
    assert.isAbove(log.indexOf("--- attempt 3"), log.indexOf("this is attempt 2"))
    assert.strictEqual(readRunTasks(storePaths(laboratory.store), run.run)[0]?.attempts, 5)
  }))

  it.live("goes on from its checkpoint after a timeout, until it is done", () => Effect.gen(function*() {
    laboratory.stage("t/long", `
      let step = existsSync(task.checkpoint) ? Number(readFileSync(task.checkpoint, "utf8")) : 0
      const begin = step
      while (step < 4) {
        if (step === begin + 2) await sleep(10_000, undefined, { signal: host.signal })
        writeFileSync(task.checkpoint, String(++step))
      }
      write("from " + begin + " to " + step)`)
    const run = yield* runIn(laboratory, planOf({ id: "long-1", uses: "t/long", timeout: 1, retry: { times: 3, delaySeconds: 0, on: ["timeout"] } }))
    assert.deepStrictEqual(of(run, "task-failed").map(({ kind }) => kind), ["timeout"])
    assert.strictEqual(textOf(laboratory, run, "long-1"), "from 2 to 4")
    assert.include(readFileSync(of(run, "task-failed")[0]?.log ?? "", "utf8"), "longer than its timeout of 1 s.\n--- attempt 2 of 4 ---")
  }))

  it.live("fails for good after what it is not for", () => Effect.gen(function*() {
    laboratory.stage("t/bad", ways)
    const run = yield* runIn(laboratory, planOf({ id: "bad-1", uses: "t/bad", retry: { times: 4, delaySeconds: 0, on: ["timeout"] } }))
    assert.deepStrictEqual(of(run, "task-failed").map(({ kind, willRetry }) => [kind, willRetry]), [["crash", false]])
    assert.strictEqual(readRunTasks(storePaths(laboratory.store), run.run)[0]?.failure, "crash")
  }))

  it.live("is shown as waiting meanwhile, with what went wrong", () => Effect.gen(function*() {
    laboratory.stage("t/bad", `return fail("the server is busy")`)
    const seen: Array<unknown> = []
    const plan = planOf({ id: "bad-1", uses: "t/bad", retry: { times: 1, delaySeconds: 0.4 } })
    let run = ""
    yield* runIn(laboratory, plan, {
      onEvent: (event) => {
        if (event.type === "run-started") run = event.run
        // What is on the disk is written four times a second.
        if (event.type === "task-failed" && event.willRetry) setTimeout(() => seen.push(...readRunLog(storePaths(laboratory.store), run).pausing), 350)
      }
    })
    assert.deepInclude(seen[0], { task: "bad-1", attempt: 2, message: "the server is busy" })
    assert.deepStrictEqual(readRunLog(storePaths(laboratory.store), run).pausing, [])
  }))
})
