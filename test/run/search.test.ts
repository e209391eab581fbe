/** Searches in a run: what opens is decided by results alone, whatever the machine, the jobs and kills do. */
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { Plan } from "../../src/plan/plan.ts"
import type { PlannedCell } from "../../src/plan/searches.ts"
import type { ResolvedTask } from "../../src/run/resolve.ts"
import { cellsOf, type Search } from "../../src/spec/search.ts"
import { storePaths } from "../../src/store/paths.ts"
import { readRun, readRunTasks } from "../../src/store/runs.ts"
import { makeLaboratory, of, planOf, resolveIn, runIn, started, textOf, type Laboratory, type TaskSketch } from "./support.ts"

let laboratory: Laboratory
beforeEach(() => {
  laboratory = makeLaboratory()
})
afterEach(() => laboratory.remove())

/** Nine configurations at 1, 3 and 9 epochs; the rate of a configuration is its number. */
const searchOf = (strategy: Search["strategy"], points = 9): Search => ({
  strategy, stage: "train", metric: "accuracy", goal: "max", resource: "epochs", min: 1, max: 9, reduction: 3, carry: { in: "out" }, parallel: 3,
  sampling: { strategy: "random", points, seed: 0, axes: {} }
})

const nameOf = (config: number, epochs: number) => `train-c${config}e${epochs}`

/** A plan as the planner makes it: a task for each cell that goes on from the one below, and a report on each. */
const planOfSearch = (search: Search): Plan => {
  const sketches: Array<TaskSketch> = []
  const cells: Array<PlannedCell> = []
  for (const { cell, values } of cellsOf(search)) {
    const epochs = Number(values["epochs"])
    const config = cell.bracket * 100 + cell.config
    const id = nameOf(config, epochs)
    const params = { rate: config, epochs }
    sketches.push({ id, uses: "t/train", params, ...(cell.rung === 0 ? {} : { in: [nameOf(config, epochs / search.reduction)] }) })
    sketches.push({ id: `report-c${config}e${epochs}`, uses: "t/report", in: [id] })
    cells.push({ cell, values, tasks: new Set([id, `report-c${config}e${epochs}`]), judged: [id] })
  }
  return { ...planOf(...sketches), searches: { searches: [{ sweep: "", search, cells }], unconditional: new Set() } }
}

/** How good a configuration is does not change with the epochs: the nearer to 4, the better. */
const train = (extra = "") => laboratory.stage("t/train", `
  const { rate, epochs } = task.params
  ${extra}
  await sleep(Math.random() * 20)
  host.emit({ type: "metric", name: "accuracy", step: epochs, value: 1 / (1 + Math.abs(rate - 4)) })
  write((task.inputs.in ? read("in") + " " : rate + ": ") + epochs)`)

const finalists = ["train-c2e1", "train-c3e1", "train-c4e1"]

describe("a search", () => {
  beforeEach(() => {
    train()
    laboratory.stage("t/report", `write("report on " + read("in"))`)
  })

  it.live("goes on with the best, each from what it had, and with all that hangs on them", () => Effect.gen(function*() {
    const plan = planOfSearch(searchOf("hyperband"))
    const run = yield* runIn(laboratory, plan)
    assert.strictEqual(run.status, "succeeded")
    const ran = of(run, "task-finished").map(({ task }) => task)
    // The first bracket: nine at one epoch, the best three (2 or 6 share a distance; the earlier one counts) at three, the best at nine.
    assert.deepStrictEqual(ran.filter((task) => /^train-c\de3$/.test(task)).toSorted(), ["train-c3e3", "train-c4e3", "train-c5e3"])
    assert.deepStrictEqual(ran.filter((task) => /^train-c\de9$/.test(task)), ["train-c4e9"])
    assert.strictEqual(textOf(laboratory, run, "report-c4e9"), "report on 4: 1 3 9")
    assert.deepStrictEqual(ran.filter((task) => task.startsWith("report")).toSorted(), ran.filter((task) => task.startsWith("train")).map((task) => task.replace("train", "report")).toSorted())
    assert.strictEqual(run.counts.ran + (run.counts.pruned ?? 0), run.counts.total)
    const lines = readRunTasks(storePaths(laboratory.store), run.run)
    assert.deepInclude(lines.find(({ task }) => task === "train-c0e9"), { status: "pruned", fingerprint: null })
    assert.strictEqual(readRun(storePaths(laboratory.store), run.run)?.counts.pruned, run.counts.pruned)
  }))

  it.live("runs the same cells with one job and with many, and nothing the second time", () => Effect.gen(function*() {
    const plan = planOfSearch(searchOf("asha"))
    const first = yield* runIn(laboratory, plan, { jobs: 1 })
    const again = yield* runIn(laboratory, plan, { jobs: 4 })
    assert.deepInclude(again.counts, { ran: 0, cached: first.counts.ran })
    const other = makeLaboratory()
    for (const [name, stage] of laboratory.stages) other.stages.set(name, stage)
    const many = yield* runIn(other, plan, { jobs: 4 })
    assert.deepStrictEqual(started(many).toSorted(), started(first).toSorted())
    other.remove()
  }))

  it.live("goes on after an interruption with what is missing, and ends with the same cells", () => Effect.gen(function*() {
    const plan = planOfSearch(searchOf("asha"))
    const whole = makeLaboratory()
    for (const [name, stage] of laboratory.stages) whole.stages.set(name, stage)
    const expected = started(yield* runIn(whole, plan)).toSorted()
    whole.remove()
    for (const stopAfter of [3, 8, 14]) {
      let ended = 0
      const enough = Promise.withResolvers<void>()
      const fiber = yield* Effect.forkChild(runIn(laboratory, plan, {
        onEvent: (event) => {
          if ((event.type === "task-finished" || event.type === "task-cached") && ++ended === stopAfter) enough.resolve()
        }
      }))
      yield* Effect.promise(() => enough.promise)
      yield* Fiber.interrupt(fiber)
    }
    const last = yield* runIn(laboratory, plan)
    assert.deepStrictEqual([...of(last, "task-cached"), ...of(last, "task-finished")].map(({ task }) => task).toSorted(), expected)
    assert.isAtLeast(last.counts.cached, 14)
  }))

  it.live("counts a configuration that fails as the worst, and goes on with the others", () => Effect.gen(function*() {
    train(`if (rate === 4) return fail("diverged")`)
    const run = yield* runIn(laboratory, planOfSearch(searchOf("asha")))
    assert.strictEqual(run.status, "failed")
    assert.deepInclude(run.counts, { failed: 1, skipped: 1 })
    const ran = of(run, "task-finished").map(({ task }) => task)
    assert.isFalse(ran.some((task) => task.startsWith("train-c4")))
    assert.lengthOf(ran.filter((task) => task.endsWith("e9") && task.startsWith("train")), 1)
    assert.strictEqual(of(run, "task-skipped")[0]?.task, "report-c4e1")
  }))

  it.live("warns, and goes on with nothing, where the metric is not reported", () => Effect.gen(function*() {
    laboratory.stage("t/train", `host.emit({ type: "metric", name: "loss", step: 1, value: 0.5 }); write("x" + task.params.rate)`)
    const run = yield* runIn(laboratory, planOfSearch(searchOf("asha")))
    assert.strictEqual(run.counts.ran, 18)
    const warnings = of(run, "task-event").flatMap(({ event }) => (event.type === "log" ? [event.message] : []))
    assert.lengthOf(warnings, 1)
    assert.match(warnings[0] ?? "", /no metric "accuracy".*\(it reports loss\)/)
  }))

  it.live("is explained before it has run, in the midst of it and afterwards", () => Effect.gen(function*() {
    const plan = planOfSearch(searchOf("asha"))
    const reasonOf = (tasks: ReadonlyArray<ResolvedTask>, id: string) => tasks.find(({ task }) => task.id === id)?.reason
    const before = yield* resolveIn(laboratory, plan)
    assert.deepStrictEqual([reasonOf(before, "train-c0e1")?.kind, reasonOf(before, "train-c8e1")?.kind], ["new", "turn"])
    assert.deepStrictEqual(reasonOf(before, "train-c0e3"), { kind: "rung", resource: "epochs", amount: 3, below: 1, reduction: 3, metric: "accuracy" })
    yield* runIn(laboratory, plan)
    const after = yield* resolveIn(laboratory, plan)
    assert.strictEqual(reasonOf(after, "train-c4e9")?.kind, "cached")
    assert.deepStrictEqual(reasonOf(after, "train-c0e3"), { kind: "pruned", resource: "epochs", below: 1, metric: "accuracy" })
    assert.isTrue(finalists.every((task) => reasonOf(after, task)?.kind === "cached"))
  }))

  it.live("keeps what a task reported with its results", () => Effect.gen(function*() {
    laboratory.stage("t/train", `
      for (const [step, value] of [[1, 0.25], [2, 0.5], [3, NaN]]) host.emit({ type: "metric", name: "loss", step, value })
      host.emit({ type: "metric", name: "accuracy", step: 3, value: 0.75 })
      write("x")`)
    const run = yield* runIn(laboratory, planOf({ id: "train-1", uses: "t/train" }))
    const [{ fingerprint = "" } = {}] = of(run, "task-finished")
    const action: unknown = JSON.parse(readFileSync(join(laboratory.store, "actions", fingerprint.slice(0, 2), `${fingerprint.slice(2)}.json`), "utf8"))
    assert.deepInclude(action, { metrics: { loss: null, accuracy: 0.75 } })
  }))
})
