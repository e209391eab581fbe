/** What a user gets wrong: always a message that says where and what to do, exit code 2, no stack trace, at once. */
import { afterAll, describe, expect, it } from "vitest"
import { makeProject, pipeline, toyProject, type Outcome } from "./project.ts"

const clean = (outcome: Outcome) => {
  expect(outcome.code).toBe(2)
  expect(outcome.err).not.toMatch(/^\s+at .*:\d+/m)
  expect(outcome.err).not.toMatch(/defect/i)
  return outcome.err
}

const broken: ReadonlyArray<readonly [what: string, text: string | Uint8Array, says: RegExp]> = [
  ["an unknown stage", pipeline.replace("toy/scale", "toy/scala"), /broken\.yaml:7:\d+.*toy\/scala[\s\S]*toy\/scale/],
  ["an unknown key", pipeline.replace("summaries:", "sumaries:"), /broken\.yaml:\d+:1 .*sumaries[\s\S]*summaries/],
  ["a wrong type", pipeline.replace('n: "${{ params.n }}"', "n: many"), /broken\.yaml:6:\d+.*stages\.points\.with\.n/],
  ["a cycle", pipeline.replace("uses: toy/points", 'uses: toy/scale, in: { points: "${{ scaled.points }}" }'), /points -> scaled -> points|scaled -> points -> scaled/],
  ["a missing input", pipeline.replace(', in: { points: "${{ points.points }}" }', ""), /broken\.yaml:7.*points/],
  ["a bad expression", pipeline.replace("${{ params.n }}", "${{ params.n + }}"), /broken\.yaml:6:57/],
  ["a name that is nearly right", pipeline.replace("params.factor }}", "params.facto }}"), /facto[\s\S]*factor/],
  ["a key that stands twice", pipeline.replace("params:", "name: again\nparams:"), /broken\.yaml:2.*name/],
  ["a tab", "name: x\n\tparams: {}\n", /broken\.yaml:2.*[Tt]ab/],
  ["an empty file", "", /broken\.yaml:1:1/],
  ["bytes that are no text", new Uint8Array(4096).map((_, i) => (i * 131) % 256), /broken\.yaml:/],
  ["ten megabytes of nesting", "[".repeat(10_000_000), /broken\.yaml.*(large|MiB|nest|deep)/],
  ["an alias bomb", `a: &a [x, x, x, x, x, x, x, x, x]\n${"bcdefgh".split("").map((key, i) => `${key}: &${key} [${Array(9).fill(`*${"abcdefgh"[i]}`).join(", ")}]`).join("\n")}\n`, /alias/i],
  ["a stage that asks for what no stage gives", pipeline.replace("points.points }}", "points.dots }}"), /dots[\s\S]*points/]
]

describe("a broken file", () => {
  const project = makeProject(toyProject, afterAll)
  for (const [what, text, says] of broken) {
    it(`with ${what} is refused at its place`, () => {
      project.write("broken.yaml", text)
      expect(clean(project.reprise("run", "broken.yaml"))).toMatch(says)
    })
  }

  it("has all its problems told at once", () => {
    project.write("broken.yaml", pipeline.replace("toy/scale", "toy/scala").replace("toy/mean", "toy/meen").replace("published: 4", "published: four"))
    const told = clean(project.reprise("plan", "broken.yaml"))
    for (const name of ["toy/scala", "toy/meen", "published"]) expect(told).toContain(name)
  })
})

describe("a wrong command line", () => {
  const project = makeProject(toyProject, afterAll)
  it.for([
    [["run", "nowhere.yaml"], "there is no file nowhere.yaml"],
    [["run", "stages"], "is a folder"],
    [["run", "toy.yaml", "--jobs", "0"], "--jobs"],
    [["run", "toy.yaml", "--jobs", "many"], "--jobs"],
    [["run"], "FILE"],
    [["run", "toy.yaml", "--sed", "n=3"], "--sed"],
    [["plan", "toy.yaml", "--set", "factr=3"], "factr"],
    [["plan", "toy.yaml", "--sweep", "factor"], "factor"],
    [["plan", "toy.yaml", "--profile", "paper"], "paper"],
    [["plan", "toy.yaml", "--set", "n=many"], "n"],
    [["query", "select 1", "-f", "x.sql"], "not both"],
    [["stages", "toy/scala"], 'did you mean "toy/scale"'],
    [["pln", "toy.yaml"], "plan"]
  ] as const)("%j is refused", ([parameters, says]) => {
    expect(clean(project.reprise(...parameters))).toContain(says)
  })
})

describe("a broken stage", () => {
  it("is named, with the place of the mistake in it", () => {
    const project = makeProject()
    project.write("stages/toy/scale.ts", "export default { nonsense: ")
    const { code, err } = project.reprise("run", "toy.yaml")
    expect(code).not.toBe(0)
    expect(err).toContain("stages/toy/scale.ts:1")
    expect(err).not.toMatch(/^\s+at .*:\d+/m)
  })
})
