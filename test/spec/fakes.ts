/** Stages as plain objects, and short ways to parse with them. */
import { Result } from "effect"
import type { Pipeline } from "../../src/spec/pipeline.ts"
import { type Library, parsePipeline } from "../../src/spec/parse.ts"
import type { Problem } from "../../src/spec/source.ts"
import type { JsonObject } from "../../src/stage/json.ts"
import type { DecodeResult, InputSpec, OutputSpec, ParameterIssue, StageInterface } from "../../src/stage/protocol.ts"

export const input = (kind: InputSpec["kind"], options: Partial<InputSpec> = {}): InputSpec => ({ kind, many: false, optional: false, ...options })

/** What a fake stage expects of a parameter. */
type Rule = "number" | "number?" | "string?" | "any?"

export const fakeStage = (
  name: string,
  rules: Readonly<Record<string, Rule>>,
  inputs: Readonly<Record<string, InputSpec>>,
  outputs: Readonly<Record<string, OutputSpec>>
): StageInterface => ({
  protocol: 1,
  name,
  volatile: false,
  engine: false,
  inputs,
  outputs,
  describe: () => ({ name, summary: "", params: [], schema: {}, inputs, outputs, example: "" }),
  decode: (params) => decodeBy(rules, params),
  execute: () => Promise.resolve({ ok: true, outputs: {} })
})

const decodeBy = (rules: Readonly<Record<string, Rule>>, params: JsonObject): DecodeResult => {
  const issues: Array<ParameterIssue> = []
  for (const key of Object.keys(params)) if (rules[key] === undefined) issues.push({ path: [key], message: `unknown parameter "${key}"` })
  for (const [key, rule] of Object.entries(rules)) {
    const value = params[key]
    if (value === undefined) {
      if (!rule.endsWith("?")) issues.push({ path: [key], message: `parameter "${key}" is required` })
    } else if (!rule.startsWith("any") && typeof value !== rule.replace("?", "")) {
      issues.push({ path: [key], message: `expected a ${rule.replace("?", "")}` })
    }
  }
  return issues.length === 0 ? { ok: true, params, files: [] } : { ok: false, issues }
}

const stages = [
  fakeStage("data/gauss", { n: "number", seed: "number?", shift: "number?", label: "string?" }, {}, { train: { kind: "dataset" }, test: { kind: "dataset" } }),
  fakeStage("train/net", { rate: "number?", note: "string?", extra: "any?" }, { data: input("dataset") }, { model: { kind: "model" }, stat: { kind: "table", columns: { loss: { type: "float64" }, name: { type: "category" } } } }),
  fakeStage("evaluate/accuracy", { k: "number?" }, { model: input("model"), data: input("dataset"), note: input("any", { optional: true }) }, { stat: { kind: "table", columns: { accuracy: { type: "float64" } } } }),
  fakeStage("report/collect", {}, { tables: input("table", { many: true, columns: { loss: { type: "float64" } } }) }, { all: { kind: "table", columns: {} } }),
  fakeStage("report/names", {}, { table: input("table", { columns: { name: { type: "utf8" } } }) }, {})
]

export const library: Library = { names: stages.map(({ name }) => name), find: (name) => stages.find((stage) => stage.name === name) }

export const parse = (text: string): Result.Result<Pipeline, ReadonlyArray<Problem>> => parsePipeline("file.yaml", text, library)

/** The pipeline, or a failed test that shows the problems. */
export const parsed = (text: string): Pipeline =>
  Result.getOrThrowWith(parse(text), (problems) => new Error(problems.map(({ message, path, position }) => `${position.line}:${position.column} ${path}: ${message}`).join("\n")))

/** `line:column path: message (hint)` of every problem. */
export const complaints = (text: string): ReadonlyArray<string> => shown(parse(text))

export const shown = (result: Result.Result<unknown, ReadonlyArray<Problem>>): ReadonlyArray<string> =>
  Result.isSuccess(result) ? [] : result.failure.map(({ hint, message, path, position }) =>
    `${position.line}:${position.column}${path === "" ? "" : ` ${path}`}: ${message}${hint === undefined ? "" : ` (${hint})`}`)

/** A small file in which everything is right. */
export const valid = `name: demo
params: { seed: 0, n: 100, rate: 0.1 }
stages:
  data:
    uses: data/gauss
    with: { n: "\${{ params.n }}", seed: "\${{ params.seed }}" }
  net:
    uses: train/net
    in: { data: "\${{ data.train }}" }
    with: { rate: "\${{ params.rate }}" }
  score:
    uses: evaluate/accuracy
    in: { model: "\${{ net.model }}", data: "\${{ data.test }}" }
`

/** Numbers in [0, 1) from a seed, the same in every run. */
export const seeded = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
