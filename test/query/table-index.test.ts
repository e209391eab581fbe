import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { appendFileSync, chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach } from "vitest"
import { openDatabase, type Selection } from "../../src/query/database.ts"
import { warmIndex } from "../../src/query/selection.ts"
import { madeStore } from "./made-store.ts"

let folder = ""
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "reprise-index-"))
})
afterEach(() => rmSync(folder, { recursive: true }))

const answer = (sql: string, selection: Selection = { kind: "all" }) =>
  Effect.scoped(Effect.gen(function*() {
    const database = yield* openDatabase({ store: folder, selection })
    return { rows: (yield* database.query(sql)).rows, notes: database.notes }
  }))
const sumAll = answer("select count(*), sum(n)::bigint, count(distinct kind) from s")

/** Runs `from` to `to`, each with one table of two rows; their values are `2i` and `2i + 1`. */
const fill = (store: ReturnType<typeof madeStore>, run: number, from: number, to: number): void =>
  store.run({
    id: `r${run}`, startedAt: run,
    tasks: Array.from({ length: to - from }, (_, k) => from + k).map((i) => ({
      task: `s-${i}`, stage: "s", fingerprint: `f${i}`, coordinates: [{ sweep: null, values: { i } }],
      outputs: { t: store.table({ n: { type: "int32" }, kind: { type: "category" }, list: { type: "list", item: { type: "float64" } } }, [{ n: 2 * i, kind: `k${i % 3}`, list: [i] }, { n: 2 * i + 1, kind: "last", list: [] }]) }
    }))
  })
const sumTo = (tables: number) => [[2 * tables, tables * (2 * tables - 1), Math.min(tables, 3) + 1]]
const segments = () => readdirSync(join(folder, "index", "segments")).filter((name) => name.endsWith(".arrow"))

describe("the index of small tables", () => {
  it.effect("gathers many of them in a segment, and answers the same from it", () =>
    Effect.gen(function*() {
      const store = madeStore(folder)
      fill(store, 1, 0, 64)
      assert.deepStrictEqual((yield* sumAll).rows, sumTo(64))
      assert.strictEqual(segments().length, 1)
      rmSync(join(folder, "objects"), { recursive: true }) // from now on only the segment has them
      assert.deepStrictEqual((yield* sumAll).rows, sumTo(64))
      assert.deepStrictEqual((yield* answer("select n, kind, list, i from s where i = 41 order by n")).rows, [[82, "k2", [41], 41], [83, "last", [], 41]])
    }))

  it.effect("leaves a few alone, unless a run gathers them at its end", () =>
    Effect.gen(function*() {
      const store = madeStore(folder)
      fill(store, 1, 0, 10)
      assert.deepStrictEqual((yield* sumAll).rows, sumTo(10))
      assert.isFalse(existsSync(join(folder, "index")))
      warmIndex(store.paths)
      assert.strictEqual(segments().length, 1)
      assert.deepStrictEqual((yield* sumAll).rows, sumTo(10))
    }))

  it.effect("takes in what comes later, and merges small segments", () =>
    Effect.gen(function*() {
      const store = madeStore(folder)
      for (let run = 0; run < 7; run++) {
        fill(store, run, 2 * run, 2 * run + 2)
        warmIndex(store.paths)
        assert.deepStrictEqual((yield* sumAll).rows, sumTo(2 * run + 2))
      }
      assert.strictEqual(segments().length, 3)
    }))

  it.effect("is made anew when it is damaged or deleted", () =>
    Effect.gen(function*() {
      const store = madeStore(folder)
      fill(store, 1, 0, 64)
      yield* sumAll
      const path = join(folder, "index", "segments", segments()[0] ?? "")
      const bytes = readFileSync(path)
      bytes[1000] = (bytes[1000] ?? 0) ^ 1
      writeFileSync(path, bytes)
      assert.deepStrictEqual((yield* sumAll).rows, sumTo(64))
      writeFileSync(join(folder, "index", "segments", `${"0".repeat(64)}.arrow`), "nonsense")
      writeFileSync(join(folder, "index", "headers.ndjson"), "{nonsense")
      writeFileSync(join(folder, "index", "uses.ndjson"), "{\"version\":2,\"runs\":[],\"lines\":7}\n")
      assert.deepStrictEqual((yield* sumAll).rows, sumTo(64))
      assert.strictEqual(segments().length, 1)
      rmSync(join(folder, "index"), { recursive: true })
      assert.deepStrictEqual((yield* sumAll).rows, sumTo(64))
      assert.strictEqual(segments().length, 1)
    }))

  it.effect("does without where it cannot be written", () =>
    Effect.gen(function*() {
      const store = madeStore(folder)
      fill(store, 1, 0, 64)
      writeFileSync(join(folder, "index"), "not a folder")
      assert.deepStrictEqual((yield* sumAll).rows, sumTo(64))
    }))
})

describe("a damaged or missing object", () => {
  it.effect("is left out and named; a plan's own must be there", () =>
    Effect.gen(function*() {
      const store = madeStore(folder)
      fill(store, 1, 0, 3)
      const [lost, damaged] = readdirSync(join(folder, "objects")).flatMap((prefix) => readdirSync(join(folder, "objects", prefix)).map((rest) => join(folder, "objects", prefix, rest)))
      if (lost === undefined || damaged === undefined) throw new Error("the store has no objects")
      rmSync(lost)
      appendFileSync(damaged, "more")
      const { notes, rows } = yield* answer("select count(*) from s")
      assert.deepStrictEqual(rows, [[2]])
      assert.deepStrictEqual([...notes].sort(), [
        `left out: ${damaged}: the file is damaged: its bytes are not those that its name says`,
        `left out: the object ${lost} is not there`
      ])
      const digest = lost.slice(-65).replace("/", "")
      const task = { task: "s-1", stage: "s", outputs: { t: { digest, kind: "table", mediaType: "", bytes: 100, rows: 2 } }, coordinates: [{ sweep: null, values: {} }] } as const
      const error = yield* Effect.flip(answer("from s", { kind: "tasks", pipeline: "p", tasks: [task] }))
      assert.strictEqual(error.hint, "Run the pipeline again: it makes what is missing or damaged anew.")
    }))

  it.effect("is found when a large one is first scanned, and again when its file changed since", () =>
    Effect.gen(function*() {
      const store = madeStore(folder)
      const large = store.table({ v: { type: "float64" } }, Array.from({ length: 20_000 }, (_, v) => ({ v })))
      store.run({ id: "r", startedAt: 1, tasks: [{ task: "s", stage: "s", fingerprint: "f", outputs: { t: large } }] })
      assert.deepStrictEqual((yield* answer("select sum(v) from s")).rows, [[199_990_000]])
      const path = store.paths.object(large.digest)
      assert.include(readFileSync(join(folder, "index", "verified.ndjson"), "utf8"), large.digest)
      const bytes = readFileSync(path)
      bytes[5000] = (bytes[5000] ?? 0) ^ 1
      chmodSync(path, 0o644)
      writeFileSync(path, bytes)
      utimesSync(path, 1, statSync(path).mtimeMs / 1000 + 10)
      assert.include((yield* Effect.flip(answer("select sum(v) from s"))).message, `${path}: the file is damaged`)
    }))
})
