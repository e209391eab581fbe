import { assert, describe, it } from "vitest"
import type { QueryResult } from "../../src/query/database.ts"
import { displayWidth, formatResult, shortNumber } from "../../src/query/format.ts"
import type { ColumnType } from "../../src/table/schema.ts"

const result = (columns: Readonly<Record<string, ColumnType["type"]>>, rows: QueryResult["rows"]): QueryResult => ({
  columns: Object.entries(columns).map(([name, type]) => ({ name, type, column: type === "list" ? { type, item: { type: "float64" } } : type === "fixedList" ? { type, item: { type: "float64" }, size: 1 } : { type } })),
  rows
})
const small = result({ name: "utf8", value: "float64", at: "timestamp", items: "list" }, [
  ["a", 1 / 3, new Date("2026-01-31T12:00:00.500Z"), [1, null]],
  [null, 1e-9, new Date("2026-01-31T12:00:00Z"), []],
  ["with \"quotes\", and\nlines", 12345678, null, null]
])

describe("an answer", () => {
  it("as a terminal's table: aligned, six digits, NULL spelt out", () => {
    assert.strictEqual(formatResult(small, "table"), [
      "name                         value  at                     items",
      "────────────────────────  ────────  ─────────────────────  ─────────",
      "a                         0.333333  2026-01-31 12:00:00.5  [1, NULL]",
      "NULL                         1e-9  2026-01-31 12:00:00    []",
      "with \"quotes\", and lines  12345678  NULL                   NULL"
    ].join("\n").replace("   1e-9", "    1e-9"))
  })

  it("as CSV, which tells no value from an empty text", () => {
    assert.strictEqual(formatResult(result({ a: "utf8", b: "float64" }, [["", 1 / 3], [null, null], ["x,\"y\"\nz", 1e21]]), "csv"),
      "a,b\n\"\",0.3333333333333333\n,\n\"x,\"\"y\"\"\nz\",1e+21")
  })

  it("as JSON, with full numbers and text for what JSON has not", () => {
    const odd = result({ n: "int64", f: "float64", a: "utf8" }, [[9007199254740993n, Number.NaN, { deep: [1n, new Date(0)] }]])
    assert.deepEqual(JSON.parse(formatResult(odd, "json")), [{ n: "9007199254740993", f: "NaN", a: { deep: ["1", "1970-01-01T00:00:00.000Z"] } }])
    assert.strictEqual(formatResult(result({ a: "int32" }, [[1], [2]]), "ndjson"), "{\"a\":1}\n{\"a\":2}")
    const twice = { columns: [...result({ a: "int32" }, []).columns, ...result({ a: "int32" }, []).columns], rows: [[1, 2]] }
    assert.strictEqual(formatResult(twice, "ndjson"), "{\"a\":1,\"a_2\":2}")
  })

  it("as Markdown, numbers to the right", () => {
    assert.strictEqual(formatResult(result({ "a|b": "utf8", n: "float64" }, [["x|y", 0.1 + 0.2]]), "markdown"), "| a\\|b | n |\n| --- | ---: |\n| x\\|y | 0.3 |")
  })
})

describe("a table on a terminal", () => {
  const wide = result({ first: "utf8", second: "utf8", third: "utf8" }, [["a".repeat(30), "b".repeat(30), "c".repeat(30)]])

  it("fits the line, the widest columns giving way", () => {
    const lines = formatResult(wide, "table", { width: 40 }).split("\n")
    assert.isTrue(lines.every((line) => displayWidth(line) <= 40), lines.join("\n"))
    assert.strictEqual(lines[2], "aaaaaaaaaaa…  bbbbbbbbbbb…  ccccccccccc…")
  })

  it("leaves out columns that do not fit at all, and names them", () => {
    const lines = formatResult(wide, "table", { width: 20 }).split("\n")
    assert.deepEqual(lines, ["first     second", "────────  ────────", "aaaaaaa…  bbbbbbb…", "… 1 more column (th…"])
  })

  it("shows forty rows and says how many more there are", () => {
    const long = result({ n: "int32" }, Array.from({ length: 1042 }, (_, i) => [i]))
    const lines = formatResult(long, "table").split("\n")
    assert.strictEqual(lines.length, 43)
    assert.strictEqual(lines.at(-1), "… 1,002 more rows; --all shows everything")
    assert.strictEqual(formatResult(long, "table", { all: true }).split("\n").length, 1044)
    assert.strictEqual(formatResult(result({ n: "int32" }, []), "table"), "n\n─\n(no rows)")
  })

  it("counts what a character takes on the screen", () => {
    assert.strictEqual(displayWidth("ε = 0.1"), 7)
    assert.strictEqual(displayWidth("日本"), 4)
    assert.strictEqual(displayWidth("e\u0301"), 1)
  })
})

describe("numbers", () => {
  it("have six significant digits", () => {
    const cases: ReadonlyArray<readonly [number, string]> = [[0.1 + 0.2, "0.3"], [1234567.8, "1234570"], [1e-7 / 3, "3.33333e-8"], [100000000, "100000000"], [-0.99999999, "-1"], [Infinity, "inf"], [Number.NaN, "NaN"]]
    for (const [number, text] of cases) assert.strictEqual(shortNumber(number), text)
  })
})
