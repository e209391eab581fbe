import { describe, expect, it } from "vitest"
import { parseCsv } from "../../../stages/data/lib/csv.ts"

describe("reading CSV", () => {
  it("infers the narrowest type of each column and reads empty fields as nulls", () => {
    expect(parseCsv("panel,x,runs,done\nd,0.5,3,true\nm,1e2,,false\n")).toEqual({
      schema: {
        panel: { type: "category", nullable: true },
        x: { type: "float64", nullable: true },
        runs: { type: "int64", nullable: true },
        done: { type: "bool", nullable: true }
      },
      rows: [
        { panel: "d", x: 0.5, runs: 3, done: true },
        { panel: "m", x: 100, runs: null, done: false }
      ]
    })
  })

  it("takes the type that is asked for", () => {
    const table = parseCsv("x\n1\n2\n", { x: "float64" })
    expect("schema" in table && table.schema["x"]?.type).toBe("float64")
  })

  it("reads quoted commas, quotes, line ends, CRLF and a byte-order mark", () => {
    const table = parseCsv("\ufeffa,b\r\n\"x, \"\"y\"\"\",\"two\nlines\"\r\n")
    expect("rows" in table && table.rows).toEqual([{ a: "x, \"y\"", b: "two\nlines" }])
  })

  it.each([
    ["", 1, "the file is empty"],
    ["a,a\n", 1, "named twice"],
    ["a,b\n1,2\n3\n", 3, "1 fields where the header names 2"],
    ["a\n\"open\n", 2, "not closed"],
    ["a\nx\"y\"\n", 2, "inside an unquoted field"]
  ])("says in which line %j is wrong", (text, line, message) => {
    expect(parseCsv(text)).toEqual({ line, message: expect.stringContaining(message) })
  })

  it("says which field is not of the type asked for, and which column is not there", () => {
    expect(parseCsv("a\n1\nmany\n", { a: "int64" })).toEqual({ line: 3, message: "\"many\" in the column a is no int64" })
    expect(parseCsv("a\n1\n", { b: "int64" })).toEqual({ line: 1, message: "there is no column b; the columns are a" })
  })
})
