import { Ajv2020 } from "ajv/dist/2020.js"
import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { parse as parseYaml } from "yaml"
import { pipelineSchema } from "../../src/spec/json-schema.ts"
import * as keys from "../../src/spec/keys.ts"
import type { StageDescription } from "../../src/stage/protocol.ts"
import { input, library, parse, valid } from "./fakes.ts"

const describedAs = (name: string, schema: StageDescription["schema"], required: boolean): StageDescription => {
  const stage = library.find(name)
  return { name, summary: `What ${name} does.`, params: [{ name: "p", type: "number", doc: "", required }], schema, inputs: stage?.inputs ?? {}, outputs: {}, example: "" }
}
const plain = (properties: StageDescription["schema"], required: ReadonlyArray<string> = []): StageDescription["schema"] =>
  ({ $schema: "https://json-schema.org/draft/2020-12/schema", type: "object", additionalProperties: false, properties, required })

const descriptions: ReadonlyArray<StageDescription> = [
  describedAs("data/gauss", plain({ n: { type: "integer", minimum: 1, description: "How many." }, seed: { type: "integer" }, shift: { type: "number" }, label: { type: "string" } }, ["n"]), true),
  describedAs("train/net", {
    ...plain({ rate: { $ref: "#/$defs/Rate" }, note: { type: "string" }, extra: { anyOf: [{ type: "array", items: { type: "number" } }, { type: "object", properties: { depth: { enum: [1, 2] } }, additionalProperties: false }] } }),
    $defs: { Rate: { type: "number", exclusiveMinimum: 0 } }
  }, false),
  describedAs("evaluate/accuracy", plain({ k: { type: "number" } }), false),
  describedAs("report/collect", plain({}), false),
  { ...describedAs("report/names", plain({}), false), inputs: { table: input("table", { doc: "The names." }) } }
]
const schema = pipelineSchema(descriptions)
const validate = new Ajv2020({ strict: false }).compile(schema)
const accepts = (text: string): boolean => validate(parseYaml(text))
const parses = (text: string): boolean => Result.isSuccess(parse(text))

const withData = (line: string): string => valid.replace(/with: \{ n.*\}/, `with: ${line}`)
const withNet = (line: string): string => valid.replace(/with: \{ rate.*\}/, `with: ${line}`)
const atData = (line: string): string => valid.replace("uses: data/gauss", `uses: data/gauss\n    ${line}`)

describe("pipelineSchema", () => {
  it.each([
    valid,
    `${valid}sweep: { grid: { n: [1, 2], seed: { range: [0, "\${{ params.n }}", 2] }, rate: "\${{ linspace(0, 1, 3) }}" } }`,
    `${valid}sweeps: { a: { set: { n: 1 }, zip: { rate: [1] }, list: [{ seed: 1 }], targets: [net] } }\nprofiles: { mini: { n: 1 } }`,
    `${valid}summaries: { a: select 1, b: { title: T, sql: select 1 } }\nfigures: { f: { sql: select 1, x: a, y: b, mark: bar } }`,
    `${valid}claims: [{ id: a, source: s, sql: select 1, published: 1, tolerance: 0, compare: at-most }]`,
    `${valid}sweeps:\nsummaries:\nfigures:\nclaims:\nprofiles:\n`,
    `${valid}paper: { title: T, arxiv: "1", doi: d, url: u }\ndescription: D`,
    `${valid}  all: { uses: report/collect, in: { tables: ["\${{ net.stat }}"] } }`,
    `${valid}  all: { uses: report/collect, in: { tables: "\${{ net.stat }}" } }`,
    `${valid}sweep: { asha: { points: 9, axes: { rate: { min: 0.1, max: 1, log: true } }, stage: net, metric: loss, goal: min, resource: n, min: 1, max: 9, carry: { } } }`,
    `${valid}sweep: { hyperband: { axes: { rate: [1, 2] }, stage: net, metric: loss, goal: max, resource: n, min: 1, max: 9, reduction: 2, seed: 3 }, grid: { seed: [1, 2] } }`,
    `${valid}sweep: { random: { points: 2, axes: { rate: [1, 2] } } }`,
    atData("foreach: [1]"), atData("matrix: { k: [1], j: { range: [0, 3] } }"), atData("when: params.n > 1"), atData("when: false"), atData("retry: 2"), atData("retry: { times: 1 }"), atData("retry: { times: 3, delaySeconds: 2, factor: 2, mostSeconds: 60, jitter: 0.5, on: [timeout, exit 75, StageError] }"),
    atData("timeout: 1h30m"), atData("timeout: 3.5"), atData("resources: { cpus: 2, gpus: 0, memory: 1.5 GiB }"),
    withNet("{ extra: [1, \"${{ params.n }}\"] }"), withNet("{ extra: { depth: \"${{ params.n }}\" } }"), withNet("{ extra: \"${{ [1] }}\" }"), withNet("{ }"), withNet("")
  ])("accepts what the parser accepts: %s", (text) => {
    expect(parses(text)).toBe(true)
    validate(parseYaml(text))
    expect(validate.errors ?? []).toEqual([])
  })

  it.each([
    "", "name: a", "- a", "name: a\nstages: {}\n", valid.replace("name: demo", ""), valid.replace("name: demo", "name: 1st"), `${valid}sweps: {}`, `${valid}params: 3`.replace("params: {", "x: {"),
    valid.replace("train/net", "train/nett"), valid.replace("in: { data", "in: { dta"), valid.replace("in: { data: \"${{ data.train }}\" }", ""), valid.replace("\"${{ data.train }}\"", "data.train"), valid.replace("\"${{ data.train }}\"", "[\"${{ data.train }}\"]"),
    withData("{ n: many }"), withData("{ n: 1, sed: 2 }"), withData("{ seed: 2 }"), withData(""), withData("[1]"),
    `${valid}sweep: { grid: { n: 3 } }`, `${valid}sweep: { grid: { n: [] } }`, `${valid}sweep: { grid: { n: { range: [1] } } }`, `${valid}sweep: { grid: { n: { rnge: [1, 2] } } }`, `${valid}sweep: { gird: { n: [1] } }`,
    `${valid}sweep: { asha: { axes: { rate: [1] }, stage: net, metric: loss, goal: min, resource: n, min: 1, max: 9 } }`, `${valid}sweep: { hyperband: { points: 9, axes: { rate: [1] }, stage: net, metric: loss, goal: min, resource: n, min: 1, max: 9 } }`,
    `${valid}sweep: { asha: { points: 9, axes: { rate: [1] }, stage: net, metric: loss, goal: least, resource: n, min: 0, max: 9, reduction: 1.5 } }`,
    `${valid}claims: [{ id: a, source: s, sql: select 1, published: 1 }]`, `${valid}claims: [{ id: a, source: s, sql: " ", published: 1, tolerance: 0 }]`, `${valid}claims: [{ id: a, source: s, sql: x, published: 1, tolerance: -1 }]`,
    `${valid}figures: { f: { sql: select 1, x: a } }`, `${valid}figures: { f: { sql: select 1, x: a, y: b, mark: pie } }`, `${valid}summaries: { a: "" }`, `${valid}paper: { arxiv: 2410.1 }`,
    atData("retry: -1"), atData("retry: { delaySeconds: 1 }"), atData("retry: { times: 1, on: [tired] }"), atData("retry: { times: 1, factor: 0.5 }"), atData("timeout: soon"), atData("timeout: 0"), atData("resources: { cpus: 0 }"), atData("resources: { memory: 2 }"), atData("foreach: 3"), atData("when: 3"), atData("wehn: true")
  ])("refuses what the parser refuses: %s", (text) => {
    expect(parses(text)).toBe(false)
    expect(accepts(text)).toBe(false)
  })

  it("checks a referenced definition of a stage's own schema", () => {
    expect(accepts(withNet("{ rate: 0 }"))).toBe(false)
    expect(accepts(withNet("{ rate: 1 }"))).toBe(true)
    expect(accepts(withNet("{ extra: { depth: 3 } }"))).toBe(false)
  })

  it("describes every key, every stage and every parameter", () => {
    const text = JSON.stringify(schema)
    for (const group of [keys.pipelineKeys, keys.paperKeys, keys.sweepKeys, keys.samplingKeys, keys.searchKeys, keys.stageKeys, keys.retryKeys, keys.resourceKeys, keys.summaryKeys, keys.figureKeys, keys.claimKeys]) {
      for (const description of Object.values(group)) expect(text).toContain(JSON.stringify(description))
    }
    for (const { name, summary } of descriptions) expect(text).toContain(JSON.stringify({ const: name, description: summary }))
    expect(text).toContain("How many.")
    expect(text).toContain("The names.")
  })

  it("is a valid schema, also for no stages", () => {
    expect(new Ajv2020({ strict: false }).validateSchema(schema)).toBe(true)
    expect(new Ajv2020({ strict: false }).compile(pipelineSchema([]))({ name: "a", stages: { b: { uses: "c/d" } } })).toBe(true)
  })
})
