import * as api from "@duckdb/node-api"
import duckdb from "@duckdb/node-bindings"
import { afterEach, assert, beforeEach, describe, it } from "vitest"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { arrowSource, makeOpenTables, memorySource } from "../../src/query/parts.ts"
import { type Piece, registerScan, type Relation } from "../../src/query/arrow-scan.ts"
import { nullable, type TableSchema } from "../../src/table/schema.ts"
import { openTableWriter } from "../../src/table/write.ts"

const everyType = {
  f64: nullable({ type: "float64" }), f32: nullable({ type: "float32" }), i64: nullable({ type: "int64" }),
  i32: nullable({ type: "int32" }), u8: nullable({ type: "uint8" }), flag: nullable({ type: "bool" }),
  short: nullable({ type: "utf8" }), long: nullable({ type: "utf8" }), kind: nullable({ type: "category" }),
  at: nullable({ type: "timestamp" }), items: nullable({ type: "list", item: nullable({ type: "float64" }) }),
  words: nullable({ type: "list", item: { type: "utf8" } }),
  pair: nullable({ type: "fixedList", item: { type: "float32" }, size: 2 }),
  nested: { type: "list", item: { type: "list", item: { type: "int32" } } }
} as const satisfies TableSchema

/** Row `i`: every seventh row is null throughout. */
const rowOf = (i: number) => i % 7 === 3
  ? { f64: null, f32: null, i64: null, i32: null, u8: null, flag: null, short: null, long: null, kind: null, at: null, items: null, words: null, pair: null, nested: [] }
  : {
    f64: i / 3, f32: i / 4, i64: BigInt(i) * 1_000_000_007n, i32: -i, u8: i % 256, flag: i % 3 === 0,
    short: `s${i}`, long: `a longer text, number ${i}, with ünïcödé ${"x".repeat(i % 30)}`, kind: `category that is number ${i % 5}`,
    at: 1_700_000_000_000 + i, items: i % 5 === 0 ? [] : [i, null, i + 0.5], words: [`w${i}`, "a word of more than twelve letters"],
    pair: [i, -i], nested: [[i], [], [i, i + 1]]
  }

/** The same rows as SQL makes them, from DuckDB's own functions. */
const sameRows = (rows: number) => `
  select if(i % 7 = 3, null, i / 3) as f64, if(i % 7 = 3, null, (i / 4)::float) as f32,
    if(i % 7 = 3, null, i * 1000000007) as i64, if(i % 7 = 3, null, (-i)::int) as i32, if(i % 7 = 3, null, (i % 256)::utinyint) as u8,
    if(i % 7 = 3, null, i % 3 = 0) as flag, if(i % 7 = 3, null, 's' || i) as short,
    if(i % 7 = 3, null, 'a longer text, number ' || i || ', with ünïcödé ' || repeat('x', i % 30)) as long,
    if(i % 7 = 3, null, 'category that is number ' || (i % 5)) as kind,
    if(i % 7 = 3, null, make_timestamp_ms(1700000000000 + i)::timestamp_ms) as at,
    if(i % 7 = 3, null, if(i % 5 = 0, []::double[], [i::double, null, i + 0.5])) as items,
    if(i % 7 = 3, null, ['w' || i, 'a word of more than twelve letters']) as words,
    if(i % 7 = 3, null, [i, -i])::float[2] as pair,
    if(i % 7 = 3, []::int[][], [[i::int], []::int[], [i::int, (i + 1)::int]]) as nested
  from (select range::bigint as i from range(${rows}))`

describe("a scan of stored tables", () => {
  let folder = ""
  let closing: Array<() => void> = []
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "scan-"))
    closing = []
  })
  afterEach(() => {
    for (const close of closing.toReversed()) close()
    rmSync(folder, { recursive: true })
  })

  const connect = async (relations: Readonly<Record<string, Relation>>) => {
    const instance = await api.DuckDBInstance.create(":memory:")
    const connection = await instance.connect()
    const open = makeOpenTables()
    closing.push(() => instance.closeSync(), () => connection.closeSync(), open.closeAll)
    registerScan(api, duckdb, connection, new Map(Object.entries(relations)), open)
    for (const name of Object.keys(relations)) await connection.run(`create view ${name} as from stored_table('${name}')`)
    return async (sql: string) => (await connection.runAndReadAll(sql)).getRowsJson()
  }
  const writeTable = (name: string, schema: TableSchema, rows: ReadonlyArray<Readonly<Record<string, unknown>>>) => {
    const path = join(folder, name)
    const writer = openTableWriter(path, schema)
    writer.append(rows)
    writer.close()
    return arrowSource(path)
  }
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)
  const columnsOf = (schema: TableSchema) => Object.entries(schema).map(([name, type]) => ({ name, type, from: { column: name } }))
  const whole = (source: Piece["source"], rows: number, constants: Piece["constants"] = []): Piece => ({ source, start: 0, rows, constants })

  it("gives every type and null as DuckDB itself makes them", async () => {
    const source = writeTable("all.arrow", everyType, range(0, 2500).map(rowOf))
    const query = await connect({ t: { columns: columnsOf(everyType), pieces: () => [whole(source, 2500)] } })
    assert.deepEqual(await query("select count(*) from t"), [["2500"]])
    assert.deepEqual(await query(`(from t except all (${sameRows(2500)})) union all ((${sameRows(2500)}) except all from t)`), [])
    assert.deepEqual(await query("select i64, kind, pair from t where f64 = 2496 / 3"), [["2496000017472", "category that is number 1", [2496, -2496]]])
  })

  it("strings pieces of many files together, in order, with constants beside them", async () => {
    const pieces = range(0, 120).map((i) =>
      ({ ...whole(writeTable(`${i}.arrow`, everyType, range(3 * i, 3 * i + 3).map(rowOf)), 3, [i, i % 2 === 0 ? null : `axis value number ${i}`]) }))
    const query = await connect({
      t: {
        columns: [...columnsOf(everyType), { name: "n", type: { type: "int64" }, from: { constant: 0 } }, { name: "axis", type: { type: "utf8" }, from: { constant: 1 } }],
        pieces: () => pieces
      }
    })
    assert.deepEqual(await query(`(select * exclude (n, axis) from t except all (${sameRows(360)}))`), [])
    assert.deepEqual(await query("select n, axis, i32 from t where i32 between -302 and -299"),
      [["99", "axis value number 99", -299], ["100", null, -300], ["100", null, -301], ["100", null, -302]])
    assert.deepEqual(await query("select count(axis), count(distinct axis), count(*) from t"), [["180", "60", "360"]])
  })

  it("takes a stretch of a table's rows, over the bounds of its batches", async () => {
    const schema = { x: { type: "fixedList", item: { type: "float32" }, size: 1000 }, i: { type: "int32" } } as const
    const source = writeTable("wide.arrow", schema, range(0, 5000).map((i) => ({ x: new Float32Array(1000).fill(i), i })))
    const query = await connect({ t: { columns: columnsOf(schema), pieces: () => [{ source, start: 2000, rows: 2500, constants: [] }] } })
    assert.deepEqual(await query("select count(*), min(i), max(i), sum((x[1000] = i and x[1] = i)::int) from t"), [["2500", 2000, 4499, "2500"]])
  })

  it("widens what older tables held in a narrower type, and gives null where they had no such column", async () => {
    const old = writeTable("old.arrow", { a: { type: "int32" }, b: { type: "int32" }, c: { type: "category" }, d: { type: "fixedList", item: { type: "float32" }, size: 2 } },
      [{ a: 1, b: 2, c: "x", d: [1, 2] }])
    const young = writeTable("new.arrow", { a: { type: "float64" }, b: { type: "utf8" }, c: { type: "utf8" }, d: { type: "list", item: { type: "float64" } }, e: { type: "bool" } },
      [{ a: 0.5, b: "two", c: "y", d: [3, 4, 5], e: true }])
    const columns = columnsOf({ a: { type: "float64" }, b: { type: "utf8" }, c: { type: "utf8" }, d: { type: "list", item: { type: "float64" } }, e: { type: "bool" } })
    const query = await connect({ t: { columns, pieces: () => [whole(old, 1), whole(young, 1)] } })
    assert.deepEqual(await query("from t"), [[1, "2", "x", [1, 2], null], [0.5, "two", "y", [3, 4, 5], true]])
  })

  it("scans values in memory", async () => {
    const source = memorySource("m", { name: ["a", null, "a text of more than twelve letters"], moment: [0, 1000, null], list: [[1, 2], [], null] })
    const query = await connect({
      t: { columns: columnsOf({ name: { type: "utf8" }, moment: { type: "timestamp" }, list: { type: "list", item: { type: "int32" } } }), pieces: () => [whole(source, 3)] }
    })
    assert.deepEqual(await query("select name, epoch_ms(moment), list from t"), [["a", "0", [1, 2]], [null, "1000", []], ["a text of more than twelve letters", null, null]])
  })

  it("says which file is damaged instead of failing", async () => {
    const query = await connect({ t: { columns: columnsOf({ a: { type: "int32" } }), pieces: () => [whole(arrowSource(join(folder, "gone.arrow")), 1)] } })
    const error = await query("from t").then(() => "", (cause: unknown) => String(cause))
    assert.include(error, "gone.arrow")
  })
})
