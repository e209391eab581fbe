/** Sweeps that are searches, from the text of a file to the plan: cells, what they carry, and what is wrong with one. */
import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { makePlan, type PlanWorld } from "../../src/plan/make-plan.ts"
import type { Plan } from "../../src/plan/plan.ts"
import { formatProblems } from "../../src/spec/format.ts"
import { withOverrides } from "../../src/spec/overrides.ts"
import { parsePipeline } from "../../src/spec/parse.ts"
import type { InputSpec, StageInterface } from "../../src/stage/protocol.ts"
import { library, stage, world } from "./support.ts"

const takes = (kind: InputSpec["kind"], optional = false): InputSpec => ({ kind, many: false, optional })
const stages = [
  ...library,
  { ...stage("train/on", { inputs: { train: takes("any"), base: takes("any"), from: takes("artefact", true) } }), outputs: { model: { kind: "model" }, state: { kind: "artefact", mediaType: "text/plain", extension: "txt" } } } satisfies StageInterface
]
const found = { names: stages.map(({ name }) => name), find: (name: string) => stages.find((each) => each.name === name) }

const text = `
name: paper
params: { lr: 1, epochs: 27, seed: 0, n: 10 }
sweep:
  asha:
    points: 4
    axes: { lr: { min: 0.001, max: 1, log: true } }
    stage: fit
    metric: accuracy
    goal: max
    resource: epochs
    min: 1
    max: 9
    carry: { from: state }
stages:
  data: { uses: data/make, with: { n: "\${{ params.n }}" } }
  fit:
    uses: train/on
    in: { train: "\${{ data.out }}", base: "\${{ data.out }}" }
    with: { lr: "\${{ params.lr }}", epochs: "\${{ params.epochs }}" }
  score: { uses: evaluate/score, in: { model: "\${{ fit.model }}", data: "\${{ data }}" } }
`
const parse = (of: string) => Result.mapError(parsePipeline("paper.yaml", of, found), (problems) => new Error(formatProblems(problems, of)))
const planned = (of: string, more: Partial<PlanWorld> = {}, overrides: Parameters<typeof withOverrides>[1] = {}): Plan => {
  const changed = Result.mapError(withOverrides(Result.getOrThrow(parse(of)), overrides), (problems) => new Error(JSON.stringify(problems)))
  return Result.getOrThrowWith(makePlan(Result.getOrThrow(changed), { ...world({ stages }), ...more }), (problems) => new Error(formatProblems(problems, of)))
}
const cellsIn = (plan: Plan) => plan.searches?.searches.flatMap(({ cells }) => cells) ?? []
const count = (plan: Plan, id: string) => plan.tasks.filter((task) => task.stage === id).length

describe("a search in a plan", () => {
  it("has a task for each configuration at each rung, which takes what the one below leaves", () => {
    const plan = planned(text)
    expect([count(plan, "data"), count(plan, "fit"), count(plan, "score")]).toEqual([1, 12, 12])
    const byId = new Map(plan.tasks.map((task) => [task.id, task]))
    for (const { cell, judged, tasks, values } of cellsIn(plan)) {
      const [id = ""] = judged
      const task = byId.get(id)
      expect(judged).toHaveLength(1)
      expect(task?.params).toEqual({ lr: values["lr"], epochs: 3 ** cell.rung })
      expect([...tasks].map((each) => byId.get(each)?.stage).toSorted()).toEqual(["data", "fit", "score"])
      const from = task?.inputs["from"]?.[0]
      expect(from === undefined).toBe(cell.rung === 0)
      if (from === undefined) continue
      expect(from.output).toBe("state")
      expect(byId.get(from.task)?.params).toEqual({ lr: values["lr"], epochs: 3 ** (cell.rung - 1) })
    }
    expect(plan.axes).toEqual(["lr", "epochs", "n"])
  })

  it("is one for each combination of the sweep's other axes", () => {
    const plan = planned(text.replace("  asha:", "  grid: { n: [10, 20] }\n  asha:"))
    expect(plan.searches?.searches.map(({ cells }) => cells.length)).toEqual([12, 12])
    expect(count(plan, "fit")).toBe(24)
  })

  it("runs in any case what is used outside of it", () => {
    const plan = planned(text.replace(/sweep:\n {2}asha:/, "sweeps:\n  plain: { grid: { lr: [0.5] }, targets: [fit] }\n  search:\n   asha:"))
    expect(plan.searches?.unconditional.size).toBe(2)
    expect(plan.searches?.searches.map(({ sweep }) => sweep)).toEqual(["search"])
  })

  it("looks at fewer configurations with --limit, and at hyperband's first brackets", () => {
    expect(count(planned(text, { limit: 2 }), "fit")).toBe(6)
    const hyperband = text.replace("asha:", "hyperband:").replace("    points: 4\n", "")
    // Brackets of 9, 5 and 3 configurations with 3, 2 and 1 rungs.
    expect(count(planned(hyperband), "fit")).toBe(9 * 3 + 5 * 2 + 3)
    expect(count(planned(hyperband, { limit: 1 }), "fit")).toBe(27)
  })

  it("becomes plain points where the command line gives the resource, and loses axes that it gives", () => {
    const plain = planned(text, {}, { set: ["epochs=5"] })
    expect(plain.searches).toBeUndefined()
    expect(count(plain, "fit")).toBe(4)
    expect(planned(text, {}, { set: ["lr=0.1"] }).searches).toBeUndefined()
    expect(cellsIn(planned(text, {}, { sweep: ["n=1,2"] }))).toHaveLength(24)
  })

  it.each<[string, (of: string) => string, RegExp]>([
    ["a stage that is not there", (of) => of.replace("stage: fit", "stage: fti"), /paper\.yaml:8:12.*no stage "fti"[^]*did you mean "fit"/],
    ["a resource that is no parameter", (of) => of.replace("resource: epochs", "resource: epoch"), /no parameter "epoch"[^]*did you mean "epochs"/],
    ["a resource that is drawn", (of) => of.replace("resource: epochs", "resource: lr"), /"lr" is an axis of this search already/],
    ["an output that is not there", (of) => of.replace("from: state", "from: stat"), /train\/on has no output "stat"[^]*did you mean "state"/],
    ["an input that is not there", (of) => of.replace("from: state", "form: state"), /train\/on has no input "form"[^]*did you mean "from"/],
    ["an input that is needed", (of) => of.replace("from: state", "train: state"), /"train" of "fit" is given under in already/],
    ["an output of another kind", (of) => of.replace("from: state", "from: model"), /takes a file; model is a model/],
    ["bounds the wrong way round", (of) => of.replace("max: 9\n    carry", "max: 0.5\n    carry"), /max must not be below min, which is 1/],
    ["two ways to draw", (of) => of.replace("  asha:", "  random: { points: 3, axes: { n: [1, 2] } }\n  asha:"), /a sweep has one of list, random, sobol, asha and hyperband/],
    ["what is missing", (of) => of.replace("    metric: accuracy\n", "").replace("    goal: max\n", ""), /metric is missing[^]*goal is missing/]
  ])("says what is wrong with %s", (_, change, message) => {
    const parsed = parse(change(text))
    expect(Result.isFailure(parsed)).toBe(true)
    if (Result.isFailure(parsed)) expect(parsed.failure.message).toMatch(message)
  })
})
