/** What must not change a recipe, and what must: on random pipelines. */
import { describe, expect, it } from "vitest"
import { type FingerprintRecord, fingerprintOf, recordOf } from "../../src/plan/fingerprint.ts"
import type { Plan } from "../../src/plan/plan.ts"
import type { Json, JsonObject } from "../../src/stage/json.ts"
import { canonicalJson, isJsonObject } from "../../src/stage/json.ts"
import { choices, many, one, optional, plan, type PipelineEntry, recipes, stage, tasksOf } from "./support.ts"

const kinds = [
  stage("t/none", { defaults: { extra: 1 } }),
  stage("t/one", { inputs: { a: one }, engine: true }),
  stage("t/two", { inputs: { a: one, b: optional } }),
  stage("t/many", { inputs: { all: many } })
]
const seeds = Array.from({ length: 40 }, (_, seed) => seed)
const planned = (entry: PipelineEntry): Plan => plan(entry, { stages: kinds })

/** A pipeline of up to seven stages over four parameters, one of them an expression, with up to three sweeps. */
const randomPipeline = (seed: number): PipelineEntry => {
  const { below, shuffled } = choices(seed)
  const params = { p: 1, q: 2, r: 3, s: "${{ params.p + params.q }}" }
  const names = Object.keys(params)
  const someParams = (): JsonObject => Object.fromEntries(shuffled(names).slice(0, below(3)).map((name) => [`w${name}`, `\${{ params.${name} }}`]))
  const stages: Record<string, PipelineEntry["stages"][string]> = {}
  const before = (): string => `${Object.keys(stages)[below(Object.keys(stages).length)] ?? ""}.out`
  for (let i = 0; i < 3 + below(5); i++) {
    const kind = i === 0 ? 0 : below(4)
    const axis = `m${i}`
    const matrix = below(4) === 0 ? { [axis]: [1, 2, 3].slice(0, 1 + below(3)), [`k${i}`]: [2, 1] } : {}
    const given: ReadonlyArray<Readonly<Record<string, string | ReadonlyArray<string>>>> =
      i === 0 ? [{}] : [{}, { a: before() }, below(2) === 0 ? { a: before() } : { a: before(), b: before() }, { all: [before(), before()] }]
    stages[`s${i}`] = {
      uses: `t/${["none", "one", "two", "many"][kind] ?? "none"}`,
      with: { ...someParams(), ...(axis in matrix ? { m: `\${{ matrix.${axis} }}`, k: `\${{ matrix.k${i} }}` } : {}), nested: { y: 1, x: [1, 2] } },
      in: given[kind] ?? {},
      matrix,
      ...(below(6) === 0 ? { when: "params.q > 1" } : {})
    }
  }
  const axes = (): Record<string, ReadonlyArray<Json>> =>
    Object.fromEntries(shuffled(["p", "q", "r"]).slice(0, 1 + below(2)).map((name) => [name, [0, 1, 2, 3].slice(0, 1 + below(3))]))
  const sweeps = Object.fromEntries(Array.from({ length: below(4) }, (_, i) => [`w${i}`, { grid: axes(), ...(below(3) === 0 ? { set: { r: 7 } } : {}) }]))
  return { params, stages, sweeps }
}

/** The same pipeline with the keys of every object in another order. */
const shuffleKeys = (entry: PipelineEntry, seed: number): PipelineEntry => {
  const { shuffled } = choices(seed)
  const entries = <V, W>(object: Readonly<Record<string, V>>, change: (value: V) => W): Record<string, W> =>
    Object.fromEntries(shuffled(Object.entries(object)).map(([key, value]) => [key, change(value)]))
  const same = <V>(value: V): V => value
  const json = (value: Json): Json => (isJsonObject(value) ? entries(value, json) : value)
  return {
    params: entries(entry.params ?? {}, json),
    stages: entries(entry.stages, (each) => ({ ...each, with: entries(each.with ?? {}, json), in: entries(each.in ?? {}, same), matrix: entries(each.matrix ?? {}, same) })),
    sweeps: entries(entry.sweeps ?? {}, (each) => ({ ...each, grid: entries(each.grid ?? {}, same) }))
  }
}

/** Fingerprints of all tasks, were every output's content the name of the task's own fingerprint. */
const fingerprints = (made: Plan): ReadonlyMap<string, string> => {
  const known = new Map<string, string>()
  for (const task of made.tasks) {
    const engine = kinds.find((kind) => kind.name === task.uses)?.engine === true ? { version: "1.30.0", backend: "cpu" } : null
    const record: FingerprintRecord = recordOf(task, { code: `code of ${task.uses}`, engine, digestOf: ({ output, task }) => `${known.get(task) ?? ""} ${output}` })
    known.set(task.id, fingerprintOf(record))
  }
  return known
}

describe("recipes and fingerprints", () => {
  it.each(seeds)("do not depend on the order of keys, stages and sweeps in the file (%i)", (seed) => {
    const entry = randomPipeline(seed)
    const other = shuffleKeys(entry, seed + 1000)
    expect(recipes(planned(other))).toEqual(recipes(planned(entry)))
    expect([...fingerprints(planned(other)).values()].toSorted()).toEqual([...fingerprints(planned(entry)).values()].toSorted())
  })

  it.each(seeds)("do not change when a stage is added (%i)", (seed) => {
    const entry = randomPipeline(seed)
    const more = planned({ ...entry, stages: { first: { uses: "t/none" }, ...entry.stages, last: { uses: "t/one", in: { a: "s0.out" } } } })
    expect(recipes(more)).toEqual(expect.arrayContaining([...recipes(planned(entry))]))
  })

  it.each(seeds)("do not change when an axis gets another value, or a sweep is added (%i)", (seed) => {
    const entry = randomPipeline(seed)
    // A stage that gathers a matrix gathers more of it: sweeps are what grows here.
    const grown = Object.fromEntries(Object.entries(entry.sweeps ?? {}).map(([name, sweep]) => [
      name,
      { ...sweep, grid: Object.fromEntries(Object.entries(sweep.grid ?? {}).map(([axis, values]) => [axis, [...values, 99]])) }
    ]))
    if (Object.keys(grown).length === 0) return
    const more = planned({ ...entry, sweeps: { ...grown, another: { grid: { p: [50, 51] } } } })
    expect(recipes(more)).toEqual(expect.arrayContaining([...recipes(planned(entry))]))
  })

  it.each(seeds)("are equal just where the content is (%i)", (seed) => {
    const made = planned(randomPipeline(seed))
    const known = fingerprints(made)
    // The whole content of a task, spelled out down to its sources.
    const contents = new Map<string, string>()
    for (const task of made.tasks) {
      const inputs = Object.entries(task.inputs).map(([name, sources]) => [name, sources.map((source) => [contents.get(source.task), source.output, source.item])])
      contents.set(task.id, canonicalJson(JSON.parse(JSON.stringify([task.uses, task.params, Object.fromEntries(inputs)]))))
    }
    const pairs = new Set(made.tasks.map((task) => `${contents.get(task.id)} ${task.recipe} ${known.get(task.id)}`)).size
    expect(new Set(contents.values())).toHaveLength(pairs)
    expect(new Set(made.tasks.map((task) => task.recipe))).toHaveLength(pairs)
    expect(new Set(known.values())).toHaveLength(pairs)
  })

  it.each(seeds)("come with coordinates that fit their parameters, each once (%i)", (seed) => {
    const made = planned(randomPipeline(seed))
    for (const task of made.tasks) {
      expect(task.coordinates.length).toBeGreaterThan(0)
      expect(new Set(task.coordinates.map((at) => JSON.stringify(at)))).toHaveLength(task.coordinates.length)
      for (const { values } of task.coordinates) {
        const read = Object.entries(task.params).filter(([name]) => /^(w|m|k)/.test(name))
        const at = read.map(([name]) => [name, values[name.startsWith("w") ? name.slice(1) : `${name}${task.stage.slice(1)}`]])
        expect(at).toEqual(read)
      }
    }
  })

  it.each(seeds)("stand after what they take (%i)", (seed) => {
    const made = planned(randomPipeline(seed))
    const done = new Set<string>()
    for (const task of made.tasks) {
      for (const sources of Object.values(task.inputs)) for (const source of sources) expect(done).toContain(source.task)
      expect(done).not.toContain(task.id)
      done.add(task.id)
    }
    for (const id of Object.keys(made.asked)) expect(tasksOf(made, id).length).toBeLessThanOrEqual(made.asked[id] ?? 0)
  })
})
