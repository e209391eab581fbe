import { describe, expect, it } from "vitest"
import { columns, count, duration, indent } from "../../src/cli/columns.ts"

describe("columns", () => {
  it("aligns numbers to the right and text to the left", () => {
    expect(columns([["data", "1"], ["teacher", "20"]], ["stage", "tasks"])).toBe(
      ["stage    tasks", "data         1", "teacher     20"].join("\n")
    )
  })
  it("leaves no space at the end of a line, and takes an empty table", () => {
    expect(columns([["a", "x"], ["bb", ""]])).toBe("a   x\nbb")
    expect(columns([])).toBe("")
  })
})

describe("words for numbers", () => {
  it("count things", () => {
    expect([count(0, "task"), count(1, "task"), count(12_000, "task")]).toEqual(["0 tasks", "1 task", "12,000 tasks"])
  })
  it("give durations in the unit that fits", () => {
    expect([7.4, 2400, 59_960, 200_000, 7_500_000].map(duration)).toEqual(["7 ms", "2.4 s", "60.0 s", "3 min 20 s", "2 h 05 min"])
  })
  it("indent, empty lines excepted", () => {
    expect(indent("a\n\nb")).toBe("  a\n\n  b")
  })
})
