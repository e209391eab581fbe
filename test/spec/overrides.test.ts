import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { type Overrides, withOverrides } from "../../src/spec/overrides.ts"
import { evaluateParameters } from "../../src/spec/params.ts"
import type { Pipeline } from "../../src/spec/pipeline.ts"
import { parsed, shown, valid } from "./fakes.ts"

const base = parsed(`${valid.replace("params: {", "params: { list: null, name: a, word: a, half: \"${{ params.n / 2 }}\", ")}
profiles: { mini: { n: 10 }, none: { } }
sweeps:
  a: { set: { n: 7 }, grid: { seed: "\${{ range(params.n / 50) }}" }, zip: { rate: [1, 2], name: [x, y] } }
  b: { list: [{ n: 1, rate: 5 }, { n: 1, rate: 6 }] }
`.replace("uses: data/gauss", "uses: data/gauss\n    foreach: \"${{ range(len(params.word)) }}\""))

const changed = (overrides: Overrides, pipeline: Pipeline = base): Pipeline =>
  Result.getOrThrowWith(withOverrides(pipeline, overrides), (problems) => new Error(problems.map(({ message }) => message).join("\n")))
const values = (overrides: Overrides) => evaluateParameters(changed(overrides).params).values
const refused = (overrides: Overrides) => shown(withOverrides(base, overrides))

describe("--set", () => {
  it.each<[string, unknown]>([
    ["n=3", 3], ["n=1e-3", 0.001], ["rate=-1", -1], ["name=abc", "abc"], ["name=\"3\"", "3"], ["name=a=b", "a=b"], ["list=[1, 2]", [1, 2]], ["list={a: [x, null]}", { a: ["x", null] }],
    ["list=true", true], ["list=", null], ["list=linspace(0, 1, 3)", [0, 0.5, 1]], ["list=${{ params.rate * 10 }}", 1], ["name=n${{ params.n }}", "n100"], ["name=call(me)", "call(me)"]
  ])("%s", (set, expected) => expect(values({ set: [set] })[set.slice(0, set.indexOf("="))]).toEqual(expected))

  it("changes what is computed from it", () => expect(values({ set: ["n=3"] })).toMatchObject({ n: 3, half: 1.5 }))
  it("holds in every sweep, over its set, its axes and its points", () => {
    expect(changed({ set: ["n=100", "rate=0.5"] }).sweeps).toMatchObject([
      { name: "a", set: {}, grid: { seed: [0, 1] }, zip: { name: ["x", "y"] } },
      { name: "b", list: [{}] }
    ])
    expect(Object.keys(changed({ set: ["rate=0.5"] }).sweeps[0]?.zip ?? {})).toEqual(["name"])
  })
  it("changes axes that are computed from it", () => {
    expect(changed({ set: ["n=150"] }).sweeps[0]?.grid["seed"]).toEqual([0, 1, 2])
    expect(changed({ set: ["word=abc"] }).stages["data"]?.matrix["item"]).toEqual([0, 1, 2])
  })
  it("wins over the profile, and the last one over the first", () => expect(values({ profile: "mini", set: ["n=3", "n=4"] })["n"]).toBe(4))
  it("keeps the pipeline that it is given", () => {
    const before = JSON.stringify(base)
    changed({ set: ["n=3"], sweep: ["seed=1,2"] })
    expect(JSON.stringify(base)).toBe(before)
    expect(withOverrides(base, {})).toEqual(Result.succeed(base))
  })
})

describe("--profile", () => {
  it("sets its parameters", () => {
    expect(values({ profile: "mini" })["n"]).toBe(10)
    expect(changed({ profile: "mini" }).profile).toBe("mini")
  })
  it("leaves what a sweep sets itself", () => expect(Object.keys(changed({ profile: "none" }).sweeps[0]?.set ?? {})).toEqual(["n"]))
})

describe("--sweep", () => {
  it.each<[string, ReadonlyArray<unknown>]>([
    ["seed=1", [1]], ["seed=1,2,3", [1, 2, 3]], ["seed=[1, 2]", [1, 2]], ["seed=range(0, 4, 2)", [0, 2]], ["seed=${{ [params.n, 1] }}", [7, 1]], ["seed=a, \"b,c\"", ["a", "b,c"]], ["seed=[1,2],[3]", [[1, 2], [3]]]
  ])("%s", (sweep, expected) => expect(changed({ sweep: [sweep] }).sweeps[0]?.grid["seed"]).toEqual(expected))

  it("is an axis of every sweep, instead of what the sweep did with it", () => {
    expect(changed({ sweep: ["n=1,2", "rate=3"] }).sweeps).toMatchObject([
      { name: "a", set: {}, grid: { n: [1, 2], rate: [3] }, zip: { name: ["x", "y"] } },
      { name: "b", grid: { n: [1, 2], rate: [3] }, list: [{}] }
    ])
  })
  it("makes a sweep of a pipeline without one", () => {
    expect(changed({ sweep: ["n=1,2", "seed=3,4"] }, parsed(valid)).sweeps).toMatchObject([{ name: "", grid: { n: [1, 2], seed: [3, 4] } }])
  })
  it("works on a pipeline that was not read from a file", () => {
    const { declared: _, ...byHand } = base
    expect(changed({ sweep: ["rate=3"], set: ["n=9"] }, byHand).sweeps).toMatchObject([{ grid: { seed: [0], rate: [3] }, zip: { name: ["x", "y"] } }, { list: [{}] }])
  })
})

describe("mistakes", () => {
  it.each<[Overrides, ReadonlyArray<string>]>([
    [{ set: ["n"] }, ["1:7: --set takes name=value (for example --set eps=0.2)"]],
    [{ sweep: ["=1"] }, ["1:9: --sweep takes name=value (for example --sweep eps=0.1,0.2)"]],
    [{ set: ["rat=1"] }, ["1:7: the file has no parameter \"rat\" (did you mean \"rate\"?)"]],
    [{ set: ["n=[1"] }, ["1:11: not valid YAML: flow sequence must end with a ]"]],
    [{ set: ["n=.inf"] }, ["1:9: .inf is not a finite number (where a stage takes it, write it as text, such as \"inf\")"]],
    [{ set: ["n=${{ params.m }}"] }, ["1:13: the file has no parameter \"m\" (known: list, name, word, half, seed, n, rate)"]],
    [{ set: ["n=${{ rate }}"] }, ["1:13: unknown name \"rate\" (write params.rate)"]],
    [{ set: ["n=${{ 1 / 0 }}"] }, ["1:17: division by zero"]],
    [{ set: ["n=${{ 1 + }}"] }, ["1:16: the expression ends here; expected a value"]],
    [{ set: ["n=${{ params.half }}"] }, ["1:7: these parameters need each other: half -> n -> half"]],
    [{ sweep: ["n=range(3, 3)"] }, ["1:11: this axis has no values"]],
    [{ sweep: ["n=range(1, 2, 0)"] }, ["1:11: range: the step must not be 0 (usage: range(a, b, step))"]],
    [{ sweep: ["n=1,2"], set: ["n=3"] }, ["1:9: \"n\" is both set and swept (leave out one of the two)"]],
    [{ sweep: ["word=x,y"] }, ["6:14 stages.data.foreach: the axis \"item\" depends on params.word, which is swept"]],
    [{ profile: "mni" }, ["1:11: the file has no profile \"mni\" (did you mean \"mini\"?)"]],
    [{ profile: "x", set: ["y=1"], sweep: ["z=1"] }, [
      "1:7: the file has no parameter \"y\" (known: list, name, word, half, seed, n, rate)",
      "1:9: the file has no parameter \"z\" (known: list, name, word, half, seed, n, rate)",
      "1:11: the file has no profile \"x\" (known: mini, none)"
    ]]
  ])("%j", (overrides, expected) => expect(refused(overrides)).toEqual(expected))

  it("shows the option itself", () => {
    const wrong = withOverrides(base, { set: ["rat=1"] })
    expect(Result.isFailure(wrong) && wrong.failure).toMatchObject([{ file: "<command line>", excerpt: "--set rat=1" }])
  })
})
