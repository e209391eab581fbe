import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { stringify } from "yaml"
import { evaluateParameters } from "../../src/spec/params.ts"
import { type Library, parsePipeline, usedStages } from "../../src/spec/parse.ts"
import { evaluateTemplate } from "../../src/spec/template.ts"
import type { Json } from "../../src/stage/json.ts"
import { complaints, library, parsed, seeded, shown, valid } from "./fakes.ts"

describe("a pipeline", () => {
  const full = parsed(`
name: perturbation-learning
description: what it is about
paper: { title: A title, arxiv: "2410.23677", url: https://example.org }
params:
  d: 100
  n: "\${{ params.d * 10 }}"
  eps: 0.01
  seeds: 5
profiles:
  mini: { seeds: 2, d: 10 }
sweeps:
  dimension:
    set: { n: 50 }
    zip: { d: [10, 20], eps: "\${{ [0.1, 0.2] }}" }
    grid: { seeds: { range: [0, "\${{ params.seeds }}"] } }
    targets: [net]
  points:
    list: [{ d: 1, eps: 1 }, { d: 2 }]
stages:
  data:
    uses: data/gauss
    with: { n: "\${{ params.n }}", label: "d=\${{ params.d }}" }
  net:
    uses: train/net
    in: { data: "\${{ data['train'] }}" }
    with: { extra: { list: [1, "\${{ matrix.width }}"] } }
    matrix: { width: [1, 2], depth: "\${{ range(1, 3) }}" }
    when: params.d > 5
    retry: 2
    timeout: 1h30m
    resources: { cpus: 2, gpus: 1, memory: 2GiB }
  all:
    uses: report/collect
    in: { tables: ["\${{ net.stat }}"] }
summaries:
  short: select 1
  long: { title: A table, sql: select 2 }
figures:
  f: { sql: select 3, mark: point, x: d, y: loss, color: eps }
  g: { sql: select 4, x: d, y: loss }
claims:
  - { id: one, source: fig. 2, sql: select 5, published: 0.99, tolerance: 0.02 }
  - { id: two, source: fig. 2, sql: select 5, published: 1, tolerance: 0, compare: at-least }
`)

  it("has its heading", () => {
    expect(full).toMatchObject({ name: "perturbation-learning", description: "what it is about", paper: { title: "A title", arxiv: "2410.23677", url: "https://example.org" } })
  })
  it("has parameters that may need each other", () => {
    expect(evaluateParameters(full.params).values).toEqual({ d: 100, n: 1000, eps: 0.01, seeds: 5 })
    expect(evaluateParameters({ ...full.params, ...full.profiles["mini"] }).values).toEqual({ d: 10, n: 100, eps: 0.01, seeds: 2 })
  })
  it("has sweeps with the values of their axes", () => {
    expect(full.sweeps).toMatchObject([
      { name: "dimension", zip: { d: [10, 20], eps: [0.1, 0.2] }, grid: { seeds: [0, 1, 2, 3, 4] }, list: [], targets: ["net"] },
      { name: "points", zip: {}, grid: {}, list: [{ d: 1, eps: 1 }, { d: 2 }], targets: undefined }
    ])
  })
  it("has stages with every output named", () => {
    const { all, data, net } = full.stages
    expect(data).toMatchObject({ id: "data", uses: "data/gauss", in: {}, when: undefined, matrix: {}, retry: { times: 0 }, timeout: undefined, resources: { cpus: 1, gpus: 0, memoryMiB: undefined } })
    expect(net).toMatchObject({
      in: { data: [{ stage: "data", output: "train" }] },
      matrix: { width: [1, 2], depth: [1, 2] },
      when: { source: "params.d > 5" },
      retry: { times: 2, delaySeconds: 1 },
      timeout: 5400,
      resources: { cpus: 2, gpus: 1, memoryMiB: 2048 }
    })
    expect(all?.in).toEqual({ tables: [{ stage: "net", output: "stat" }] })
    const extra = net?.with["extra"]
    expect(extra === undefined ? undefined : evaluateTemplate(extra, { matrix: { width: 7 } })).toEqual(Result.succeed({ list: [1, 7] }))
  })
  it("has what is asked of the tables", () => {
    expect(full.summaries).toEqual({ short: { title: undefined, sql: "select 1" }, long: { title: "A table", sql: "select 2" } })
    expect(full.figures).toMatchObject({ f: { mark: "point", color: "eps" }, g: { mark: "line", color: undefined } })
    expect(full.claims).toMatchObject([{ id: "one", compare: "equal", published: 0.99, tolerance: 0.02 }, { id: "two", compare: "at-least" }])
  })
  it("knows where everything stands", () => {
    const { source } = full
    expect(source.locate(["params", "eps"])).toEqual({ line: 8, column: 8 })
    expect(source.locate(["params", "eps"], "key")).toEqual({ line: 8, column: 3 })
    expect(source.locate(["stages", "net", "with", "extra", "list", 1])).toEqual({ line: 27, column: 32 })
    expect(source.locate(["stages", "net", "nothing", "here"])).toEqual({ line: 24, column: 3 })
    expect(source.locate([])).toEqual({ line: 2, column: 1 })
  })
})

describe("short forms", () => {
  it("takes `sweep` for one unnamed sweep", () => expect(parsed(`${valid}sweep: { grid: { seed: [1, 2] } }`).sweeps).toMatchObject([{ name: "", grid: { seed: [1, 2] } }]))
  it("lets an axis go over what set gives, also through an alias", () => {
    const { sweeps } = parsed(`${valid}sweeps:\n  a: { set: &all { n: 5, rate: 1 } }\n  b: { set: *all, grid: { n: [1, 2] } }`)
    expect(sweeps).toMatchObject([{ name: "a", grid: {} }, { name: "b", grid: { n: [1, 2] } }])
    expect(Object.keys(sweeps[1]?.set ?? {})).toEqual(["n", "rate"])
  })
  it("takes foreach for a matrix with the axis item", () => {
    expect(parsed(valid.replace("uses: data/gauss", "uses: data/gauss\n    foreach: [1, 2]").replace("params.seed", "item")).stages["data"]?.matrix).toEqual({ item: [1, 2] })
  })
  it("takes a stage for its only output", () => {
    const text = `${valid}  names: { uses: report/collect, in: { tables: "\${{ score }}" } }`
    expect(complaints(text)).toEqual(["14:48 stages.names.in.tables: the input \"tables\" of report/collect takes a table; score.stat is a table without the column \"loss\" (it has accuracy)"])
    expect(parsed(`${valid}  more: { uses: report/collect, in: { tables: "\${{ net.stat }}" } }\n  names: { uses: evaluate/accuracy, in: { model: "\${{ net.model }}", data: "\${{ data.test }}", note: "\${{ more }}" } }`).stages["names"]?.in["note"]).toEqual([{ stage: "more", output: "all" }])
  })
  it("takes a data set and a dictionary-encoded text where a table and a text are asked for", () => {
    expect(complaints(`${valid}  t: { uses: report/names, in: { table: "\${{ net.stat }}" } }`)).toEqual([])
    expect(complaints(`${valid}  t: { uses: report/names, in: { table: "\${{ data.train }}" } }`)).toEqual([
      "14:41 stages.t.in.table: the input \"table\" of report/names takes a table; data.train is a data set, which has no column \"name\" but x and y"
    ])
  })
  it("takes empty sections as empty", () => expect(parsed(`${valid}sweeps:\nsummaries:\nfigures:\nclaims:\nprofiles:\n`)).toMatchObject({ sweeps: [], claims: [] }))
  it("takes when as a plain true or false", () => expect(parsed(valid.replace("uses: data/gauss", "uses: data/gauss\n    when: false")).stages["data"]?.when?.root).toMatchObject({ value: false }))
})

describe("parameters of a stage", () => {
  const withData = (line: string, rest = "") => complaints(valid.replace(/with: \{ n.*\}/, `with: ${line}`) + rest)

  it("are checked by the stage, at the place of the key", () => {
    expect(withData("{ n: many, sed: 1 }")).toEqual(["6:16 stages.data.with.n: expected a number", "6:22 stages.data.with.sed: unknown parameter \"sed\""])
  })
  it("are checked where they are missing, at `with` or the stage", () => {
    expect(withData("{ seed: 1 }")).toEqual(["6:5 stages.data.with.n: parameter \"n\" is required"])
    expect(complaints(valid.replace(/ {4}with: \{ n.*\n/, ""))).toEqual(["4:3 stages.data.with.n: parameter \"n\" is required"])
  })
  it("are checked with the defaults of the file", () => {
    expect(withData("{ n: \"${{ params.n > 5 ? 'many' : 1 }}\" }")).toEqual(["6:16 stages.data.with.n: expected a number"])
    expect(withData("{ n: \"${{ params.n / params.seed }}\" }")).toEqual(["6:32 stages.data.with.n: division by zero"])
  })
  it("are checked under each profile, each problem once", () => {
    const profiles = "profiles: { mini: { n: few }, tiny: { n: none } }"
    expect(withData("{ n: \"${{ params.n }}\" }", profiles)).toEqual(["6:16 stages.data.with.n: expected a number (with --profile mini)"])
    expect(withData("{ n: \"${{ params.n }}\", shift: big }", profiles)).toHaveLength(2)
  })
  it("are left to the plan where a sweep sets what they are computed from", () => {
    const file = valid.replace("n: 100", "n: null, m: \"${{ params.n }}\"").replace("params.n }}\", seed", "params.m }}\", seed")
    expect(complaints(file)).toEqual(["6:16 stages.data.with.n: expected a number"])
    expect(complaints(`${file}sweep: { grid: { n: [1, 2] } }`)).toEqual([])
    expect(complaints(`${file}sweep: { grid: { n: [1, 2] } }`.replace("params.seed }}\"", "params.seed }}\", shift: far"))).toEqual(["6:70 stages.data.with.shift: expected a number"])
  })
  it("are checked for the combinations of a matrix", () => {
    expect(withData("{ n: \"${{ item }}\" }\n    foreach: [1, two]")).toEqual(["6:16 stages.data.with.n: expected a number"])
  })
  it("are not checked where the stage is not planned", () => {
    expect(withData("{ n: \"${{ params.n ** 400 }}\" }\n    when: params.n < 5")).toEqual([])
    expect(withData("{ n: 1 }\n    when: params.n")).toEqual(["7:11 stages.data.when: when must be true or false, not a number (write a comparison, such as params.x > 0)"])
  })
  it("that a stage cannot check without throwing are a problem, not a crash", () => {
    const throwing: Library = {
      ...library,
      find: (name) => {
        const stage = library.find(name)
        return stage === undefined || name !== "data/gauss" ? stage : { ...stage, decode: () => { throw new Error("oops") } }
      }
    }
    expect(shown(parsePipeline("file.yaml", valid, throwing))).toEqual(["6:11 stages.data.with: the stage data/gauss failed to check its parameters: oops"])
  })
})

describe("usedStages", () => {
  it("finds the stages of a file in any style", () => {
    expect(usedStages(valid)).toEqual(["data/gauss", "train/net", "evaluate/accuracy"])
    expect(usedStages("a: {uses: 'x/y', b: 1}\nb: { \"uses\": \"x/z\" }\nc:\n  uses: &u x/w # why\n  uses  :   x/v\r\nd:\n  uses: >-\n    x/u\n")).toEqual(["x/y", "x/z", "x/w", "x/v", "x/u"])
  })
  it("never fails", () => {
    for (const text of ["", "\u0000\uFFFD", "uses:", "uses: [", "uses: ".repeat(100_000), "[".repeat(1_000_000)]) expect(() => usedStages(text)).not.toThrow()
  })
})

describe("any JSON value", () => {
  const random = seeded(11)
  const value = (depth: number): Json => {
    const kind = Math.floor(random() * (depth === 0 ? 5 : 7))
    const words = ["", "a", "true", "1", "null", "- x", "a: b", "#", "é漢😀", "line\nbreak", " space ", "'", "\"", "${", "}}", "*x", "&y", "!z", "0x1F", "~", "<<"]
    switch (kind) {
      case 0: return null
      case 1: return random() < 0.5
      case 2: return Math.floor(random() * 2000) - 1000
      case 3: return (random() - 0.5) * 10 ** Math.floor(random() * 30 - 18)
      case 4: return words[Math.floor(random() * words.length)] ?? ""
      case 5: return Array.from({ length: Math.floor(random() * 4) }, () => value(depth - 1))
      default: return Object.fromEntries(Array.from({ length: Math.floor(random() * 4) }, (_, i) => [`k${i} ${words[Math.floor(random() * 3)] ?? ""}`, value(depth - 1)]))
    }
  }
  it("comes back from a file as it was written, in flow and in block style", () => {
    const rest = "name: demo\nstages: { data: { uses: data/gauss, with: { n: 1 } } }\n"
    for (let round = 0; round < 60; round++) {
      const written = value(3)
      for (const text of [`params: { p: ${JSON.stringify(written)} }\n`, stringify({ params: { p: written } })]) {
        expect(evaluateParameters(parsed(text + rest).params).values).toEqual({ p: written })
      }
    }
  })
})
