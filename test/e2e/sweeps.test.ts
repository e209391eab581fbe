/** Sweeps that are drawn, with the real command: what is added runs, and nothing else; failure modes. */
import { describe, expect, it } from "vitest"
import { makeProject, pipeline, toyProject } from "./project.ts"

const drawn = (points: number, strategy = "sobol") => pipeline.replace("grid: { factor: [1, 2, 3] }", `${strategy}: { points: ${points}, axes: { factor: { min: 0.001, max: 10, log: true }, n: { min: 2, max: 9, int: true } } }`)

describe("drawn sweeps", () => {
  it("run only what is new when they are made longer, and can be looked at with --limit", () => {
    const project = makeProject({ ...toyProject, "toy.yaml": drawn(4) })
    expect(project.reprise("run", "toy.yaml", "--limit", "1").err).toContain("3 ran")
    project.reprise("run", "toy.yaml")
    project.write("toy.yaml", drawn(6))
    expect(project.reprise("query", "select count(distinct factor) as n from mean", "--format", "csv").out).toBe("n\n4\n")
    const plan: { readonly stages: ReadonlyArray<{ readonly stage: string; readonly cached: number; readonly distinct: number }> } = JSON.parse(project.reprise("plan", "toy.yaml", "--format", "json").out)
    expect(plan.stages.find(({ stage }) => stage === "scaled")).toMatchObject({ distinct: 6, cached: 4 })
  })

  it("say what is wrong with them", () => {
    const project = makeProject({ ...toyProject, "toy.yaml": drawn(4, "random").replace("min: 0.001", "min: -1").replace("n: {", "m: {") })
    const { code, err } = project.reprise("plan", "toy.yaml")
    expect(code).toBe(2)
    expect(err).toContain("min must be above 0")
    expect(err).toContain("no parameter \"m\"")
  })
})

describe("--on-failure", () => {
  it("stops, or goes on with what does not depend on the failed task", () => {
    const project = makeProject({ ...toyProject, "toy.yaml": pipeline.replace("[1, 2, 3]", "[13, 2, 3]") })
    expect(project.reprise("run", "toy.yaml", "--on-failure", "stop", "--jobs", "1").err).toMatch(/2 ran, 1 failed|1 ran, 1 failed/)
    expect(project.reprise("run", "toy.yaml").err).toMatch(/1 failed/)
    expect(project.reprise("run", "toy.yaml", "--on-failure", "explode").code).toBe(2)
  })
})
