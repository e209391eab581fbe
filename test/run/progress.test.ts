import { assert, describe, it } from "vitest"
import type { RunEvent } from "../../src/run/events.ts"
import { runOutlook, stageOutlook } from "../../src/run/outlook.ts"
import { advance, noProgress, type Progress } from "../../src/run/progress.ts"
import { duration, endLine, failureLines, progressLines, startLine, summaryLine, type Look } from "../../src/run/progress-lines.ts"
import { makeReporter, type ReportMode } from "../../src/run/reporter.ts"
import { planned } from "./support.ts"

const look: Look = { color: false, width: 100, height: 24, pointOf: (task) => (task === "train-1" ? "d=100" : "") }
const start = { type: "run-started", at: 0, run: "r", pipeline: "p", tasks: 14, points: 10, stages: { data: 4, train: 10 } } as const
const cached = (stage: string, n: number): RunEvent => ({ type: "task-cached", at: 0, task: `${stage}-${n}`, stage, fingerprint: "f", outputs: {}, producer: "q", kept: false })
const begun = (stage: string, n: number, at: number, attempt = 1): RunEvent =>
  ({ type: "task-started", at, task: `${stage}-${n}`, stage, fingerprint: "f", worker: 1, attempt, reason: { kind: "new" } })
const finished = (stage: string, n: number, at: number): RunEvent =>
  ({ type: "task-finished", at, task: `${stage}-${n}`, stage, fingerprint: "f", outputs: {}, wallMs: 1, identical: false })
const failed = (stage: string, n: number, willRetry: boolean) => ({
  type: "task-failed", at: 0, task: `${stage}-${n}`, stage, attempt: 1, willRetry, point: "d=100", message: "no convergence\nafter 10 steps", hint: "Lower lr.", log: "logs/x.log"
} as const)
const end = (counts: Partial<Extract<RunEvent, { type: "run-finished" }>["counts"]>, status: "succeeded" | "failed" | "interrupted" = "succeeded") => ({
  type: "run-finished", at: 0, run: "r", status, counts: { total: 14, cached: 0, ran: 0, failed: 0, skipped: 0, kept: 0, ...counts }, wallMs: 1234
} as const)
const after = (...events: ReadonlyArray<RunEvent>): Progress => events.reduce(advance, noProgress)

describe("progress", () => {
  it("is a line for each stage, and one for each task that has run for a while", () => {
    const progress = after(
      start, cached("data", 1), cached("data", 2), cached("data", 3), cached("data", 4),
      begun("train", 1, 0), begun("train", 2, 0), finished("train", 2, 1000), begun("train", 3, 1000),
      { type: "task-event", at: 1500, task: "train-1", stage: "train", event: { type: "progress", done: 30, total: 100, message: "loss 0.1" } }
    )
    assert.deepStrictEqual(progressLines(progress, 1500, look), [
      "data  ████████████████████   4/4  4 cached",
      "train ██░░░░░░░░░░░░░░░░░░  1/10  2 running  14 s left",
      "  train d=100  ███░░░░░░░ 30/100 loss 0.1  1.5 s",
      "5 of 14 tasks  1.5 s; about 14 s left"
    ])
    assert.deepStrictEqual(progressLines(progress, 1500, { ...look, width: 50 }), [
      "data    4/4  4 cached",
      "train  1/10  14 s left  2 running",
      "  train d=100  30/100 loss 0.1  1.5 s",
      "5 of 14 tasks  1.5 s; about 14 s left"
    ])
    assert.strictEqual(summaryLine(progress, 1500), "5 of 14 tasks: 4 cached, 1 ran, 2 running; about 14 s left")
  })

  it("says nothing of the time left where nothing is known, and what it is without", () => {
    const between = after({ ...start, stages: { data: 1, train: 10 } }, begun("data", 1, 0), finished("data", 1, 1000))
    assert.strictEqual(summaryLine(between, 1200), "1 of 14 tasks: 1 ran")
    assert.strictEqual(summaryLine([begun("train", 1, 1300)].reduce(advance, between), 1400), "1 of 14 tasks: 1 ran, 1 running")
    const more = after(start, begun("data", 1, 0), finished("data", 1, 1000))
    assert.strictEqual(summaryLine(more, 1000), "1 of 14 tasks: 1 ran; about 3.0 s left, not counting train")
  })

  it("counts a task that is tried again once", () => {
    const progress = after(start, begun("train", 1, 0), failed("train", 1, true), begun("train", 1, 5, 2), failed("train", 1, false), { type: "task-skipped", at: 0, task: "train-2", stage: "train", because: "train-1" })
    assert.deepInclude(progress.stages["train"], { failed: 1, skipped: 1, running: 0 })
    assert.strictEqual(progress.running.size, 0)
  })

  it("never has more lines or columns than the terminal", () => {
    const stages = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`a-rather-long-name-of-a-stage-${i}`, 1]))
    const progress = after({ ...start, stages }, ...Array.from({ length: 20 }, (_, i) => begun(`a-rather-long-name-of-a-stage-${i}`, i, 0)))
    for (const height of [5, 10, 24]) {
      for (const width of [20, 40, 80]) {
        const lines = progressLines(progress, 5000, { ...look, width, height })
        assert.isBelow(lines.length, height)
        for (const line of lines) assert.isBelow(line.length, width)
      }
    }
  })

  it("shows nothing running once the run is over, though it was cut short", () => {
    const over = after(start, begun("train", 1, 0), end({}, "interrupted"))
    assert.deepStrictEqual(progressLines(over, 5000, look), ["data  ░░░░░░░░░░░░░░░░░░░░   0/4", "train ░░░░░░░░░░░░░░░░░░░░  0/10"])
  })

  it("is worth few words at the end", () => {
    assert.strictEqual(startLine(start), "p: 14 tasks in 2 stages at 10 points (run r)")
    assert.strictEqual(endLine(end({ cached: 14 })), "All 14 tasks cached, nothing to do (1.2 s).")
    assert.strictEqual(endLine(end({ cached: 4, ran: 10, kept: 3 })), "Done in 1.2 s: 10 ran, 4 cached. Outputs came out identical: 3 tasks behind them kept.")
    assert.strictEqual(endLine(end({ ran: 10, failed: 1, skipped: 3 }, "failed")), "Failed in 1.2 s: 10 ran, 1 failed, 3 skipped because of that.")
    assert.include(endLine(end({ ran: 10 }, "interrupted")), "10 of 14 tasks are done and kept")
    assert.deepStrictEqual([400, 12_000, 185_000, 7_800_000].map(duration), ["0.4 s", "12 s", "3 min 05 s", "2 h 10 min"])
  })

  it("tells of a failed task what, where, what to do and where to look", () => {
    assert.deepStrictEqual(failureLines(failed("train", 1, false), false), [
      "train failed at d=100", "  no convergence", "  after 10 steps", "  Lower lr.", "  log: logs/x.log"
    ])
  })
})

describe("the time left", () => {
  const trainOf = (progress: Progress, now: number): number => Math.round(stageOutlook(progress, "train", now)?.leftMs ?? -1)
  const says = (n: number, at: number, done: number, total: number): RunEvent =>
    ({ type: "task-event", at, task: `train-${n}`, stage: "train", event: { type: "progress", done, total } })

  it("of equal tasks, two at once, is what it takes", () => {
    const two = after(start, begun("train", 1, 0), begun("train", 2, 0), finished("train", 1, 1000), finished("train", 2, 1000))
    assert.strictEqual(trainOf(two, 1000), 4000)
    assert.strictEqual(trainOf([begun("train", 3, 1000), begun("train", 4, 1000)].reduce(advance, two), 1600), 3400, "of the running ones the rest")
  })

  it("believes what a running task says of itself, and learns from it before any has ended", () => {
    const told = after(start, begun("train", 1, 0), says(1, 3000, 1, 10))
    assert.strictEqual(trainOf(told, 3000), 27_000 + 9 * 30_000)
    assert.strictEqual(trainOf(after(start, begun("train", 1, 0), says(1, 3000, 10, 10)), 3000), 9 * 3000)
  })

  it("grows while a task takes longer than those before it", () => {
    const overdue = after(start, begun("train", 1, 0), finished("train", 1, 1000), begun("train", 2, 1000))
    assert.strictEqual(trainOf(overdue, 1500), 8500)
    assert.strictEqual(trainOf(overdue, 6000), 8 * 3000)
  })

  it("is at least that of the longest running task, however many run at once", () => {
    const last = after({ ...start, stages: { train: 3 } }, ...[1, 2, 3].map((n) => begun("train", n, 0)), finished("train", 1, 1000), finished("train", 2, 1000), says(3, 1000, 1, 11))
    assert.strictEqual(trainOf(last, 1000), 10_000)
  })

  it("of the whole run is not the sum over stages that take turns", () => {
    const turns = after(start, begun("data", 1, 0), finished("data", 1, 1000), begun("train", 1, 1000), finished("train", 1, 2000))
    assert.deepStrictEqual(runOutlook(turns, 2000), { leftMs: 3000 + 9000, unknown: [] })
    assert.isAbove(trainOf(turns, 2000) + (stageOutlook(turns, "data", 2000)?.leftMs ?? 0), 12_000)
  })
})

describe("the reporter", () => {
  const events: ReadonlyArray<RunEvent> = [start, cached("data", 1), begun("train", 1, 0), failed("train", 1, false), finished("train", 2, 1), end({ ran: 1, failed: 1 }, "failed")]
  /** Everything written, with a clock that moves a second at each look. */
  const written = (mode: ReportMode): string => {
    let text = ""
    let now = 0
    const reporter = makeReporter({
      mode,
      write: (piece) => (text += piece),
      color: false,
      size: () => ({ width: 80, height: 24 }),
      tasks: [planned({ id: "train-1", uses: "t/a", params: { d: 100 } })],
      now: () => (now += 1000)
    })
    for (const event of events) reporter.event(event)
    reporter.close()
    return text
  }
  /** What a terminal would show in the end. */
  const screen = (text: string): ReadonlyArray<string> => {
    const lines: Array<string> = []
    for (const part of text.split("\u001b[")) {
      const up = /^(\d+)A$/.exec(part)?.[1]
      if (up !== undefined) lines.length -= Number(up)
      else lines.push(...part.replace(/^J/, "").split("\n").slice(0, -1))
    }
    return lines
  }

  it("on a terminal redraws in place, above it what failed", () => {
    assert.deepStrictEqual(screen(written("terminal")), [
      "p: 14 tasks in 2 stages at 10 points (run r)",
      "train failed at d=100", "  no convergence", "  after 10 steps", "  Lower lr.", "  log: logs/x.log",
      "data  █████░░░░░░░░░░░░░░░   1/4  1 cached",
      "train ████░░░░░░░░░░░░░░░░  2/10  1 failed",
      "Failed in 1.2 s: 1 ran, 1 failed."
    ])
  })

  it("on a terminal says more above what is drawn, and draws below what somebody else wrote", () => {
    let text = ""
    let now = 0
    const reporter = makeReporter({ mode: "terminal", write: (piece) => (text += piece), color: false, size: () => ({ width: 80, height: 24 }), tasks: [], now: () => (now += 1000) })
    reporter.event(start)
    reporter.event(begun("train", 1, 0))
    reporter.say("Stopping.")
    assert.deepStrictEqual(screen(text).slice(0, 4), ["p: 14 tasks in 2 stages at 10 points (run r)", "Stopping.", "data  ░░░░░░░░░░░░░░░░░░░░   0/4", "train ░░░░░░░░░░░░░░░░░░░░  0/10  1 running"])
    const before = text.length
    reporter.redraw()
    reporter.event(begun("train", 2, 0))
    assert.notInclude(text.slice(before), "\u001b", "nothing of the shell's is erased")
    reporter.close()
  })

  it("elsewhere prints lines as things happen", () => {
    const lines = written("plain").trim().split("\n")
    assert.strictEqual(lines[0], startLine(start))
    assert.strictEqual(lines[1], "train failed at d=100")
    assert.strictEqual(lines.at(-1), "Failed in 1.2 s: 1 ran, 1 failed.")
    assert.notInclude(written("plain"), "\u001b")
  })

  it("when quiet tells of failures only; as JSON, every event", () => {
    assert.strictEqual(written("quiet"), `${failureLines(failed("train", 1, false), false).join("\n")}\n`)
    assert.deepStrictEqual(written("json").trim().split("\n").map((line): unknown => JSON.parse(line)), [...events])
  })
})
