import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll } from "vitest"
import { type Database, openDatabase, type Selection } from "../../src/query/database.ts"
import { madeStore } from "./made-store.ts"

const accuracy = { accuracy: { type: "float64" }, set: { type: "category" } } as const

let folder = ""
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "reprise-database-"))
})
afterAll(() => rmSync(folder, { recursive: true }))

let stores = 0
const newStore = () => madeStore(join(folder, `store-${++stores}`))
const withDatabase = <A, E>(store: string, use: (database: Database) => Effect.Effect<A, E>, selection: Selection = { kind: "all" }, pipeline?: string) =>
  Effect.scoped(Effect.flatMap(openDatabase({ store, selection, pipeline }), use))
const rows = (store: string, sql: string, selection?: Selection, pipeline?: string) =>
  withDatabase(store, (database) => Effect.map(database.query(sql), (result) => result.rows), selection, pipeline)
const failure = (store: string, sql: string) => Effect.flip(rows(store, sql))

/** Two runs of a sweep over `lr`; the second one adds a point and makes the first one's again from the cache. */
const sweptStore = () => {
  const store = newStore()
  const trained = (lr: number, seed: number) => ({
    task: `student-${lr}-${seed}`, stage: "student", fingerprint: `f-${lr}-${seed}`, params: { lr, epochs: 10 },
    coordinates: [{ sweep: "rates", values: { lr, seed, fast: seed === 0, model: "wide" } }],
    outputs: { metrics: store.table(accuracy, [{ accuracy: lr + seed, set: "test" }, { accuracy: lr + seed + 1, set: "train" }]) }
  })
  const data = {
    task: "data-1", stage: "data", fingerprint: "f-data", params: { n: 2 }, coordinates: [{ sweep: "rates", values: {} }],
    outputs: { train: store.table({ x: { type: "fixedList", item: { type: "float32" }, size: 2 }, y: { type: "float32" } }, [{ x: [1, 2], y: 1 }, { x: [3, 4], y: -1 }], "dataset") }
  }
  store.run({ id: "r1", startedAt: 1000, tasks: [data, trained(0.1, 0), trained(0.1, 1)] })
  store.run({ id: "r2", startedAt: 2000, tasks: [data, trained(0.1, 0), trained(0.5, 0)] })
  return store
}

describe("a database over a store", () => {
  it.effect("has a view for each table, with run, task, sweep and axes as columns", () =>
    Effect.gen(function*() {
      const { folder } = sweptStore()
      assert.deepStrictEqual(yield* rows(folder, "select accuracy, \"set\", run, task, sweep, lr, seed, fast, model from student order by accuracy, lr"), [
        [0.1, "test", "r2", "student-0.1-0", "rates", 0.1, 0, true, "wide"],
        [0.5, "test", "r2", "student-0.5-0", "rates", 0.5, 0, true, "wide"],
        [1.1, "test", "r1", "student-0.1-1", "rates", 0.1, 1, false, "wide"],
        [1.1, "train", "r2", "student-0.1-0", "rates", 0.1, 0, true, "wide"],
        [1.5, "train", "r2", "student-0.5-0", "rates", 0.5, 0, true, "wide"],
        [2.1, "train", "r1", "student-0.1-1", "rates", 0.1, 1, false, "wide"]
      ])
      assert.deepStrictEqual(yield* rows(folder, "describe student"), [
        ["accuracy", "DOUBLE"], ["set", "VARCHAR"], ["run", "VARCHAR"], ["task", "VARCHAR"], ["sweep", "VARCHAR"],
        ["lr", "DOUBLE"], ["seed", "BIGINT"], ["fast", "BOOLEAN"], ["model", "VARCHAR"]
      ].map(([name, type]) => [name, type, "YES", null, null, null]))
    }))

  it.effect("calls a stage's only table by the stage's name, and a data set where there is no table", () =>
    Effect.gen(function*() {
      const { folder } = sweptStore()
      const names = yield* withDatabase(folder, (database) => Effect.succeed(database.tables.map((table) => `${table.schema}.${table.name}`)))
      assert.deepStrictEqual(names, ["p.data", "p.student", "p.data_train", "p.student_metrics", "main.runs", "main.tasks", "main.params", "main.metrics", "main.claims"])
      assert.deepStrictEqual(yield* rows(folder, "select x, x[2], y, lr from data"), [[[1, 2], 2, 1, null], [[3, 4], 4, -1, null]])
    }))

  it.effect("shows the newest run only, or just the tasks of a plan, when told to", () =>
    Effect.gen(function*() {
      const store = sweptStore()
      assert.deepStrictEqual(yield* rows(store.folder, "select distinct lr, seed from student order by all", { kind: "latest" }), [[0.1, 0], [0.5, 0]])
      const outputs = { metrics: store.table(accuracy, [{ accuracy: 7, set: "test" }]) }
      const tasks = [{ task: "student-x", stage: "student", outputs, coordinates: [{ sweep: "a", values: { lr: 1 } }, { sweep: "b", values: { lr: 2 } }] }]
      assert.deepStrictEqual(yield* rows(store.folder, "select accuracy, run, task, sweep, lr from student", { kind: "tasks", pipeline: "p", tasks }),
        [[7, null, "student-x", "a", 1], [7, null, "student-x", "b", 2]])
    }))

  it.effect("joins what a stage made over time: by name, in the wider type", () =>
    Effect.gen(function*() {
      const store = newStore()
      const task = (id: string, outputs: Readonly<Record<string, ReturnType<typeof store.table>>>) => ({ task: id, stage: "s", fingerprint: id, outputs })
      store.run({ id: "r1", startedAt: 1, tasks: [task("old", { t: store.table({ n: { type: "int32" }, gone: { type: "utf8" } }, [{ n: 1, gone: "x" }]) })] })
      store.run({ id: "r2", startedAt: 2, tasks: [task("new", { t: store.table({ n: { type: "float64" }, more: { type: "bool" } }, [{ n: 0.5, more: true }]) })] })
      assert.deepStrictEqual(yield* rows(store.folder, "select n, more, gone from s"), [[1, null, "x"], [0.5, true, null]])
    }))

  it.effect("lets a table's own column win over a coordinate of that name", () =>
    Effect.gen(function*() {
      const store = newStore()
      store.run({
        id: "r1", startedAt: 1,
        tasks: [{ task: "s", stage: "s", fingerprint: "f", coordinates: [{ sweep: null, values: { D: 10 } }], outputs: { t: store.table({ d: { type: "float64" }, run: { type: "int32" } }, [{ d: 1, run: 2 }]) } }]
      })
      assert.deepStrictEqual(yield* rows(store.folder, "select d, params_D, run, params_run from s"), [[1, 10, 2, "r1"]])
    }))

  it.effect("keeps pipelines apart in schemas, the latest one's without a prefix", () =>
    Effect.gen(function*() {
      const store = newStore()
      const task = (value: number) => ({ task: "s", stage: "s", fingerprint: `f${value}`, outputs: { t: store.table({ v: { type: "float64" } }, [{ v: value }]) } })
      store.run({ id: "r1", pipeline: "odd name; drop", startedAt: 1, tasks: [task(1)] })
      store.run({ id: "r2", pipeline: "main", startedAt: 2, tasks: [task(2)] })
      assert.deepStrictEqual(yield* rows(store.folder, "from s select v union all from \"odd name; drop\".s select v"), [[2], [1]])
      assert.deepStrictEqual(yield* rows(store.folder, "select v from s", { kind: "all" }, "odd name; drop"), [[1]])
      const error = yield* Effect.flip(rows(store.folder, "select 1", { kind: "all" }, "nope"))
      assert.include(error.message, 'no results of a pipeline "nope"')
      assert.strictEqual(error.hint, "It has: odd name; drop, main.")
    }))

  it.effect("tells of runs, tasks, params, metrics and claims", () =>
    Effect.gen(function*() {
      const store = newStore()
      store.run({
        id: "r1", startedAt: 1000,
        text: "name: p\nclaims:\n  - { id: headline, source: fig. 2, sql: select 1, published: 0.99, tolerance: 0.02 }\n",
        tasks: [{ task: "s-1", stage: "s", fingerprint: "f", params: { lr: 0.1, loss: "identity", deep: { a: 1 } }, wallMs: 250, outputs: {} }],
        events: [{ type: "task-event", at: 1100, task: "s-1", stage: "s", event: { type: "metric", name: "loss", value: 0.5, step: 3 } }, { type: "task-started" }]
      })
      assert.deepStrictEqual(yield* rows(store.folder, "select run, pipeline, status, started, seconds, total, commit from runs"), [["r1", "p", "succeeded", new Date(1000), 1.5, 1, "abc123"]])
      assert.deepStrictEqual(yield* rows(store.folder, "select task, stage, status, seconds, params from tasks"), [["s-1", "s", "ran", 0.25, "{\"lr\":0.1,\"loss\":\"identity\",\"deep\":{\"a\":1}}"]])
      assert.deepStrictEqual(yield* rows(store.folder, "select name, value, number from params order by name"), [["deep", "{\"a\":1}", null], ["loss", "identity", null], ["lr", "0.1", 0.1]])
      assert.deepStrictEqual(yield* rows(store.folder, "select task, name, step, value from metrics"), [["s-1", "loss", 3, 0.5]])
      assert.deepStrictEqual(yield* rows(store.folder, "select id, source, published, tolerance, compare from claims"), [["headline", "fig. 2", 0.99, 0.02, "equal"]])
    }))

  it.effect("shows a run that is still going, as far as it is", () =>
    Effect.gen(function*() {
      const store = newStore()
      store.run({ id: "r1", startedAt: 1, status: "running", tasks: [{ task: "s", stage: "s", fingerprint: "f", outputs: { t: store.table({ v: { type: "float64" } }, [{ v: 1 }]) } }] })
      assert.deepStrictEqual(yield* rows(store.folder, "select v, status, finished from s join runs using (run)"), [[1, "running", null]])
    }))

  it.effect("gives values of every SQL type as plain ones", () =>
    Effect.gen(function*() {
      const { folder } = newStore()
      const [row] = yield* rows(folder, "select 1::hugeint, 9007199254740993, 1.5::decimal(4, 1), 0.1::float, date '2026-01-31', timestamp '2026-01-31 12:00:00', [1, null], {'a': 1, 'b': [true]}, map {'k': 2}, null, 'x'::enum('x', 'y'), interval 2 days, 'nan'::double")
      assert.deepStrictEqual(row, [1, 9007199254740993n, 1.5, 0.1, "2026-01-31", new Date("2026-01-31T12:00:00Z"), [1, null], { a: 1, b: [true] }, { k: 2 }, null, "x", "2 days", Number.NaN])
    }))

  it.effect("answers from an empty store, and leaves no trace there", () =>
    Effect.gen(function*() {
      const none = join(folder, "none")
      assert.deepStrictEqual(yield* rows(none, "select count(*) from runs"), [[0]])
      const error = yield* failure(none, "from student")
      assert.strictEqual(error.hint, `The store ${none} holds no results yet: run a pipeline first.`)
      assert.isFalse(existsSync(none))
    }))
})

describe("mistakes", () => {
  it.effect("are shown at their place, with what was probably meant", () =>
    Effect.gen(function*() {
      const { folder } = sweptStore()
      const syntax = yield* failure(folder, "selec 1")
      assert.strictEqual(syntax.message, "Parser Error: syntax error at or near \"selec\"\n\nLINE 1: selec 1\n        ^")
      const table = yield* failure(folder, "select * from studnet")
      assert.strictEqual(table.message, "Catalog Error: Table with name studnet does not exist!\n\nLINE 1: select * from studnet\n                      ^")
      assert.strictEqual(table.hint, "Did you mean student?")
      const column = yield* failure(folder, "select acuracy from student")
      assert.include(column.message, "Candidate bindings: \"accuracy\"")
      assert.strictEqual((yield* failure(folder, " -- nothing\n ;")).message, "The query is empty.")
      assert.include((yield* failure(folder, "select 1; select 2")).message, "This is 2 statements")
      assert.include((yield* failure(folder, "select ?")).message, "no parameters")
      assert.include((yield* failure(folder, "pivot student on lr using avg(accuracy)")).hint ?? "", "List the values of a pivot's column")
    }))

  it.effect("do not spoil the next query", () =>
    Effect.gen(function*() {
      const { folder } = sweptStore()
      yield* withDatabase(folder, (database) =>
        Effect.gen(function*() {
          yield* Effect.flip(database.query("select * from nothing"))
          assert.deepStrictEqual((yield* database.query("select count(*) from student")).rows, [[6]])
          assert.deepStrictEqual((yield* database.script("select 1; select 2")).map((result) => result.rows), [[[1]], [[2]]])
        }))
    }))
})

describe("a query can change nothing and reach nothing outside", () => {
  const refused = [
    "create table t as select 1", "create view v as select 1", "insert into student values (1)", "delete from runs", "drop view p.student", "alter table runs rename to r",
    "copy (select 1) to '{out}'", "copy student to '{out}' (format parquet)", "export database '{out}'", "import database '{out}'", "attach '{out}' as other", "detach memory",
    "install httpfs", "load httpfs", "force install httpfs from community", "set threads = 1", "reset threads", "pragma enable_profiling", "pragma database_list; set threads = 1",
    "call pragma_version()", "use main", "begin", "commit", "checkpoint", "vacuum", "prepare x as select 1", "set variable a = 1", "create secret (type s3)", "update extensions",
    "from read_csv('/etc/passwd')", "from '/etc/passwd'", "from read_text('/etc/hostname')", "from read_blob('/etc/hostname')", "from glob('/etc/*')", "from read_json('/etc/passwd')",
    "from read_parquet('{out}')", "from sniff_csv('/etc/passwd')", "from read_csv('https://example.com/x.csv')", "select getenv('HOME')", "from duckdb_secrets()",
    "explain analyze copy (select 1) to '{out}'", "explain analyze create view p.t as select 1", "with x as (select 1) insert into student from x",
    "from stored_table('/etc/passwd')", "from query('copy (select 1) to ''{out}''')", "select 1; drop view p.student"
  ]
  it.effect("and every way out that we know is closed", () =>
    Effect.gen(function*() {
      const { folder: store } = sweptStore()
      const out = join(folder, "escaped")
      yield* withDatabase(store, (database) =>
        Effect.gen(function*() {
          for (const sql of refused) {
            const result = yield* Effect.result(database.script(sql.replace("{out}", out)))
            assert.strictEqual(result._tag, "Failure", `${sql} went through`)
          }
          // Explaining may make a temporary table of its own, which is gone with its query.
          yield* Effect.result(database.query("explain analyze create temp table student as select 1"))
          assert.deepStrictEqual((yield* database.query("select count(*), current_setting('threads') > 0, current_setting('enable_external_access') from student")).rows, [[6, true, false]])
        }))
      assert.isFalse(existsSync(out))
      assert.deepStrictEqual(readdirSync(process.cwd()).filter((name) => name === ".tmp"), [])
    }))

  it.effect("while everything that reads is allowed", () =>
    Effect.gen(function*() {
      const { folder: store } = sweptStore()
      yield* withDatabase(store, (database) =>
        Effect.forEach([
          "select 1", "from student", "with a as (select 1 as x) select x from a", "values (1), (2)", "describe student", "show tables", "show all tables", "summarize student",
          "explain select * from student", "explain analyze select count(*) from student", "pivot student on lr in (0.1, 0.5) using avg(accuracy)", "table student", "from range(3)",
          "select * from information_schema.tables", "select 'copy; drop table'", "select 1 -- ; drop view p.student"
        ], database.query))
    }))
})
