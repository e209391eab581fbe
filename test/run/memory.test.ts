import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ownMemory, treeMemory, treeOf } from "../../src/run/memory.ts"
import { failureOf } from "../../src/run/worker-death.ts"
import { makeLaboratory, of, planOf, runIn, started, textOf, type Laboratory } from "./support.ts"

let laboratory: Laboratory
beforeEach(() => {
  laboratory = makeLaboratory()
})
afterEach(() => laboratory.remove())

/** Takes this many MiB, and holds them while it waits. */
const holding = (mebibytes: number) => `const held = Buffer.alloc(${mebibytes} * 2 ** 20, 1); await sleep(20_000, undefined, { signal: host.signal }); write(String(held.length))`

describe.skipIf(process.platform !== "linux")("a task that outgrows the memory that it declares", () => {
  it.live("is ended and reported as that, with how much it took; others go on", () => Effect.gen(function*() {
    laboratory.stage("t/big", holding(300))
    laboratory.stage("t/small", `write("x")`)
    const run = yield* runIn(laboratory, planOf({ id: "big-1", uses: "t/big", memoryMiB: 200 }, { id: "small-1", uses: "t/small", memoryMiB: 200 }))
    assert.deepInclude(run.counts, { ran: 1, failed: 1 })
    const [failure] = run.failures
    assert.deepInclude(failure, { task: "big-1", kind: "out-of-memory" })
    const took = Number(/It took (\d+) MiB of memory.* declares 200 MiB/.exec(failure?.message ?? "")?.[1])
    assert.isAbove(took, 200)
    assert.isBelow(took, 600)
    assert.include(failure?.hint, "resources: { memory")
    assert.include(readFileSync(failure?.log ?? "", "utf8"), "It took")
  }))

  it.live("counts with all that it started", () => Effect.gen(function*() {
    const script = "const held = Buffer.alloc(300 * 2 ** 20, 1); setTimeout(() => held, 20_000)"
    laboratory.stage("t/parent", `spawn(process.execPath, ["-e", ${JSON.stringify(script)}], { stdio: "ignore" }); await sleep(20_000, undefined, { signal: host.signal })`)
    const run = yield* runIn(laboratory, planOf({ id: "parent-1", uses: "t/parent", memoryMiB: 250 }))
    assert.deepInclude(run.failures[0], { kind: "out-of-memory" })
  }))

  it.live("leaves what it took behind: the next task starts in a process of its own", () => Effect.gen(function*() {
    laboratory.stage("t/keeps", `globalThis.held = Buffer.alloc(200 * 2 ** 20, 1); write(String(process.pid))`)
    laboratory.stage("t/next", `await sleep(150); write(String(process.pid))`)
    const plan = planOf({ id: "keeps-1", uses: "t/keeps" }, { id: "next-1", uses: "t/next", in: ["keeps-1"], memoryMiB: 240 }, { id: "next-2", uses: "t/next", in: ["next-1"], memoryMiB: 240 })
    const run = yield* runIn(laboratory, plan, { jobs: 1 })
    assert.strictEqual(run.status, "succeeded")
    assert.deepStrictEqual(started(run), ["keeps-1", "next-1", "next-2"])
    const [keeps, next, last] = ["keeps-1", "next-1", "next-2"].map((task) => textOf(laboratory, run, task))
    assert.notStrictEqual(next, keeps)
    assert.strictEqual(last, next, "a process that holds little is kept")
  }))

  it.live("may be tried again after that, and after nothing else", () => Effect.gen(function*() {
    laboratory.stage("t/big", `
      const marks = task.project + "/marks"; appendFileSync(marks, "x")
      if (readFileSync(marks, "utf8").length === 1) { ${holding(300)} }
      if (readFileSync(marks, "utf8").length === 2) return fail("something else")
      write("x")`)
    const retry = { times: 3, delaySeconds: 0, on: ["out-of-memory"] }
    const run = yield* runIn(laboratory, planOf({ id: "big-1", uses: "t/big", memoryMiB: 200, retry }))
    assert.deepStrictEqual(of(run, "task-failed").map(({ kind, willRetry }) => [kind, willRetry]), [["out-of-memory", true], ["error", false]])
  }))

  it("is measured over the whole tree of processes, and shared pages once", async () => {
    const child = spawn("sh", ["-c", "sleep 5 & sleep 5; true"], { stdio: "ignore" })
    try {
      const sumOf = () => treeOf(child.pid ?? 0).reduce((bytes, pid) => bytes + ownMemory(pid), 0)
      const settled = async (before: number): Promise<number> => {
        await new Promise((resolve) => setTimeout(resolve, 50))
        const sum = sumOf()
        return treeOf(child.pid ?? 0).length === 3 && sum === before ? sum : settled(sum)
      }
      const sum = await settled(0) // the three have begun and wait
      assert.isAbove(sum, 0)
      assert.strictEqual(treeMemory(child.pid ?? 0, Infinity), sum)
      const exact = treeMemory(child.pid ?? 0, 0)
      assert.isAbove(exact, 0)
      assert.isBelow(exact, sum, "three processes share the C library")
    } finally {
      child.kill()
    }
    assert.strictEqual(treeMemory(2 ** 30, 0), 0, "a process that is not there takes nothing")
  })
})

describe("the end of a worker", () => {
  const kindOf = (signal: "SIGKILL" | "SIGABRT" | null, log: string, kernelKilled: boolean) => {
    const folder = mkdtempSync(join(tmpdir(), "reprise-death-"))
    writeFileSync(join(folder, "log"), log)
    const { kind, message } = failureOf({ type: "died", code: signal === null ? 3 : null, signal }, join(folder, "log"), kernelKilled)
    rmSync(folder, { recursive: true })
    return `${kind}: ${message}`
  }
  it("is the kernel's doing where it has counted a kill for want of memory meanwhile", () => {
    assert.match(kindOf("SIGKILL", "step 7\n", true), /^out-of-memory: The machine ran out of memory.*\n?.*step 7/s)
    assert.match(kindOf("SIGKILL", "step 7\n", false), /^crash: .*killed by SIGKILL/)
    assert.match(kindOf(null, "", true), /^crash: .*exit code 3/)
  })
  it("is told from V8's words where JavaScript has used up its heap", () => {
    assert.match(kindOf("SIGABRT", "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n----- Native stack trace -----\n1: 0xb8d0a3\n", false), /^out-of-memory/)
  })
})
