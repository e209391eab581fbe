/** Pipelines and stages for the tests of planning, written as plain values: what a YAML file would say, without the file. */
import { Result } from "effect"
import { makePlan, type PlanWorld } from "../../src/plan/make-plan.ts"
import type { Plan, PlannedTask } from "../../src/plan/plan.ts"
import { parseExpression } from "../../src/spec/expression.ts"
import type { OutputReference, Pipeline, StageDeclaration, Sweep, Template } from "../../src/spec/pipeline.ts"
import type { Problem } from "../../src/spec/source.ts"
import { parseText } from "../../src/spec/template.ts"
import type { Json, JsonObject } from "../../src/stage/json.ts"
import { isJsonObject } from "../../src/stage/json.ts"
import type { DecodeResult, InputSpec, StageInterface } from "../../src/stage/protocol.ts"

interface StageEntry {
  readonly uses: string
  readonly with?: JsonObject
  /** `"data.train"`, or several of these for an input that takes many. */
  readonly in?: Readonly<Record<string, string | ReadonlyArray<string>>>
  readonly when?: string
  readonly matrix?: Readonly<Record<string, ReadonlyArray<Json>>>
  readonly cpus?: number
}

interface SweepEntry {
  readonly set?: JsonObject
  readonly grid?: Readonly<Record<string, ReadonlyArray<Json>>>
  readonly zip?: Readonly<Record<string, ReadonlyArray<Json>>>
  readonly list?: ReadonlyArray<JsonObject>
  readonly targets?: ReadonlyArray<string>
}

export interface PipelineEntry {
  readonly params?: JsonObject
  readonly sweeps?: Readonly<Record<string, SweepEntry>>
  readonly stages: Readonly<Record<string, StageEntry>>
}

export const template = (value: Json): Template => {
  if (typeof value === "string") return Result.getOrThrow(parseText(value))
  if (value === null || typeof value !== "object") return { kind: "literal", value }
  return isJsonObject(value) ? { kind: "object", entries: templates(value) } : { kind: "array", items: value.map(template) }
}

const templates = (values: JsonObject): Readonly<Record<string, Template>> => mapValues(values, template)

export const mapValues = <A, B>(object: Readonly<Record<string, A>>, change: (value: A, key: string) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value, key)]))

const reference = (text: string): OutputReference => {
  const [stage = "", output = ""] = text.split(".")
  return { stage, output }
}

const declaration = (id: string, entry: StageEntry): StageDeclaration => ({
  id,
  uses: entry.uses,
  with: templates(entry.with ?? {}),
  in: mapValues(entry.in ?? {}, (given) => (typeof given === "string" ? [given] : given).map(reference)),
  when: entry.when === undefined ? undefined : Result.getOrThrow(parseExpression(entry.when)),
  matrix: entry.matrix ?? {},
  retry: { times: 0, delaySeconds: 0 },
  timeout: undefined,
  resources: { cpus: entry.cpus ?? 1, gpus: 0, memoryMiB: undefined }
})

export const sweep = (name: string, entry: SweepEntry): Sweep => ({
  name,
  set: templates(entry.set ?? {}),
  grid: entry.grid ?? {},
  zip: entry.zip ?? {},
  list: entry.list ?? [],
  targets: entry.targets
})

export const pipeline = (entry: PipelineEntry): Pipeline => ({
  name: "test",
  description: undefined,
  paper: undefined,
  params: templates(entry.params ?? {}),
  profiles: {},
  sweeps: Object.entries(entry.sweeps ?? {}).map(([name, each]) => sweep(name, each)),
  stages: mapValues(entry.stages, (stage, id) => declaration(id, stage)),
  summaries: {},
  figures: {},
  claims: [],
  // A place that a test can recognise: the column counts the path's steps.
  source: { file: "test.yaml", text: "", locate: (path) => ({ line: 1, column: path.length }) }
})

const anything: InputSpec = { kind: "any", many: false, optional: false }
export const one = anything
export const many: InputSpec = { ...anything, many: true }
export const optional: InputSpec = { ...anything, optional: true }

/** A stage that takes any parameters, each with an optional default. */
export const stage = (
  name: string,
  options: {
    readonly inputs?: Readonly<Record<string, InputSpec>>
    readonly defaults?: JsonObject
    readonly engine?: boolean
    readonly decode?: (params: JsonObject) => DecodeResult
  } = {}
): StageInterface => ({
  protocol: 1,
  name,
  volatile: false,
  engine: options.engine ?? false,
  inputs: options.inputs ?? {},
  outputs: { out: { kind: "dataset" } },
  describe: () => ({ name, summary: "", params: [], schema: {}, inputs: {}, outputs: {}, example: "" }),
  decode: options.decode ?? ((params) => ({ ok: true, params: { ...options.defaults, ...params }, files: [] })),
  execute: () => Promise.reject(new Error("planning runs nothing"))
})

/** The stages of a small adversarial pipeline. */
export const library: ReadonlyArray<StageInterface> = [
  stage("data/make", { defaults: { shift: 0.3 } }),
  stage("train/fit", { inputs: { train: one }, engine: true }),
  stage("attack/perturb", { inputs: { data: one, model: one } }),
  stage("evaluate/score", { inputs: { model: one, data: optional } }),
  stage("report/collect", { inputs: { scores: many } })
]

export const world = (changes: Partial<PlanWorld> & { readonly stages?: ReadonlyArray<StageInterface> } = {}): PlanWorld => ({
  library: { find: (name) => [...(changes.stages ?? []), ...library].find((each) => each.name === name) },
  code: (uses) => `code of ${uses}`,
  engine: { version: "1.30.0", backend: "cpu" },
  fileDigest: () => undefined,
  ...changes
})

export const plan = (entry: PipelineEntry, changes: Parameters<typeof world>[0] = {}): Plan =>
  Result.getOrThrowWith(makePlan(pipeline(entry), world(changes)), (problems) => new Error(JSON.stringify(problems)))

export const problems = (entry: PipelineEntry, changes: Parameters<typeof world>[0] = {}): ReadonlyArray<Problem> => {
  const result = makePlan(pipeline(entry), world(changes))
  return Result.isFailure(result) ? result.failure : []
}

export const tasksOf = (from: Plan, id: string): ReadonlyArray<PlannedTask> => from.tasks.filter((task) => task.stage === id)

export const recipes = (from: Plan): ReadonlyArray<string> => from.tasks.map((task) => `${task.stage} ${task.recipe}`).toSorted()

/** A source of random choices that is the same on every run: mulberry32. */
export const choices = (seed: number) => {
  let state = seed
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const below = (n: number): number => Math.floor(uniform() * n)
  const shuffled = <T>(items: ReadonlyArray<T>): ReadonlyArray<T> =>
    items.map((item) => ({ item, at: uniform() })).toSorted((a, b) => a.at - b.at).map(({ item }) => item)
  return { below, shuffled }
}

/** Milliseconds that this thread has computed: a bound on them tells a plan whose cost grows with the square, however busy the machine is. */
export const cpuTime = (): number => process.threadCpuUsage().user / 1000
