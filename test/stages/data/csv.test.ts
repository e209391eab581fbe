import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import csv from "../../../stages/data/csv.ts"
import { parseCsv } from "../../../stages/data/lib/csv.ts"
import { attemptStage, runStage, temporaryFolder } from "../run-stage.ts"

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

describe("data/csv", () => {
  const project = (text: string) => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, "values.csv"), text)
    return folder
  }

  it("is a table with the file's columns", async () => {
    const ran = await runStage(csv, { file: "values.csv" }, { project: project("panel,x,seed\nd,0.5,\nd,1,3\n") })
    expect(ran.outputs["data"]?.kind).toBe("table")
    expect(ran.rows("data")).toEqual([
      { panel: "d", x: 0.5, seed: null },
      { panel: "d", x: 1, seed: 3n }
    ])
  })

  it("names the file and the line of a mistake", async () => {
    const { error } = await attemptStage(csv, { file: "values.csv", columns: { x: "int64" } }, { project: project("x\n1\n0.5\n") })
    expect(error?.message).toBe("values.csv:3: \"0.5\" in the column x is no int64.")
    const absent = await attemptStage(csv, { file: "other.csv" }, { project: project("x\n") })
    expect(absent.error?.message).toMatch(/There is no readable file at .*other\.csv/)
  })
})
