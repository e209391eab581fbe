/** A pipeline's life: the first run computes, later ones only what a change really reaches, and `plan` says why. */
import { rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { lineHelper, makeProject, meanStage, pipeline, scaleStage, toyProject, type Project } from "./project.ts"

interface PlanJson {
  readonly stages: ReadonlyArray<{ readonly stage: string; readonly asked: number; readonly distinct: number; readonly cached: number; readonly run: number; readonly waits: number }>
  readonly tasks: ReadonlyArray<{ readonly stage: string; readonly fingerprint: string | null; readonly reason: { readonly kind: string; readonly field?: string } }>
}
const planOf = (project: Project, ...flags: ReadonlyArray<string>): PlanJson => JSON.parse(project.reprise("plan", "toy.yaml", "--format", "json", ...flags).out)
const fingerprints = (plan: PlanJson) => plan.tasks.map(({ fingerprint, stage }) => `${stage} ${fingerprint}`).sort()

describe("reprise run", () => {
  it("computes each distinct task once, prints tables and verdicts, and has nothing to do the second time", () => {
    const project = makeProject()
    const first = project.reprise("run", "toy.yaml")
    expect(first).toMatchObject({ code: 0 })
    expect(first.err).toContain("7 ran")
    expect(first.out).toMatch(/Means by factor[\s\S]*1[\s\S]*2[\s\S]*2[\s\S]*4[\s\S]*3[\s\S]*6/)
    expect(first.out).toMatch(/double.*reproduced/)
    expect(first.out).toContain("Results: results")

    const second = project.reprise("run", "toy.yaml")
    expect(second).toMatchObject({ code: 0 })
    expect(second.err).toContain("All 7 tasks cached, nothing to do")
    expect(second.out).toMatch(/double.*reproduced/)

    const runs: ReadonlyArray<{ readonly status: string; readonly counts: unknown }> = JSON.parse(project.reprise("runs", "--format", "json").out)
    expect(runs.map(({ status }) => status)).toEqual(["succeeded", "succeeded"])
    expect(runs[0]?.counts).toMatchObject({ total: 7, cached: 7, ran: 0 })
  })

  it("says beforehand what it would do, and leaves no trace of having said it", () => {
    const project = makeProject()
    const { code, out } = project.reprise("run", "toy.yaml", "--dry-run")
    expect(code).toBe(3)
    expect(out).toContain("7 tasks: 0 cached, 1 to run")
    expect(project.reprise("runs").out).toContain("There are no runs in results")
    project.reprise("run", "toy.yaml")
    expect(project.reprise("run", "toy.yaml", "--dry-run").code).toBe(0)
  })

  it("takes a comment, a description or another file for no change", () => {
    const project = makeProject()
    project.reprise("run", "toy.yaml")
    project.write("stages/toy/scale.ts", `// What a fine stage.\n${scaleStage.replace("Multiplies every number", "Scales each number")}`)
    project.write("stages/toy/lib/line.ts", `/** A line. */${lineHelper}`)
    project.write("stages/toy/other.ts", meanStage.replace("toy/mean", "toy/other"))
    project.write("toy.yaml", `# The toy.\n${pipeline}`)
    expect(project.reprise("run", "toy.yaml").err).toContain("All 7 tasks cached")
  })

  it("reruns what a changed helper reaches, names the file, and stops where the bytes come out the same", () => {
    const project = makeProject()
    project.reprise("run", "toy.yaml")
    project.write("stages/toy/lib/line.ts", lineHelper.replace("Array.from({ length: n }, (_, x) => ({ x }))", "[...Array(n).keys()].map((x) => ({ x }))"))
    const plan = planOf(project)
    expect(plan.tasks.filter(({ reason }) => reason.kind === "changed")).toMatchObject([{ stage: "points", reason: { field: "code: stages/toy/lib/line.ts" } }])
    const again = project.reprise("run", "toy.yaml")
    expect(again.err).toContain("1 ran")
    expect(again.err).toContain("6 tasks behind them kept")
  })

  it("reruns just what depends on a changed parameter, and says which", () => {
    const project = makeProject()
    project.reprise("run", "toy.yaml")
    const { out } = project.reprise("plan", "toy.yaml", "--sweep", "factor=1,5")
    expect(out).toMatch(/scaled +1 task +params\.factor . -> 5 \(since /)
    const run = project.reprise("run", "toy.yaml", "--sweep", "factor=1,5")
    expect(run.err).toContain("2 ran")
    expect(run.err).toContain("3 cached")
  })

  it("gives the same fingerprints in another folder and for another order of the same file", () => {
    const [here, there] = [makeProject(), makeProject()]
    there.write("toy.yaml", `claims: []
stages:
  mean: { in: { points: "\${{ scaled.points }}" }, uses: toy/mean }
  scaled: { with: { factor: "\${{ params.factor }}" }, in: { points: "\${{ points.points }}" }, uses: toy/scale }
  points: { with: { n: "\${{ params.n }}" }, uses: toy/points }
params: { factor: 1, n: 5 }
sweep: { grid: { factor: [3, 1, 2] } }
name: toy-in-another-order
`)
    for (const project of [here, there]) project.reprise("run", "toy.yaml")
    const ours = fingerprints(planOf(here))
    expect(ours).toHaveLength(7)
    expect(fingerprints(planOf(there))).toEqual(ours)
  })

  it("goes on without what depends on a failed task, and names stage, place, cause and log", () => {
    const project = makeProject()
    const { code, err, out } = project.reprise("run", "toy.yaml", "--sweep", "factor=1,13,2")
    expect(code).toBe(1)
    expect(err).toMatch(/scaled[\s\S]*factor=13[\s\S]*13 brings bad luck[\s\S]*choose another factor/)
    expect(err).toMatch(/1 failed, 1 skipped/)
    expect(err).not.toMatch(/^\s+at /m)
    // The claim on factor 2 has its data all the same.
    expect(out).toMatch(/double.*reproduced/)
    expect(project.reprise("plan", "toy.yaml", "--sweep", "factor=1,13,2").out).toContain("5 cached")
  })

  it("runs only a stage and what leads to it with --only, everything with --force", () => {
    const project = makeProject()
    expect(project.reprise("run", "toy.yaml", "--only", "scaled").err).toContain("4 ran")
    expect(project.reprise("run", "toy.yaml", "--force").err).toContain("7 ran")
    const wrong = project.reprise("run", "toy.yaml", "--only", "scale")
    expect(wrong).toMatchObject({ code: 2 })
    expect(wrong.err).toContain('did you mean "scaled"')
  })

  it("prints events for programs with --json", () => {
    const project = makeProject()
    const { code, out } = project.reprise("run", "toy.yaml", "--json")
    const events = out.trim().split("\n").map((line): { readonly type: string } => JSON.parse(line))
    expect(code).toBe(0)
    expect(events[0]?.type).toBe("run-started")
    expect(events.at(-1)).toMatchObject({ type: "run-finished", status: "succeeded" })
    expect(events.filter(({ type }) => type === "task-finished")).toHaveLength(7)
  })

  it("makes a lost object again", () => {
    const project = makeProject()
    project.reprise("run", "toy.yaml")
    rmSync(join(project.folder, "results", "objects"), { recursive: true })
    expect(project.reprise("plan", "toy.yaml").out).toContain("is gone from the store")
    // Not all seven: a factor of 1 gives the very bytes of the points again.
    expect(project.reprise("run", "toy.yaml").err).toMatch(/[67] ran/)
    expect(project.reprise("run", "toy.yaml").err).toContain("nothing to do")
  })

  it("works on a project elsewhere, into a store elsewhere", () => {
    const [project, empty] = [makeProject(), makeProject({})]
    const file = join(project.folder, "toy.yaml")
    expect(empty.reprise("run", file, "--project", project.folder, "--store", "kept").err).toContain("7 ran")
    expect(empty.reprise("runs", "--store", "kept").out).toContain("succeeded")
    expect(empty.reprise("run", file, "--project", "nowhere")).toMatchObject({ code: 2 })
  })

  it("reads the files that parameters name by their content", () => {
    const project = makeProject({
      ...toyProject,
      "stages/toy/size.ts": `
import { defineStage, doc, field, file, Int32, Schema, table } from "reprise/stage"
import { Effect } from "reprise/stage"
import { statSync } from "node:fs"
export default defineStage({
  name: "toy/size",
  summary: doc("Size of a file."),
  params: Schema.Struct({ path: field(file(), doc("The file.")) }),
  inputs: {},
  outputs: { stat: table({ bytes: Int32 }) },
  run: (ctx) => Effect.suspend(() => ctx.outputs.stat.append([{ bytes: statSync(ctx.file(ctx.params.path)).size }]))
})
`,
      "size.yaml": "name: size\nstages:\n  size: { uses: toy/size, with: { path: data.txt } }\n",
      "data.txt": "12345"
    })
    expect(project.reprise("run", "size.yaml").err).toContain("1 ran")
    writeFileSync(join(project.folder, "data.txt"), "12345")
    expect(project.reprise("run", "size.yaml").err).toContain("nothing to do")
    writeFileSync(join(project.folder, "data.txt"), "123456")
    expect(project.reprise("plan", "size.yaml").out).toContain("file")
    expect(project.reprise("run", "size.yaml").err).toContain("1 ran")
  })
})
