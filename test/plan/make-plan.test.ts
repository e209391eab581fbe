import { describe, expect, it } from "vitest"
import type { JsonObject } from "../../src/stage/json.ts"
import { cpuTime, many, one, optional, plan, type PipelineEntry, problems, stage, tasksOf } from "./support.ts"

const data = { uses: "data/make", with: { seed: "${{ params.seed }}" } }
const teacher = { uses: "train/fit", in: { train: "data.out" }, with: { lr: "${{ params.lr }}" } }
const perturb = { uses: "attack/perturb", in: { data: "data.out", model: "teacher.out" }, with: { eps: "${{ params.eps }}" } }
const params = { seed: 0, lr: 0.1, eps: 0.01 }
const adversarial = (sweeps: NonNullable<PipelineEntry["sweeps"]>): PipelineEntry => ({ params, sweeps, stages: { data, teacher, perturb } })

const counts = (entry: PipelineEntry, changes: Parameters<typeof plan>[1] = {}): Record<string, number> => {
  const made = plan(entry, changes)
  return Object.fromEntries(Object.keys(entry.stages).map((id) => [id, tasksOf(made, id).length]))
}
const coordinates = (entry: PipelineEntry, id: string) => tasksOf(plan(entry), id).map((task) => task.coordinates)

describe("a plan without sweeps", () => {
  const made = plan({ params, stages: { perturb, teacher, data } })

  it("has one task for each stage, after what feeds it", () => {
    expect(made.tasks.map((task) => task.stage)).toEqual(["data", "teacher", "perturb"])
    const [source, trained, perturbed] = made.tasks
    expect(perturbed?.inputs).toEqual({ data: [{ task: source?.id, output: "out" }], model: [{ task: trained?.id, output: "out" }] })
  })

  it("has parameters after expressions and the stage's defaults", () => {
    expect(tasksOf(made, "data")[0]?.params).toEqual({ seed: 0, shift: 0.3 })
  })

  it("names a task by its stage and recipe", () => {
    for (const task of made.tasks) expect(task.id).toBe(`${task.stage}-${task.recipe.slice(0, 10)}`)
  })
})

describe("sharing between points", () => {
  it("plans a stage once for each distinct set of values that reach it", () => {
    expect(counts(adversarial({ s: { grid: { seed: [0, 1], lr: [1, 0.1, 0.01], eps: [1, 2, 3, 4] } } }))).toEqual({ data: 2, teacher: 6, perturb: 24 })
  })

  it("shares between sweeps", () => {
    const both = adversarial({ rates: { grid: { lr: [1, 0.1], seed: [0, 1] } }, strengths: { grid: { eps: [0.01, 0.02], seed: [0, 1] } } })
    // lr 0.1 with eps 0.01 is a point of both.
    expect(counts(both)).toEqual({ data: 2, teacher: 4, perturb: 6 })
    expect(plan(both).asked).toEqual({ data: 8, teacher: 8, perturb: 8 })
  })

  it("goes by what a task computes, not by how the file says it", () => {
    const spelled = { params: { seed: 0, twice: 0 }, stages: { data: { uses: "data/make", with: { seed: "${{ params.seed * 0 + params.twice }}", shift: 0.3 } } } }
    const plain = { params: { other: 5 }, stages: { data: { uses: "data/make", with: { seed: 0 } } } }
    expect(plan(spelled).tasks[0]?.recipe).toBe(plan(plain).tasks[0]?.recipe)
  })

  it("keeps stages of the file apart that compute the same, so that each has its table", () => {
    const made = plan({ params, stages: { first: data, second: data } })
    expect(made.tasks.map((task) => task.stage)).toEqual(["first", "second"])
    expect(new Set(made.tasks.map((task) => task.recipe))).toHaveLength(1)
  })

  it("tells apart what differs in code, files, or engine", () => {
    const recipeOf = (changes: Parameters<typeof plan>[1]) => plan({ params, stages: { data, teacher } }, changes).tasks.map((task) => task.recipe)
    const [source, trained] = recipeOf({})
    expect(recipeOf({ engine: { version: "2", backend: "cpu" } })).toEqual([source, expect.not.stringMatching(trained ?? "")])
    expect(recipeOf({ code: (uses) => (uses === "data/make" ? "new" : `code of ${uses}`) })[0]).not.toBe(source)
    expect(recipeOf({ code: (uses) => (uses === "data/make" ? "new" : `code of ${uses}`) })[1]).not.toBe(trained)
  })
})

describe("coordinates", () => {
  it("are the parameters that reach a task, and no others", () => {
    const entry = adversarial({ s: { grid: { eps: [1, 2] } } })
    expect(coordinates(entry, "data")).toEqual([[{ sweep: "s", values: { seed: 0 } }]])
    expect(coordinates(entry, "teacher")).toEqual([[{ sweep: "s", values: { seed: 0, lr: 0.1 } }]])
    expect(coordinates(entry, "perturb")).toEqual([
      [{ sweep: "s", values: { seed: 0, lr: 0.1, eps: 1 } }],
      [{ sweep: "s", values: { seed: 0, lr: 0.1, eps: 2 } }]
    ])
    expect(plan(entry).axes).toEqual(["seed", "lr", "eps"])
  })

  it("name every sweep that uses a task", () => {
    const entry = adversarial({ a: { grid: { eps: [1, 2] } }, b: { grid: { eps: [1] } } })
    expect(coordinates(entry, "data")).toEqual([[{ sweep: "a", values: { seed: 0 } }, { sweep: "b", values: { seed: 0 } }]])
  })

  it("include what a parameter is computed from", () => {
    const entry = {
      params: { d: 100, half: "${{ params.d / 2 }}", unused: 1 },
      stages: { data: { uses: "data/make", with: { n: "${{ params.half }}" } } }
    }
    expect(coordinates(entry, "data")).toEqual([[{ sweep: null, values: { d: 100, half: 50 } }]])
  })

  it("are several where different values come to the same work", () => {
    const entry = {
      params: { lr: 1, capped: "${{ min(params.lr, 0.5) }}" },
      sweeps: { s: { grid: { lr: [0.1, 1, 2] } } },
      stages: { data: { uses: "data/make", with: { lr: "${{ params.capped }}" } } }
    }
    expect(coordinates(entry, "data")).toEqual([
      [{ sweep: "s", values: { lr: 0.1, capped: 0.1 } }],
      [{ sweep: "s", values: { lr: 1, capped: 0.5 } }, { sweep: "s", values: { lr: 2, capped: 0.5 } }]
    ])
  })

  it("hold lists as text, since a column holds one value", () => {
    const entry = { params: { widths: [10, 20] }, stages: { data: { uses: "data/make", with: { widths: "${{ params.widths }}" } } } }
    expect(coordinates(entry, "data")).toEqual([[{ sweep: null, values: { widths: "[10,20]" } }]])
  })
})

describe("a matrix", () => {
  const attack = { uses: "attack/perturb", in: { data: "data.out", model: "teacher.out" }, matrix: { norm: ["l2", "linf"], steps: [1, 10] }, with: { norm: "${{ matrix.norm }}", steps: "${{ matrix.steps }}" } }
  const score = { uses: "evaluate/score", in: { model: "teacher.out", data: "attack.out" } }
  const collect = { uses: "report/collect", in: { scores: "score.out" } }
  const entry = { params, stages: { data, teacher, attack, score, collect } }

  it("fans a stage out, and what it feeds", () => {
    expect(counts(entry)).toEqual({ data: 1, teacher: 1, attack: 4, score: 4, collect: 1 })
    expect(tasksOf(plan(entry), "score").map((task) => task.coordinates[0]?.values)).toEqual(
      [["l2", 1], ["l2", 10], ["linf", 1], ["linf", 10]].map(([norm, steps]) => ({ seed: 0, lr: 0.1, norm, steps }))
    )
    expect(plan(entry).axes).toEqual(["seed", "lr", "norm", "steps"])
  })

  it("is gathered, in order, by an input that takes many, with the values of each instance", () => {
    const made = plan(entry)
    const [collected] = tasksOf(made, "collect")
    expect(collected?.inputs["scores"]?.map((source) => source.item)).toEqual([
      { norm: "l2", steps: 1 },
      { norm: "l2", steps: 10 },
      { norm: "linf", steps: 1 },
      { norm: "linf", steps: 10 }
    ])
    expect(collected?.inputs["scores"]?.map((source) => source.task)).toEqual(tasksOf(made, "score").map((task) => task.id))
    expect(collected?.coordinates[0]?.values).toEqual({ seed: 0, lr: 0.1 })
  })

  it("joins inputs on the axes that they share", () => {
    const fit = { uses: "train/fit", in: { train: "data.out" }, matrix: { width: [10, 20] }, with: { width: "${{ matrix.width }}" } }
    const hit = { uses: "attack/perturb", in: { data: "data.out", model: "fit.out" }, matrix: { eps: [1, 2] }, with: { eps: "${{ matrix.eps }}" } }
    const made = plan({ params, stages: { data, fit, hit, score: { uses: "evaluate/score", in: { model: "fit.out", data: "hit.out" } } } })
    expect(tasksOf(made, "score")).toHaveLength(4)
    for (const task of tasksOf(made, "score")) {
      const [model] = task.inputs["model"] ?? []
      const [hitBy] = task.inputs["data"] ?? []
      expect(made.tasks.find(({ id }) => id === hitBy?.task)?.inputs["model"]).toEqual([model])
    }
  })

  it("multiplies with axes of other names", () => {
    const a = { uses: "data/make", matrix: { x: [1, 2, 3] }, with: { x: "${{ matrix.x }}" } }
    const b = { uses: "data/make", matrix: { y: [1, 2] }, with: { y: "${{ matrix.y }}" } }
    expect(counts({ stages: { a, b, both: { uses: "attack/perturb", in: { data: "a.out", model: "b.out" } } } })).toEqual({ a: 3, b: 2, both: 6 })
  })

  it("is refused where axes of one name have no value in common", () => {
    const a = { uses: "data/make", matrix: { item: [1, 2] }, with: { x: "${{ item }}" } }
    const b = { uses: "data/make", matrix: { item: ["x"] }, with: { x: "${{ item }}" } }
    const [problem, ...others] = problems({ stages: { a, b, both: { uses: "attack/perturb", in: { data: "a.out", model: "b.out" } } } })
    expect(others).toEqual([])
    expect(problem?.path).toBe("stages.both.in.model")
    expect(problem?.message).toContain("axis of one name")
  })

  it("is gathered from several stages in the order that the file gives", () => {
    const a = { uses: "data/make", matrix: { x: [2, 1] }, with: { x: "${{ matrix.x }}" } }
    const made = plan({ stages: { a, b: { uses: "data/make", with: { x: 7 } }, collect: { uses: "report/collect", in: { scores: ["b.out", "a.out"] } } } })
    expect(tasksOf(made, "collect")[0]?.inputs["scores"]?.map(({ item }) => item)).toEqual([undefined, { x: 2 }, { x: 1 }])
  })
})

describe("when", () => {
  it("leaves out a stage, and what cannot do without it", () => {
    const entry = {
      params,
      sweeps: { s: { grid: { eps: [0, 1] } } },
      stages: { data, teacher, perturb: { ...perturb, when: "params.eps > 0" }, score: { uses: "evaluate/score", in: { model: "teacher.out", data: "perturb.out" } } }
    }
    const made = plan(entry)
    expect(tasksOf(made, "perturb").map((task) => task.params["eps"])).toEqual([1])
    // The data of a score is optional: it is there at both points, once without.
    expect(tasksOf(made, "score").map((task) => Object.keys(task.inputs))).toEqual([["model"], ["data", "model"]])
    expect(counts({ ...entry, stages: { ...entry.stages, again: { uses: "attack/perturb", in: { data: "perturb.out", model: "teacher.out" } } } })["again"]).toBe(1)
  })

  it("chooses instances of a matrix", () => {
    const a = { uses: "data/make", matrix: { x: [1, 2, 3] }, when: "matrix.x != 2", with: { x: "${{ matrix.x }}" } }
    const made = plan({ stages: { a, collect: { uses: "report/collect", in: { scores: "a.out" } } } })
    expect(tasksOf(made, "collect")[0]?.inputs["scores"]?.map(({ item }) => item)).toEqual([{ x: 1 }, { x: 3 }])
  })

  it("keeps an optional input only where it meets", () => {
    const a = { uses: "data/make", matrix: { x: [1, 2] }, with: { x: "${{ matrix.x }}" } }
    const b = { uses: "train/fit", in: { train: "a.out" }, when: "matrix.x == 1" }
    const made = plan({ stages: { a, b, score: { uses: "evaluate/score", in: { model: "a.out", data: "b.out" } } } })
    expect(tasksOf(made, "score").map((task) => [task.coordinates[0]?.values["x"], "data" in task.inputs])).toEqual([[1, true], [2, false]])
  })

  it("must be true or false", () => {
    expect(problems({ params, stages: { data: { ...data, when: "params.seed" } } })[0]).toMatchObject({ path: "stages.data.when", message: "must be true or false, and is 0" })
  })
})

describe("a part of the file", () => {
  it("is what leads to a sweep's targets", () => {
    expect(counts(adversarial({ s: { grid: { eps: [1, 2] }, targets: ["teacher"] } }))).toEqual({ data: 1, teacher: 1, perturb: 0 })
  })

  it("is the sweeps and stages that are asked for", () => {
    const entry = adversarial({ a: { grid: { seed: [1, 2] } }, b: { grid: { seed: [3] } } })
    expect(counts(entry, { only: { sweeps: ["b"], stages: ["teacher"] } })).toEqual({ data: 1, teacher: 1, perturb: 0 })
  })

  it("is refused where there is no such sweep or stage", () => {
    const found = problems(adversarial({ dimension: { grid: { seed: [1] } } }), { only: { sweeps: ["dimensoin"], stages: ["teachr"] } })
    expect(found.map(({ hint, message }) => [message, hint])).toEqual([
      ['there is no sweep named "dimensoin"', 'did you mean "dimension"?'],
      ['there is no stage named "teachr"', 'did you mean "teacher"?']
    ])
  })
})

describe("files that parameters name", () => {
  const reads = stage("train/read", { decode: (given) => ({ ok: true, params: given, files: [String(given["model"])] }) })
  const entry = (name: string) => ({ stages: { a: { uses: "train/read", with: { model: name } } } })

  it("count by content", () => {
    const recipeOf = (name: string, digest: string) => plan(entry(name), { stages: [reads], fileDigest: () => digest }).tasks[0]?.recipe
    expect(recipeOf("a.yaml", "1")).toBe(recipeOf("b.yaml", "1"))
    expect(recipeOf("a.yaml", "1")).not.toBe(recipeOf("a.yaml", "2"))
    expect(plan(entry("a.yaml"), { stages: [reads], fileDigest: () => "1" }).tasks[0]?.files).toEqual({ "a.yaml": "1" })
  })

  it("must be there", () => {
    expect(problems(entry("a.yaml"), { stages: [reads] })).toMatchObject([{ path: "stages.a.with.model", message: "there is no file a.yaml" }])
  })
})

describe("problems", () => {
  const bounded = stage("data/bounded", {
    decode: (given) => (Number(given["n"]) > 0 ? { ok: true, params: given, files: [] } : { ok: false, issues: [{ path: ["n"], message: `must be more than 0, and is ${String(given["n"])}` }] })
  })
  const entry = (axes: Readonly<Record<string, ReadonlyArray<number>>>) => ({
    params: { n: 1, seed: 0 },
    sweeps: { size: { grid: axes } },
    stages: { data: { uses: "data/bounded", with: { n: "${{ params.n }}", seed: "${{ params.seed }}" } } }
  })

  it("stand at their place in the file and name the point", () => {
    expect(problems(entry({ n: [10, -1] }), { stages: [bounded] })).toEqual([{
      file: "test.yaml",
      position: { line: 1, column: 4 },
      path: "stages.data.with.n",
      message: "must be more than 0, and is -1 (at n = -1 of sweep size)"
    }])
  })

  it("are told once, however many points they hit", () => {
    const found = problems(entry({ n: [10, -1], seed: Array.from({ length: 50 }, (_, seed) => seed) }), { stages: [bounded] })
    expect(found.map(({ message }) => message)).toEqual(["must be more than 0, and is -1 (first at n = -1, seed = 0 of sweep size)"])
  })

  it("are a few examples where each point has its own", () => {
    const found = problems(entry({ n: Array.from({ length: 100 }, (_, n) => -n) }), { stages: [bounded] })
    expect(found).toHaveLength(3)
    expect(found[2]?.message).toMatch(/97 more like this here$/)
  })

  it("are at most some twenty", () => {
    const stages = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`s${i}`, { uses: "data/bounded", with: { n: -1 } }]))
    const found = problems({ stages }, { stages: [bounded] })
    expect(found).toHaveLength(21)
    expect(found[20]?.message).toContain("39 more problems")
  })

  it("of expressions show the expression", () => {
    const [found] = problems({ params: { d: 0 }, stages: { data: { uses: "data/make", with: { list: ["${{ 1 / params.d }}"] } } } })
    expect(found?.path).toBe("stages.data.with.list[0]")
    expect(found?.message).toMatch(/^\$\{\{ 1 \/ params\.d \}\}: .*zero/)
  })

  it("name the matrix values", () => {
    const [found] = problems({ stages: { data: { uses: "data/bounded", matrix: { n: [1, 0] }, with: { n: "${{ matrix.n }}" } } } }, { stages: [bounded] })
    expect(found?.message).toContain("(at n = 0)")
  })

  it("do not drag down what a faulty stage feeds", () => {
    const found = problems({ params: { d: 0 }, stages: { data: { uses: "data/make", with: { n: "${{ 1 / params.d }}" } }, fit: { uses: "train/fit", in: { train: "data.out" } } } })
    expect(found).toHaveLength(1)
  })

  it("say that a stage is missing", () => {
    expect(problems({ stages: { a: { uses: "data/gone" } } })).toMatchObject([{ path: "stages.a.uses", message: "there is no stage data/gone" }])
  })
})

describe("the work of planning", () => {
  it("decodes each distinct entry once, at any number of points", () => {
    let decoded = 0
    const counting = stage("train/count", { inputs: { train: one }, decode: (given) => (decoded++, { ok: true, params: given, files: [] }) })
    const entry = {
      params: { seed: 0, lr: 0 },
      sweeps: { s: { grid: { seed: Array.from({ length: 40 }, (_, i) => i), lr: [1, 2, 3] } } },
      stages: { data, fit: { uses: "train/count", in: { train: "data.out" }, with: { lr: "${{ params.lr }}" } } }
    }
    expect(counts(entry, { stages: [counting] })["fit"]).toBe(120)
    expect(decoded).toBe(3)
  })

  it("asks for each file once", () => {
    let asked = 0
    const reads = stage("train/read", { decode: (given: JsonObject) => ({ ok: true, params: given, files: ["m.yaml"] }) })
    const entry = { params: { lr: 0 }, sweeps: { s: { grid: { lr: [1, 2, 3] } } }, stages: { a: { uses: "train/read", with: { lr: "${{ params.lr }}", model: "m.yaml" } } } }
    plan(entry, { stages: [reads], fileDigest: () => (asked++, "digest") })
    expect(asked).toBe(1)
  })

  // 100,000 tasks are to take less than 10 s; a tenth of them here, with room for a busy machine.
  it("is linear: 12,000 tasks in seconds", () => {
    const numbers = (count: number) => Array.from({ length: count }, (_, i) => i)
    const started = cpuTime()
    const made = plan(adversarial({ s: { grid: { seed: numbers(20), lr: numbers(20), eps: numbers(30) } } }))
    expect(made.tasks).toHaveLength(20 + 400 + 12_000)
    expect(cpuTime() - started).toBeLessThan(4000)
  })
})

describe("inputs", () => {
  it("that are optional may be given nothing at all", () => {
    const lone = stage("evaluate/lone", { inputs: { a: optional, b: { ...many, optional: true } } })
    expect(plan({ stages: { x: { uses: "evaluate/lone" } } }, { stages: [lone] }).tasks[0]?.inputs).toEqual({})
  })
})
