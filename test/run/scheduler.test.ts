import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync, readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { storePaths } from "../../src/store/paths.ts"
import { readRun, readRunTasks } from "../../src/store/runs.ts"
import { makeLaboratory, of, planOf, resolveIn, runIn, started, textOf, type Laboratory } from "./support.ts"

let laboratory: Laboratory
beforeEach(() => {
  laboratory = makeLaboratory()
  laboratory.stage("t/make", `write("made " + task.params.n)`)
  laboratory.stage("t/join", `write("[" + read("in") + "]")`)
})
afterEach(() => laboratory.remove())

const diamond = (n: number) => planOf(
  { id: "make-1", uses: "t/make", params: { n } },
  { id: "make-2", uses: "t/make", params: { n: 2 } },
  { id: "join-1", uses: "t/join", in: ["make-1", "make-2"] }
)

describe("a run", () => {
  it.live("runs each task once its inputs are there, and nothing the second time", () => Effect.gen(function*() {
    const first = yield* runIn(laboratory, diamond(1))
    assert.deepInclude(first, { status: "succeeded", failures: [] })
    assert.deepInclude(first.counts, { total: 3, ran: 3, cached: 0 })
    assert.strictEqual(textOf(laboratory, first, "join-1"), "[made 1+made 2]")
    assert.deepStrictEqual(of(first, "task-started").map(({ reason }) => reason.kind), ["new", "new", "new"])

    const second = yield* runIn(laboratory, diamond(1))
    assert.deepInclude(second.counts, { total: 3, ran: 0, cached: 3 })
    assert.deepStrictEqual(second.outputs, first.outputs)
    assert.deepStrictEqual(of(second, "task-cached").map(({ producer }) => producer), [first.run, first.run, first.run])
  }))

  it.live("runs again what a parameter reaches, and says which", () => Effect.gen(function*() {
    const first = yield* runIn(laboratory, diamond(1))
    const second = yield* runIn(laboratory, diamond(5))
    assert.deepStrictEqual(started(second), ["make-1", "join-1"])
    assert.deepInclude(of(second, "task-started")[0]?.reason, { kind: "changed", field: "params.n", after: "5", since: first.run })
    assert.deepInclude(of(second, "task-started")[1]?.reason, { kind: "changed", field: "input in" })
    assert.strictEqual(textOf(laboratory, second, "join-1"), "[made 5+made 2]")
  }))

  it.live("names the file of a stage that has changed", () => Effect.gen(function*() {
    yield* runIn(laboratory, diamond(1))
    laboratory.stage("t/make", `write("made  " + task.params.n)`)
    const second = yield* runIn(laboratory, diamond(1))
    assert.deepInclude(of(second, "task-started")[0]?.reason, { kind: "changed", field: "code: stages/t/make.ts" })
  }))

  it.live("stops where the bytes come out as before, and counts what that kept", () => Effect.gen(function*() {
    yield* runIn(laboratory, diamond(1))
    laboratory.stage("t/make", `write("made " + task.params.n) /* told differently */`)
    const second = yield* runIn(laboratory, diamond(1))
    assert.deepStrictEqual(started(second), ["make-1", "make-2"])
    assert.deepStrictEqual(of(second, "task-finished").map(({ identical }) => identical), [true, true])
    assert.deepInclude(second.counts, { ran: 2, cached: 1, kept: 1 })
  }))

  it.live("does equal work once, also where the plan could not know", () => Effect.gen(function*() {
    laboratory.stage("t/constant", `await sleep(20); write("same")`)
    const run = yield* runIn(laboratory, planOf(
      { id: "make-1", uses: "t/constant", params: { n: 1 } },
      { id: "make-2", uses: "t/constant", params: { n: 2 } },
      { id: "join-1", uses: "t/join", in: ["make-1"] },
      { id: "join-2", uses: "t/join", in: ["make-2"] }
    ))
    assert.deepInclude(run.counts, { ran: 3, cached: 1 })
    assert.deepStrictEqual(run.outputs.get("join-1"), run.outputs.get("join-2"))
  }))

  it.live("with force runs everything, equal work still once", () => Effect.gen(function*() {
    yield* runIn(laboratory, diamond(2)) // make-1 and make-2 are the same now
    const again = yield* runIn(laboratory, diamond(2), { force: true })
    assert.deepInclude(again.counts, { ran: 2, cached: 1 })
    assert.deepStrictEqual(of(again, "task-started").map(({ reason }) => reason.kind), ["forced", "forced"])
    assert.isTrue(of(again, "task-finished").every(({ identical }) => identical))
  }))

  it.live("never takes a volatile stage from the store, but what follows it by content", () => Effect.gen(function*() {
    laboratory.stage("t/now", `write("now")`, { volatile: true })
    const plan = planOf({ id: "now-1", uses: "t/now" }, { id: "join-1", uses: "t/join", in: ["now-1"] })
    yield* runIn(laboratory, plan)
    const second = yield* runIn(laboratory, plan)
    assert.deepStrictEqual(started(second), ["now-1"])
    assert.strictEqual(of(second, "task-started")[0]?.reason.kind, "volatile")
  }))

  it.live("keeps to its jobs, and runs a task that asks for more alone, with a warning", () => Effect.gen(function*() {
    laboratory.stage("t/slow", `await sleep(30); write(String(task.params.n) + task.threads)`)
    const tasks = [1, 2, 3, 4].map((n) => ({ id: `slow-${n}`, uses: "t/slow", params: { n }, cpus: n === 3 ? 9 : 1 }))
    const run = yield* runIn(laboratory, planOf(...tasks))
    let now = new Set<string>()
    for (const event of run.events) {
      if (event.type === "task-started") {
        now.add(event.task)
        assert.isAtMost(now.size, now.has("slow-3") ? 1 : 2)
      } else if (event.type === "task-finished") now = new Set([...now].filter((task) => task !== event.task))
    }
    assert.strictEqual(textOf(laboratory, run, "slow-3"), "39", "its results may depend on the number of threads that it asked for")
    const warnings = of(run, "task-event").flatMap(({ event }) => (event.type === "log" ? [event.message] : []))
    assert.deepStrictEqual(warnings, ["It asks for 9 cpus, and --jobs is 2. It runs alone instead."])
  }))

  it.live("passes on what stages say", () => Effect.gen(function*() {
    laboratory.stage("t/talk", `
      console.log("printed"); console.error("complained")
      host.emit({ type: "progress", done: 1, total: 2 })
      host.emit({ type: "metric", name: "loss", value: NaN, step: 1 })
      host.emit({ type: "log", level: "info", message: "told" })
      write("")`)
    const run = yield* runIn(laboratory, planOf({ id: "talk-1", uses: "t/talk" }))
    const events = of(run, "task-event").map(({ event }) => event)
    assert.sameDeepMembers(events, [
      { type: "progress", done: 1, total: 2 },
      { type: "metric", name: "loss", value: NaN, step: 1 },
      { type: "log", level: "info", message: "told" }
    ])
    const log = readFileSync(join(run.folder, "logs", "talk-1.log"), "utf8")
    assert.match(log, /^printed\ncomplained\n\d\d:\d\d:\d\d info  told\n$/)
    assert.include(readFileSync(join(run.folder, "events.ndjson"), "utf8"), `"metric"`)
  }))

  it.live("records what was asked, what each task came to, and how it ended", () => Effect.gen(function*() {
    const run = yield* runIn(laboratory, diamond(1))
    const paths = storePaths(laboratory.store)
    assert.deepInclude(readRun(paths, run.run), { status: "succeeded", pipeline: "test", command: ["reprise", "run", "test.yaml"], counts: run.counts })
    const lines = readRunTasks(paths, run.run)
    assert.sameMembers(lines.map(({ task }) => task), ["make-1", "make-2", "join-1"])
    assert.deepInclude(lines.find(({ task }) => task === "join-1") ?? {}, { stage: "join", uses: "t/join", status: "ran", outputs: run.outputs.get("join-1") })
    assert.deepStrictEqual(readdirSync(join(laboratory.store, "staging")), [])
    assert.deepStrictEqual(readdirSync(join(laboratory.store, "claims")), [])
  }))
})

describe("a look ahead", () => {
  it.live("agrees with the run that follows, and writes nothing", () => Effect.gen(function*() {
    const before = yield* resolveIn(laboratory, diamond(1))
    assert.deepStrictEqual(before.map(({ reason }) => reason), [{ kind: "new" }, { kind: "new" }, { kind: "waits", tasks: ["make-1", "make-2"] }])
    assert.isFalse(existsSync(laboratory.store))
    const run = yield* runIn(laboratory, diamond(1))
    const after = yield* resolveIn(laboratory, diamond(1))
    assert.deepStrictEqual(after.map(({ reason }) => reason.kind), ["cached", "cached", "cached"])
    assert.deepStrictEqual(new Map(after.map(({ outputs, task }) => [task.id, outputs ?? {}])), run.outputs)
    const changed = yield* resolveIn(laboratory, diamond(7))
    assert.deepStrictEqual(changed.map(({ reason }) => reason.kind), ["changed", "cached", "waits"])
    assert.deepInclude(changed[2]?.reason, { tasks: ["make-1"] })
    assert.deepStrictEqual(changed.map(({ fingerprint }) => typeof fingerprint), ["string", "string", "object"])
  }))
})
