import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { readFileSync } from "node:fs"
import { afterEach, beforeEach } from "vitest"
import { makeControl } from "../../src/run/control.ts"
import { makeLaboratory, planOf, runIn, type Laboratory } from "./support.ts"

let laboratory: Laboratory
beforeEach(() => {
  laboratory = makeLaboratory()
})
afterEach(() => laboratory.remove())

/** A run of one task that starts a child; gives the processes' ids as soon as both are there. */
const startRun = Effect.fn(function*(body: string) {
  laboratory.stage("t/s", `
    const child = spawn("sleep", ["60"], { stdio: "ignore" })
    host.emit({ type: "log", level: "info", message: process.pid + " " + child.pid })
    ${body}
    child.kill()`)
  const control = makeControl()
  let told: (pids: ReadonlyArray<number>) => void = () => undefined
  const pids = new Promise<ReadonlyArray<number>>((resolve) => {
    told = resolve
  })
  const fiber = yield* Effect.forkChild(runIn(laboratory, planOf({ id: "a-1", uses: "t/s" }), {
    control,
    onEvent: (event) => event.type === "task-event" && event.event.type === "log" && told(event.event.message.split(" ").map(Number))
  }))
  return { control, fiber, pids: yield* Effect.promise(() => pids) }
})

/** `R`, `S`, `T` for stopped; empty where there is no such process. */
const stateOf = (pid: number): string => {
  try {
    return /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1] ?? ""
  } catch {
    return ""
  }
}
const become = Effect.fn(function*(pids: ReadonlyArray<number>, state: RegExp) {
  while (!pids.every((pid) => state.test(stateOf(pid)))) yield* Effect.sleep(10)
})

describe.skipIf(process.platform !== "linux")("a run that goes on", () => {
  it.live("ends at once what does not heed its interruption, when it is hurried", () => Effect.gen(function*() {
    const { control, fiber, pids } = yield* startRun("await sleep(60_000)") // deaf to its signal
    const began = performance.now()
    yield* Effect.sync(() => setTimeout(() => control.tell("hurry"), 100))
    yield* Fiber.interrupt(fiber)
    assert.isBelow(performance.now() - began, 3000, "it would have five seconds")
    yield* become(pids, /^Z?$/)
  }))

  it.live("stands still with all that it started, and goes on", () => Effect.gen(function*() {
    const { control, fiber, pids } = yield* startRun("await sleep(200)\n    write('x')")
    control.tell("pause")
    yield* become(pids, /T/)
    yield* Effect.sleep(300)
    control.tell("resume")
    const run = yield* Fiber.join(fiber)
    assert.strictEqual(run.counts.ran, 1)
  }))
})
