/** Looking at runs, with the real command: status, show, logs, diff, why, accept, graph. */
import { afterAll, describe, expect, it } from "vitest"
import { makeProject, pipeline, scaleStage, slowStage, toyProject } from "./project.ts"

const talkative = `
import { defineStage, doc, Effect, field, Float64, Schema, table } from "reprise/stage"

export default defineStage({
  name: "toy/talk",
  summary: doc("Counts aloud."),
  params: Schema.Struct({ to: field(Schema.Finite, doc("How far.")), pause: field(Schema.Finite, doc("Between two numbers.", "ms"), 0) }),
  inputs: {},
  outputs: { last: table({ n: Float64 }) },
  run: (ctx) => Effect.gen(function*() {
    for (let n = 1; n <= ctx.params.to; n++) {
      yield* ctx.log("number " + n)
      yield* ctx.metric("n", n, n)
      yield* Effect.sleep(ctx.params.pause)
    }
    yield* ctx.outputs.last.append([{ n: ctx.params.to }])
  })
})
`
const files = {
  ...toyProject,
  "stages/toy/talk.ts": talkative,
  "stages/toy/slow.ts": slowStage,
  "talk.yaml": "name: talk\nparams: { to: 3 }\nstages:\n  talk: { uses: toy/talk, with: { to: \"${{ params.to }}\" } }\n",
  "bad.yaml": pipeline.replace("[1, 2, 3]", "[1, 13]").replace("name: toy", "name: bad")
}
const project = makeProject(files, afterAll)
project.reprise("run", "talk.yaml")
project.reprise("run", "talk.yaml", "--set", "to=5")
project.reprise("run", "bad.yaml")

describe("reprise show and status", () => {
  it("show a run in full: the latest, or one by its pipeline", () => {
    const { code, out } = project.reprise("show")
    expect(code).toBe(0)
    expect(out).toMatch(/status +failed/)
    expect(out).toMatch(/command +reprise run bad.yaml/)
    expect(out).toMatch(/versions.node +\d+/)
    expect(out).toMatch(/scaled +toy\/scale +2 +1 +0 +1 +0/)
    expect(out).toContain("13 brings bad luck")
    expect(project.reprise("status").out).toMatch(/What failed, and why: reprise show \d{8}-\d{6}-bad-/)
    const talk: { readonly status: string; readonly tasks: ReadonlyArray<{ readonly stage: string }> } = JSON.parse(project.reprise("show", "talk", "--format", "json").out)
    expect(talk).toMatchObject({ status: "succeeded", overrides: { set: ["to=5"] }, tasks: [{ stage: "talk", status: "ran" }] })
  })

  it("say how far a run has come while it goes on", async () => {
    const going = makeProject({ "stages/toy/slow.ts": slowStage, "slow.yaml": "name: slow\nstages:\n  slow: { uses: toy/slow, with: { seconds: 30 } }\n" })
    const run = going.start("run", "slow.yaml", "--json")
    await new Promise<void>((resolve) => run.stdout?.on("data", (chunk: Buffer) => chunk.toString().includes("sleeping") && resolve()))
    await expect.poll(() => going.reprise("status").out, { timeout: 20_000 }).toMatch(/running, 0 of 1 task done[\s\S]*slow +1 +0 +0 +0 +0 +1[\s\S]*Running:\n +slow-/)
    run.kill("SIGINT")
    await new Promise((resolve) => run.once("exit", resolve))
    expect(going.reprise("status").out).toContain("interrupted, 0 of 1 task done")
  })

  it("name what is near to a wrong name", () => {
    expect(project.reprise("show", "tolk")).toMatchObject({ code: 2, err: expect.stringContaining("there is no run tolk") })
  })
})

describe("reprise logs", () => {
  it("prints what a task printed, also in the run that made it", () => {
    const latest = project.reprise("logs", "talk", "--run", "talk")
    expect(latest.out.match(/number \d/g)).toEqual(["number 1", "number 2", "number 3", "number 4", "number 5"])
    expect(project.reprise("logs", "talk", "--run", "talk", "--tail", "2").out.match(/number \d/g)).toEqual(["number 4", "number 5"])
    expect(project.reprise("logs", "nobody", "--run", "talk")).toMatchObject({ code: 2, err: expect.stringContaining("no task nobody") })
  })

  it("has the stack of what a stage threw, told by its sources", () => {
    const own = makeProject({
      "stages/toy/talk.ts": talkative.replace("for (let n", 'if (ctx.params.to === 13) throw new TypeError("not thirteen")\n    for (let n'),
      "talk.yaml": "name: talk\nparams: { to: 3 }\nsweep: { grid: { to: [1, 13] } }\nstages:\n  talk: { uses: toy/talk, with: { to: \"${{ params.to }}\" } }\n"
    })
    own.reprise("run", "talk.yaml", "--quiet")
    const { err } = own.reprise("logs", "talk")
    // Where several are meant it shows each with its state and its place.
    expect(err).toMatch(/talk-\w+ +ran +to=1$/m)
    expect(err).toMatch(/talk-\w+ +failed +to=13$/m)
    const [, failed = ""] = /(talk-\w+) +failed/.exec(err) ?? []
    expect(own.reprise("logs", failed).out).toContain(`stages/toy/talk.ts:${talkative.slice(0, talkative.indexOf("for (let n")).split("\n").length}:`)
  })

  it("waits for a task that has not started, and ends with a run that was killed", async () => {
    const own = makeProject({ "stages/toy/slow.ts": slowStage, "slow.yaml": "name: slow\nstages:\n  a: { uses: toy/slow, with: { seconds: 30 } }\n  b: { uses: toy/slow, with: { seconds: 31 } }\n" })
    const run = own.start("run", "slow.yaml", "--json", "--jobs", "1")
    await new Promise<void>((resolve) => run.stdout?.on("data", (chunk: Buffer) => chunk.toString().includes("sleeping") && resolve()))
    expect(own.reprise("logs", "b").err).toContain("has not started yet. To wait for it: -f")
    const following = own.start("logs", "b", "-f")
    let err = ""
    following.stderr?.on("data", (chunk: Buffer) => void (err += chunk.toString()))
    await expect.poll(() => err, { timeout: 30_000 }).toContain("has not started yet.")
    run.kill("SIGKILL")
    await new Promise((resolve) => following.once("exit", resolve))
    expect(err).toMatch(/was interrupted\.$/m)
    expect(own.reprise("status").out, "though nobody could write that down").toContain("interrupted, 0 of 2 tasks done")
  })

  it("follows a task until it ends", async () => {
    const going = makeProject({ "stages/toy/talk.ts": talkative, "talk.yaml": "name: talk\nstages:\n  talk: { uses: toy/talk, with: { to: 10, pause: 150 } }\n" })
    const run = going.start("run", "talk.yaml", "--json")
    await new Promise<void>((resolve) => run.stdout?.on("data", (chunk: Buffer) => chunk.toString().includes("number 2") && resolve()))
    expect(going.reprise("logs", "talk", "-f").out).toContain("number 10")
  })
})

describe("reprise diff", () => {
  it("says what was asked differently and what came of it", () => {
    const runs: ReadonlyArray<{ readonly id: string; readonly pipeline: string }> = JSON.parse(project.reprise("runs", "--format", "json").out)
    const [second = "", first = ""] = runs.filter((run) => run.pipeline === "talk").map(({ id }) => id)
    const diff: unknown = JSON.parse(project.reprise("diff", first, second, "--format", "json").out)
    expect(diff).toMatchObject({
      asked: [{ name: "set", before: null, after: "[\"to=5\"]" }],
      code: [],
      environment: [],
      parameters: [{ name: "talk.to", before: "3", after: "5" }],
      results: { identical: 0, different: [], onlyBefore: 1, onlyAfter: 1 }
    })
    expect(project.reprise("diff", first, second).out).toMatch(/talk.to +3 +-> +5/)
    expect(project.reprise("diff", "talk").out.split("\n")[0], "the latest alone is compared with the one before it").toBe(`${first} -> ${second}`)
  })
})

describe("reprise why and accept", () => {
  it("name every field that differs, who made what is cached, and what a task waits for", () => {
    const own = makeProject({ ...toyProject, "toy.yaml": pipeline.replace("sweep:\n  grid: { factor: [1, 2, 3] }\n", "") })
    own.reprise("run", "toy.yaml")
    expect(own.reprise("why", "mean").out).toMatch(/state +cached[\s\S]*by +\d{8}-\d{6}-toy/)
    own.write("stages/toy/scale.ts", scaleStage.replace("=== 13", "=== 14"))
    const changed = own.reprise("why", "scaled", "toy.yaml", "--set", "factor=2").out
    expect(changed).toContain("code: stages/toy/scale.ts")
    expect(changed).toMatch(/params.factor +1 +-> +2/)
    expect(own.reprise("why", "mean", "toy.yaml").out).toMatch(/It waits for:\n +scaled-/)
  })

  it("keep results whose code has changed, with the reason, and what stands behind them", () => {
    const own = makeProject()
    own.reprise("run", "toy.yaml")
    own.write("stages/toy/scale.ts", scaleStage.replace("=== 13", "=== 14"))
    expect(own.reprise("run", "toy.yaml", "--dry-run").code).toBe(3)
    expect(own.reprise("accept", "toy.yaml")).toMatchObject({ code: 2, err: expect.stringContaining("--reason is missing") })
    expect(own.reprise("accept", "toy.yaml", "--stage", "mean", "--reason", "x").out).toContain("Nothing to accept")
    expect(own.reprise("accept", "toy.yaml", "--reason", "bad luck was not in use").out).toContain("Accepted 3 tasks")
    expect(own.reprise("run", "toy.yaml").err).toContain("All 7 tasks cached")
    expect(own.reprise("plan", "toy.yaml", "--all").out).toContain("changed code accepted: bad luck was not in use")
    expect(own.reprise("run", "toy.yaml", "--set", "n=6", "--dry-run").code).toBe(3)
  })
})

describe("reprise graph", () => {
  it("draws stages and what they feed each other", () => {
    expect(project.reprise("graph", "toy.yaml").out).toBe(`flowchart TD
  s0["points<br/>toy/points<br/>1 task"]
  s1["scaled<br/>toy/scale<br/>3 tasks"]
  s2["mean<br/>toy/mean<br/>3 tasks"]
  s0 -->|"points"| s1
  s1 -->|"points"| s2
`)
    expect(project.reprise("graph", "toy.yaml", "--format", "dot").out).toContain("\"points\" -> \"scaled\" [label=\"points\"];")
  })
})
