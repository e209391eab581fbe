import { describe, expect, it } from "vitest"
import { formatProblems } from "../../src/spec/format.ts"
import type { Problem } from "../../src/spec/source.ts"

const problem = (line: number, column: number, more: Partial<Problem> = {}): Problem => ({ file: "a.yaml", position: { line, column }, path: "params.x", message: "is wrong", ...more })

/** The character of the shown line that the caret stands under. */
const pointedAt = (formatted: string): string | undefined => {
  const [, line = "", caret = ""] = formatted.split("\n")
  return line.charAt(caret.indexOf("^"))
}

describe("formatProblems", () => {
  it("shows the place, the line with a caret, and the hint", () => {
    expect(formatProblems([problem(2, 6, { hint: "write y" })], "one\ntwo: x\n")).toBe([
      "a.yaml:2:6 params.x: is wrong",
      "  2 | two: x",
      "    |      ^",
      "    = hint: write y"
    ].join("\n"))
  })
  it("separates problems by an empty line, and leaves out a path that is empty", () => {
    expect(formatProblems([problem(1, 1, { path: "" }), problem(9, 1)], "abc")).toBe("a.yaml:1:1: is wrong\n  1 | abc\n    | ^\n\na.yaml:9:1 params.x: is wrong")
  })
  it("shows an option of the command line where the place is in one", () => {
    expect(formatProblems([{ file: "<command line>", position: { line: 1, column: 7 }, path: "", message: "no", excerpt: "--set x=1" }], "unrelated")).toBe(
      "<command line>:1:7: no\n   | --set x=1\n   |       ^"
    )
  })
  it("points under the right character behind tabs, wide characters and emoji", () => {
    expect(formatProblems([problem(1, 2)], "\tx: 1").split("\n").slice(1)).toEqual(["  1 |     x: 1", "    |     ^"])
    expect(formatProblems([problem(1, 3)], "漢字x").split("\n").slice(1)).toEqual(["  1 | 漢字x", "    |     ^"])
    expect(formatProblems([problem(1, 3)], "😀x").split("\n").slice(1)).toEqual(["  1 | 😀x", "    |   ^"])
    expect(formatProblems([problem(1, 3)], "e\u0301x").split("\n").slice(1)).toEqual(["  1 | e\u0301x", "    |  ^"])
  })
  it("shows a window of a long line", () => {
    const line = `${"a".repeat(500)}X${"b".repeat(500)}`
    for (const width of [40, 80, 100]) {
      for (const column of [1, 10, 30, 60, 90, 400, 501, 990, 1001]) {
        const formatted = formatProblems([problem(1, column)], line, { width })
        for (const shown of formatted.split("\n").slice(1)) expect(shown.length).toBeLessThanOrEqual(width)
        expect(pointedAt(formatted)).toBe(line.charAt(column - 1))
      }
    }
    expect(pointedAt(formatProblems([problem(1, 501)], line))).toBe("X")
  })
  it("works for CRLF, for a byte order mark and past the end of a line", () => {
    expect(formatProblems([problem(2, 4)], "\uFEFFone\r\ntwo\r\n")).toBe("a.yaml:2:4 params.x: is wrong\n  2 | two\n    |    ^")
  })
  it("lets nothing from the file reach the terminal as a command", () => {
    const formatted = formatProblems([problem(1, 1, { message: "bad \u001B[2J", path: "\u001B]0;x" })], "\u001B[31mred\u202Eesrever")
    expect(formatted).not.toMatch(/(?!\n)[\p{Cc}\u202E]/u)
  })
  it("uses colours only where asked", () => {
    expect(formatProblems([problem(1, 1)], "x")).not.toContain("\u001B")
    expect(formatProblems([problem(1, 1)], "x", { colours: true })).toContain("\u001B[31m^\u001B[0m")
  })
})
