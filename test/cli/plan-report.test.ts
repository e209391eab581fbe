import { describe, expect, it } from "vitest"
import type { Plan, PlannedTask } from "../../src/plan/plan.ts"
import type { Reason } from "../../src/plan/reason.ts"
import { planJson, planText } from "../../src/cli/plan-report.ts"
import { groupedReasons, reasonText } from "../../src/cli/reasons.ts"
import type { ResolvedTask } from "../../src/run/resolve.ts"
import type { Pipeline, StageDeclaration } from "../../src/spec/pipeline.ts"

const declaration = (id: string): StageDeclaration => ({
  id, uses: `toy/${id}`, with: {}, in: {}, when: undefined, matrix: {}, retry: { times: 0, delaySeconds: 0 }, timeout: undefined,
  resources: { cpus: 1, gpus: 0, memoryMiB: undefined }
})
const task = (stage: string, n: number, reason: Reason): ResolvedTask => {
  const planned: PlannedTask = {
    id: `${stage}-${n}`, recipe: `${stage}-${n}`, stage, uses: `toy/${stage}`, params: { n }, inputs: {}, files: {},
    declaration: declaration(stage), coordinates: [{ sweep: null, values: { n } }]
  }
  return { task: planned, fingerprint: null, reason }
}
const pipeline: Pipeline = {
  name: "toy", description: undefined, paper: undefined, params: {}, profiles: {}, sweeps: [], summaries: {}, figures: {}, claims: [],
  stages: { data: declaration("data"), fit: declaration("fit") },
  source: { file: "toy.yaml", text: "", locate: () => ({ line: 1, column: 1 }) }
}
const planOf = (tasks: ReadonlyArray<ResolvedTask>, asked: Readonly<Record<string, number>>): Plan =>
  ({ pipeline, tasks: tasks.map((resolved) => resolved.task), axes: ["n"], asked })

const cached: Reason = { kind: "cached", run: "r1", host: "h", commit: null }
const since = "20261121-120000-toy-0000"

describe("a plan in words", () => {
  it("counts what is asked, distinct, cached and to run, and says why, alike ones together", () => {
    const tasks = [
      task("data", 1, cached),
      task("data", 2, { kind: "new" }),
      task("fit", 1, { kind: "changed", field: "params.lr", before: "0.1", after: "0.2", since }),
      task("fit", 2, { kind: "changed", field: "params.lr", before: "0.1", after: "0.3", since }),
      task("fit", 3, { kind: "changed", field: "params.lr", before: "0.1", after: "0.4", since }),
      task("fit", 4, { kind: "waits", tasks: ["data-2"] })
    ]
    expect(planText(planOf(tasks, { data: 4, fit: 4 }), tasks, false)).toBe(`stage  uses      asked  distinct  cached  to run  waits
data   toy/data      4         2       1       1      0
fit    toy/fit       4         4       0       3      1

6 tasks: 1 cached, 4 to run, 1 to be decided when what they wait for is there.
The file asks for 8 tasks; 6 are distinct, the rest is shared.

data  1 task   new
fit   3 tasks  params.lr 0.1 -> 0.2 (since ${since}); params.lr 0.1 -> 0.3 (since ${since}) and 1 other change
fit   1 task   waits for data`)
  })

  it("has a line for every task with --all", () => {
    const tasks = [task("data", 1, cached), task("data", 2, { kind: "new" })]
    expect(planText(planOf(tasks, { data: 2 }), tasks, true)).toContain("data-1  n=1  cached (r1 on h)\ndata-2  n=2  new")
  })

  it("says that there is nothing to do", () => {
    const tasks = [task("data", 1, cached)]
    expect(planText(planOf(tasks, { data: 1 }), tasks, false)).toContain("All 1 task cached, nothing to do.")
  })

  it("is the same for programs", () => {
    const tasks = [task("data", 1, { kind: "new" })]
    expect(planJson(planOf(tasks, { data: 3 }), "toy.yaml", tasks)).toEqual({
      pipeline: "toy",
      file: "toy.yaml",
      stages: [{ stage: "data", uses: "toy/data", asked: 3, distinct: 1, cached: 0, run: 1, waits: 0 }],
      tasks: [{ task: "data-1", stage: "data", uses: "toy/data", params: { n: 1 }, coordinates: [{ sweep: null, values: { n: 1 } }], fingerprint: null, reason: { kind: "new" } }]
    })
  })
})

describe("a reason", () => {
  it("names code, inputs and parameters each in its way", () => {
    const changed = (field: string) => reasonText({ kind: "changed", field, before: "0.1", after: "0.2", since })
    expect(changed("params.eps")).toBe(`params.eps 0.1 -> 0.2 (since ${since})`)
    expect(changed("code: stages/attack/perturb.ts")).toBe(`code: stages/attack/perturb.ts changed since ${since}`)
    expect(changed("input data")).toBe(`input data differs since ${since}`)
  })
  it("that is damage says what is damaged", () => {
    expect(reasonText({ kind: "corrupt", output: "model", digest: "0123456789abcdef" })).toBe("output model is damaged in the store (0123456789)")
  })
  it("leaves cached tasks out when alike ones are shown together", () => {
    expect(groupedReasons([task("data", 1, cached)])).toBe("")
  })
})
