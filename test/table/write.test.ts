import { tableFromArrays, tableFromIPC, tableToIPC } from "apache-arrow"
import { assert, describe, it } from "vitest"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { TableError } from "../../src/table/error.ts"
import { readSchema, readTable } from "../../src/table/read.ts"
import {
  Bool, Category, column, fixedListOf, Float32, Float64, Int32, Int64, listOf, nullable, type TableSchema, Timestamp, UInt8, Utf8
} from "../../src/table/schema.ts"
import { openTableWriter, type Row } from "../../src/table/write.ts"
import { temporaryFolder } from "./folder.ts"

const everyType = {
  f64: Float64, f32: Float32, i64: Int64, i32: Int32, u8: UInt8, flag: Bool, word: Utf8, kind: Category, at: Timestamp,
  items: listOf(Float64), pair: fixedListOf(Float32, 2), nested: listOf(listOf(Category)), words: listOf(nullable(Utf8)),
  image: fixedListOf(fixedListOf(UInt8, 2), 2)
} as const

const rowOf = (i: number) => ({
  f64: i / 3, f32: i / 4, i64: BigInt(i) * 2n ** 40n, i32: 1 - i, u8: i % 256, flag: i % 3 === 0, word: `wörd ${i}`, kind: `kind ${i % 3}`,
  at: new Date(1_700_000_000_000 + i), items: Array.from({ length: i % 4 }, (_, k) => k + i), pair: [i, -i],
  nested: [[`a${i % 2}`], []], words: [null, "x".repeat(i % 20)], image: [[i % 256, 1], [2, 3]]
})

/** A cell as plain JSON-like data, whichever library read it. */
const plain = (value: unknown): unknown =>
  value === null || value === undefined ? null
    : typeof value === "bigint" ? Number(value)
    : value instanceof Date ? value.getTime()
    : typeof value === "object" && Symbol.iterator in value && typeof value[Symbol.iterator] === "function" ? Array.from(iterate(value), plain)
    : value
const iterate = (value: object): Iterable<unknown> => (isIterable(value) ? value : [])
const isIterable = (value: object): value is Iterable<unknown> => Symbol.iterator in value

describe("a table file", () => {
  const at = temporaryFolder()
  const write = (path: string, schema: TableSchema, rows: ReadonlyArray<Row>, metadata: Readonly<Record<string, string>> = {}) => {
    const writer = openTableWriter(path, schema, metadata)
    writer.append(rows)
    return writer.close()
  }
  const rowsOf = (path: string) => {
    const { columns, rows } = readTable(path)
    return Array.from({ length: rows }, (_, i) => Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, plain(values[i])])))
  }
  const rows = Array.from({ length: 50 }, (_, i) => rowOf(i))
  const plainRows = rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)])))

  it("gives back every type as it was written", () => {
    assert.strictEqual(write(at("t.arrow"), everyType, rows, { paper: "2410.23677" }), 50)
    assert.deepEqual(rowsOf(at("t.arrow")), plainRows)
    assert.deepEqual(readSchema(at("t.arrow")), { schema: everyType, metadata: { paper: "2410.23677" }, rows: 50 })
  })

  it("reads the same in apache-arrow, as a file and as a stream", () => {
    write(at("t.arrow"), everyType, rows)
    const bytes = readFileSync(at("t.arrow"))
    for (const input of [bytes, bytes.subarray(8)]) { // after the magic, a file with one batch is a stream
      const table = tableFromIPC(input)
      assert.deepEqual(table.toArray().map((row: Iterable<readonly [string, unknown]>) => Object.fromEntries(Array.from(row, ([name, value]) => [name, plain(value)]))), plainRows)
    }
    assert.strictEqual(tableFromIPC(bytes).schema.fields.map((field) => `${field.name} ${field.type}${field.nullable ? "?" : ""}`).join("; "),
      "f64 Float64; f32 Float32; i64 Int64; i32 Int32; u8 Uint8; flag Bool; word Utf8; kind Dictionary<Int32, Utf8>; at Timestamp<MILLISECOND, UTC>; items List<Float64>; pair FixedSizeList[2]<Float32>; nested List<List<Dictionary<Int32, Utf8>>>; words List<Utf8>; image FixedSizeList[2]<FixedSizeList[2]<Uint8>>")
  })

  it("keeps nulls apart from zeros and empty texts", () => {
    const schema = { a: nullable(Float64), b: nullable(Utf8), c: nullable(Category), d: nullable(Int64), e: nullable(Bool), f: nullable(listOf(Int32)), g: nullable(fixedListOf(Utf8, 2)), h: nullable(Timestamp) }
    const nothing = { a: null, b: null, c: null, d: null, e: null, f: null, g: null, h: null }
    const something = { a: 0, b: "", c: "", d: 0, e: false, f: [], g: ["", ""], h: 0 }
    const mixed = Array.from({ length: 20 }, (_, i) => i % 3 === 1 ? nothing : something)
    write(at("n.arrow"), schema, mixed)
    assert.deepEqual(rowsOf(at("n.arrow")), mixed)
    const theirs = tableFromIPC(readFileSync(at("n.arrow"))).toArray()
    assert.deepEqual(theirs.map((row: Iterable<readonly [string, unknown]>) => Object.fromEntries(Array.from(row, ([name, value]) => [name, plain(value)]))), mixed)
  })

  it("reads what apache-arrow writes", () => {
    const table = tableFromArrays({ x: Float64Array.from([1, 2.5]), y: Int32Array.from([3, -4]), s: ["one", "two"] })
    writeFileSync(at("theirs.arrow"), tableToIPC(table, "file"))
    const { columns, schema } = readTable(at("theirs.arrow"))
    assert.deepEqual({ x: plain(columns["x"]), y: plain(columns["y"]), s: plain(columns["s"]) }, { x: [1, 2.5], y: [3, -4], s: ["one", "two"] })
    assert.deepEqual(Object.values(schema).map((type) => type.type), ["float64", "int32", "category"])
  })

  it("writes the same bytes for the same rows, however they were handed over", () => {
    const schema = { a: Float64, s: Utf8, k: Category, v: listOf(Int32), n: nullable(Int32) } as const
    const many = Array.from({ length: 70_000 }, (_, i) => ({ a: i, s: `s${i % 100}`, k: `k${i % 7}`, v: [i], n: i % 5 === 0 ? null : i }))
    write(at("a.arrow"), schema, many)
    const writer = openTableWriter(at("b.arrow"), schema)
    writer.append(many.slice(0, 3))
    writer.append([])
    const rest = many.slice(3)
    writer.appendColumns({ a: Float64Array.from(rest, (row) => row.a), s: rest.map((row) => row.s), k: rest.map((row) => row.k), v: rest.map((row) => Int32Array.from(row.v)), n: rest.map((row) => row.n) })
    writer.close()
    assert.isTrue(readFileSync(at("a.arrow")).equals(readFileSync(at("b.arrow"))))
    const { columns, rows } = readTable(at("b.arrow"))
    assert.strictEqual(rows, 70_000)
    assert.instanceOf(columns["a"], Float64Array)
    assert.strictEqual(columns["a"]?.[69_999], 69_999)
    assert.strictEqual(columns["k"]?.[69_999], `k${69_999 % 7}`)
    assert.strictEqual(tableFromIPC(readFileSync(at("b.arrow"))).batches.length, 2)
  })

  it("gives numbers without nulls as typed arrays", () => {
    write(at("t.arrow"), everyType, rows)
    const { columns } = readTable(at("t.arrow"))
    const kinds = Object.entries(columns).map(([name, values]) => `${name} ${values.constructor.name}`).join(", ")
    assert.strictEqual(kinds, "f64 Float64Array, f32 Float32Array, i64 BigInt64Array, i32 Int32Array, u8 Uint8Array, flag Array, word Array, kind Array, at Float64Array, items Array, pair Array, nested Array, words Array, image Array")
    assert.instanceOf(columns["pair"]?.[3], Float32Array)
  })

  it("is an Arrow file even without rows", () => {
    assert.strictEqual(write(at("empty.arrow"), everyType, []), 0)
    assert.deepEqual(rowsOf(at("empty.arrow")), [])
    assert.strictEqual(tableFromIPC(readFileSync(at("empty.arrow"))).schema.fields.length, 14)
  })

  it("keeps what a column means", () => {
    const schema = { eps: column(Float64, "step size, L2") }
    write(at("doc.arrow"), schema, [{ eps: 0.01 }])
    assert.deepEqual(readSchema(at("doc.arrow")).schema, schema)
    assert.strictEqual(tableFromIPC(readFileSync(at("doc.arrow"))).schema.fields[0]?.metadata.get("doc"), "step size, L2")
  })

  it("writes a long table batch by batch", () => {
    const writer = openTableWriter(at("long.arrow"), { x: fixedListOf(Float32, 1000) })
    for (let i = 0; i < 50; i++) writer.appendColumns({ x: new Float32Array(100 * 1000).fill(i) })
    assert.strictEqual(writer.close(), 5000)
    const table = tableFromIPC(readFileSync(at("long.arrow")))
    assert.deepEqual(table.batches.map((batch) => batch.numRows), [2097, 2097, 806])
    assert.strictEqual(table.getChildAt(0)?.get(4999)?.get(999), 49)
  })

  describe("says which column and row a wrong value is in", () => {
    const schema = { a: Float64, n: Int32, s: Utf8, l: fixedListOf(Int32, 2) }
    const good = { a: 1, n: 1, s: "", l: [1, 2] }
    const cases: ReadonlyArray<readonly [string, Row, string]> = [
      ["a missing column", { a: 1, n: 1, s: "" }, 'row 1 lacks column "l" (declared are a, n, s, l)'],
      ["a surplus column", { ...good, z: 1 }, 'row 1 has the surplus column "z" (declared are a, n, s, l)'],
      ["a wrong type", { ...good, a: "0.5" }, 'column "a", row 1: "0.5" is not a number'],
      ["a fraction for an integer", { ...good, n: 1.5 }, 'column "n", row 1: 1.5 is not a 32-bit integer'],
      ["an integer that is too large", { ...good, n: 2 ** 31 }, 'column "n", row 1: 2147483648 is not a 32-bit integer'],
      ["a null", { ...good, s: null }, 'column "s", row 1: null is not a value (the column is not nullable)'],
      ["a list of another length", { ...good, l: [1, 2, 3] }, 'column "l", row 1: [1,2,3] is not a list of 2 items'],
      ["a wrong item", { ...good, l: [1, "2"] }, 'column "l", row 1: "2" is not a 32-bit integer'],
      ["undefined", { ...good, a: undefined }, 'column "a", row 1: undefined is not a number']
    ]
    for (const [name, row, message] of cases) {
      it(name, () => {
        const writer = openTableWriter(at("bad.arrow"), schema)
        assert.throws(() => writer.append([good, row]), TableError, message)
        assert.throws(() => writer.append([good]), TableError, "after the table had failed")
        assert.throws(() => writer.close(), TableError, "cannot be finished")
        writer.abort()
        assert.isFalse(existsSync(at("bad.arrow")))
      })
    }

    it("columns of different lengths", () => {
      const writer = openTableWriter(at("bad.arrow"), { a: Float64, b: Float64 })
      assert.throws(() => writer.appendColumns({ a: [1, 2], b: [1] }), TableError, 'column "b" has 1 rows, but "a" has 2')
      writer.abort()
    })

    it("a folder that is not there", () => {
      assert.throws(() => openTableWriter(at("nowhere/t.arrow"), {}), TableError, "the table cannot be written (ENOENT")
    })
  })
})
