import { assert, describe, it } from "vitest"
import { foldUses, overtakenIn, type RunWithTasks, type Use, usesOf, viewsOf } from "../../src/query/catalog.ts"
import { widest } from "../../src/query/widest.ts"
import type { RunTask } from "../../src/store/layout.ts"

const stored = (digest: string, kind: "table" | "dataset" | "model" = "table") => ({ digest, kind, mediaType: "", bytes: 1 })
const task = (stage: string, outputs: RunTask["outputs"], values: Readonly<Record<string, string | number>> = {}, fingerprint: string | null = stage): RunTask => ({
  task: `${stage}-1`, stage, uses: "a/b", fingerprint, status: "ran", params: {}, coordinates: [{ sweep: null, values }], outputs, startedAt: 0, wallMs: 0
})
const run = (id: string, startedAt: number, tasks: ReadonlyArray<RunTask>, pipeline = "p"): RunWithTasks => ({
  record: {
    version: 1, id, pipeline, file: "", command: [], startedAt, finishedAt: null, status: "running", overrides: {}, environment: {},
    counts: { total: 0, cached: 0, ran: 0, failed: 0, skipped: 0 }
  },
  tasks
})
const schema = { v: { type: "float64" } } as const
const names = (uses: ReadonlyArray<Use>) => viewsOf(uses, () => schema).flatMap(({ schema, views }) => views.map((view) => `${schema}.${view.name}`))

describe("uses", () => {
  it("count the same work at the same place once, as the latest run's", () => {
    const first = run("r1", 1, [task("a", { t: stored("x") }, { lr: 1, d: 2 }), task("a", { t: stored("x") }, { lr: 2 }, "other")])
    const second = run("r2", 2, [task("a", { t: stored("x") }, { d: 2, lr: 1 })])
    const told = (uses: ReadonlyArray<Use>) => uses.map(({ run, values }) => [run, values["lr"]])
    assert.deepEqual(told(usesOf([second, first])), [["r1", 2], ["r2", 1]])
    // Folding run by run comes to the same, whichever is folded last.
    const startedAt = (id: string) => id === "r1" ? 1 : 2
    assert.deepEqual(told(foldUses(foldUses([], [first], startedAt), [second], startedAt)), [["r1", 2], ["r2", 1]])
    assert.deepEqual(told(foldUses(foldUses([], [second], startedAt), [first], startedAt)), [["r2", 1], ["r1", 2]])
  })

  it("keep every run of work that has no fingerprint", () => {
    const volatile = (id: string, at: number) => run(id, at, [task("clock", { t: stored(id) }, {}, null)])
    assert.deepEqual(usesOf([volatile("r1", 1), volatile("r2", 2)]).map((use) => use.stored.digest), ["r1", "r2"])
  })
})

describe("what has been overtaken", () => {
  const at = (id: string, started: number, fingerprint: string | null, values: Readonly<Record<string, number>>) =>
    run(id, started, [task("a", { t: stored(fingerprint ?? id) }, values, fingerprint)])

  it("is what was made anew at the same place, by other code or with other settings", () => {
    assert.strictEqual(overtakenIn(usesOf([at("r1", 1, "old", { lr: 1 }), at("r2", 2, "new", { lr: 1 }), at("r3", 3, "newer", { lr: 1 })])), 2)
    assert.strictEqual(overtakenIn(usesOf([at("r1", 1, "old", { lr: 1 }), at("r2", 2, "new", { lr: 1 }), at("r3", 3, "old", { lr: 1 })])), 1, "back to the old code")
  })

  it("is not what lies elsewhere, was only looked up again, or is different each time", () => {
    assert.strictEqual(overtakenIn(usesOf([at("r1", 1, "one", { lr: 1 }), at("r2", 2, "two", { lr: 2 }), at("r3", 3, "one", { lr: 1 })])), 0)
    assert.strictEqual(overtakenIn(usesOf([at("r1", 1, null, {}), at("r2", 2, null, {})])), 0)
  })
})

describe("views", () => {
  it("are named after stage and output; the short name is the only table's", () => {
    assert.deepEqual(names(usesOf([run("r", 1, [
      task("one", { t: stored("a") }), task("mixed", { t: stored("b"), d: stored("c", "dataset"), m: stored("d", "model") }),
      task("two", { s: stored("e"), t: stored("f") }), task("data", { train: stored("g", "dataset") }), task("net", { model: stored("h", "model") })
    ])])), ["p.one", "p.mixed", "p.data", "p.one_t", "p.mixed_t", "p.mixed_d", "p.two_s", "p.two_t", "p.data_train"])
  })

  it("have names of their own even where stages and outputs run together", () => {
    assert.deepEqual(names(usesOf([run("r", 1, [task("a", { b_c: stored("a") }), task("a_b", { c: stored("b") }), task("A_B", { C: stored("c") })])])),
      ["p.a", "p.a_b", "p.A_B_2", "p.a_b_c", "p.a_b_c_2", "p.A_B_C_3"])
    assert.deepEqual(names(usesOf([run("r", 1, [task("a", { b: stored("a") })], "Main"), run("q", 2, [task("a", { b: stored("a") })], "x"), run("s", 3, [task("a", { b: stored("a") })], "X")])),
      ["Main_2.a", "Main_2.a_b", "x.a", "x.a_b", "X_2.a", "X_2.a_b"])
  })

  it("give an axis the type that holds all its values", () => {
    const uses = usesOf([run("r", 1, [
      task("s", { t: stored("a") }, { n: 1, x: 1, mixed: 1, word: "a" }, "1"), task("s", { t: stored("a") }, { n: 2, x: 0.5, mixed: "two" }, "2")
    ])])
    const [view] = viewsOf(uses, () => schema)[0]?.views ?? []
    assert.deepEqual(view?.columns.map(({ name, type }) => `${name} ${type.type}`), ["v float64", "run utf8", "task utf8", "sweep utf8", "n int64", "x float64", "mixed utf8", "word utf8"])
    assert.deepEqual(uses.map((use) => view?.constants(use)), [["r", "s-1", null, 1, 1, "1", "a"], ["r", "s-1", null, 2, 0.5, "two", null]])
  })
})

describe("the widest of two types", () => {
  it("holds both", () => {
    assert.deepEqual(widest({ type: "uint8" }, { type: "int32", nullable: true }), { type: "int32", nullable: true })
    assert.deepEqual(widest({ type: "float32" }, { type: "int32", doc: "x" }), { type: "float64" })
    assert.deepEqual(widest({ type: "category" }, { type: "category" }), { type: "category" })
    assert.deepEqual(widest({ type: "category" }, { type: "bool" }), { type: "utf8" })
    const two = { type: "fixedList", item: { type: "float32" }, size: 2 } as const
    assert.deepEqual(widest(two, two), two)
    assert.deepEqual(widest(two, { ...two, size: 3 }), { type: "list", item: { type: "float32" } })
    assert.deepEqual(widest(two, { type: "list", item: { type: "int64" } }), { type: "list", item: { type: "float64" } })
    assert.deepEqual(widest(two, { type: "float32" }), { type: "utf8" })
  })
})
