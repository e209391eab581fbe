/** From the text of a file to the plan: where parsing and planning meet. */
import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { makePlan } from "../../src/plan/make-plan.ts"
import type { Plan } from "../../src/plan/plan.ts"
import { parsePipeline } from "../../src/spec/parse.ts"
import { formatProblems } from "../../src/spec/format.ts"
import { library, recipes, stage, tasksOf, world } from "./support.ts"

const stages = [
  ...library,
  stage("check/positive", {
    decode: (given) => (Number(given["n"]) > 0 ? { ok: true, params: given, files: [] } : { ok: false, issues: [{ path: ["n"], message: "must be more than 0" }] })
  })
]
const found = { names: stages.map(({ name }) => name), find: (name: string) => stages.find((each) => each.name === name) }

const planText = (text: string) => {
  const parsed = parsePipeline("paper.yaml", text, found)
  if (Result.isFailure(parsed)) throw new Error(formatProblems(parsed.failure, text))
  return makePlan(parsed.success, world({ stages }))
}
const planned = (text: string): Plan => Result.getOrThrowWith(planText(text), (problems) => new Error(formatProblems(problems, text)))

const paper = `
name: paper
params: { seed: 0, d: 100, eps: "\${{ round(0.001 * sqrt(params.d), 4) }}", lr: 1 }
sweeps:
  dimension:
    zip: { d: [10, 100] }
    grid: { seed: { range: [0, 3] } }
  strength:
    grid: { eps: [0.005, 0.01], seed: [0, 1, 2] }
    targets: [attack]
stages:
  data: { uses: data/make, with: { d: "\${{ params.d }}", seed: "\${{ params.seed }}" } }
  teacher: { uses: train/fit, in: { train: "\${{ data.out }}" }, with: { lr: "\${{ params.lr }}" } }
  attack:
    uses: attack/perturb
    in: { data: "\${{ data }}", model: "\${{ teacher }}" }
    with: { eps: "\${{ params.eps }}" }
  score: { uses: evaluate/score, in: { model: "\${{ teacher }}", data: "\${{ attack }}" } }
`

describe("the plan of a file", () => {
  it("shares work within and between its sweeps", () => {
    const made = planned(paper)
    expect(made.asked).toEqual({ data: 12, teacher: 12, attack: 12, score: 6 })
    // eps at d = 100 is 0.01, in both sweeps.
    expect(Object.keys(made.asked).map((id) => tasksOf(made, id).length)).toEqual([6, 6, 9, 6])
    expect(made.axes).toEqual(["seed", "d", "eps", "lr"])
  })

  it("is the same for another order, style and name of the file's parts", () => {
    const other = `
stages:
  score:
    in:
      data: "\${{ attack.out }}"
      model: "\${{ teacher.out }}"
    uses: evaluate/score
  attack:
    with:
      eps: \${{ params.eps }}
    in: { model: "\${{ teacher.out }}", data: "\${{ data.out }}" }
    uses: attack/perturb
  teacher: { with: { lr: "\${{params.rate}}" }, uses: train/fit, in: { train: "\${{ data }}" } }
  data:
    uses: data/make
    with: { seed: "\${{ params.seed + 0 }}", d: "\${{ params.d }}", shift: 3e-1 }
sweeps:
  b: { targets: [attack], grid: { seed: { range: [0, 3] }, eps: [0.01, 5e-3] } }
  a: { grid: { seed: [2, 1, 0] }, zip: { d: [100, 10] } }
params:
  rate: 1.0
  eps: \${{ round(0.001 * sqrt(params.d), 4) }}
  d: 100
  seed: 0
name: another-name
`
    expect(recipes(planned(other))).toEqual(recipes(planned(paper)))
  })

  it("shows the line of what is wrong at one point of a sweep", () => {
    const text = `name: x
params: { n: 1 }
sweep: { grid: { n: [1, -5] } }
stages:
  data:
    uses: check/positive
    with:
      n: "\${{ params.n }}"
`
    // The parser may have seen it already; whoever sees it first names the place.
    const parsed = parsePipeline("paper.yaml", text, found)
    const problems = Result.isFailure(parsed) ? parsed.failure : Result.getOrElse(Result.flip(makePlan(parsed.success, world({ stages }))), () => [])
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatchObject({ file: "paper.yaml", position: { line: 8, column: 10 }, path: "stages.data.with.n" })
    expect(problems[0]?.message).toContain("must be more than 0")
    expect(problems[0]?.message).toContain("n = -5")
  })

  it("fans a stage out with foreach and gathers it again", () => {
    const made = planned(`name: x
stages:
  data: { uses: data/make, foreach: [3, 1, 2], with: { seed: "\${{ item }}" } }
  all: { uses: report/collect, in: { scores: "\${{ data }}" } }
`)
    expect(tasksOf(made, "all")[0]?.inputs["scores"]?.map(({ item }) => item)).toEqual([{ item: 3 }, { item: 1 }, { item: 2 }])
    expect(made.axes).toEqual(["item"])
  })
})
