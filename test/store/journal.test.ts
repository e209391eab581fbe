import { afterEach, assert, beforeEach, describe, it } from "vitest"
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openJournal, readJournal } from "../../src/store/journal.ts"

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "reprise-journal-"))
  path = join(folder, "lines.ndjson")
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

interface Line {
  readonly n: number
  readonly text: string
}
const isLine = (value: unknown): value is Line => typeof value === "object" && value !== null && "n" in value && "text" in value
const write = (lines: Iterable<Line>): void => {
  const journal = openJournal(path)
  for (const line of lines) journal.append(line)
  journal.close()
}

describe("a journal", () => {
  it("gives back what was written, also where lines are longer than what is read at once", () => {
    const lines = [{ n: 0, text: "" }, { n: 1, text: "ä€𝄞\n\"\\".repeat(1000) }, { n: 2, text: "€".repeat(3_000_000) }, { n: 3, text: "x" }]
    write(lines)
    assert.deepStrictEqual(readJournal(path, isLine), lines)
  })

  it("gives back every line, wherever the portions end", () => {
    const lines = Array.from({ length: 60_000 }, (_, n) => ({ n, text: "é".repeat(n % 97) }))
    write(lines)
    const read = readJournal(path, isLine)
    assert.lengthOf(read, lines.length)
    assert.isTrue(read.every(({ n, text }, at) => n === at && text === lines[at]?.text))
  })

  it("passes over half a line at the end, a cut one in the middle, and what has another shape", () => {
    writeFileSync(path, '{"n":1,"text":"a"}\n{"n":2,"te\n{"n":3,"text":"c"}\n{"other":true}\n\n{"n":4,"text":"d"}')
    assert.deepStrictEqual(readJournal(path, isLine).map(({ n }) => n), [1, 3, 4])
    appendFileSync(path, '\n{"n":5,')
    assert.deepStrictEqual(readJournal(path, isLine).map(({ n }) => n), [1, 3, 4])
  })

  it("is empty where there is none, and is not where it cannot be read", () => {
    assert.deepStrictEqual(readJournal(path, isLine), [])
    writeFileSync(path, "")
    assert.deepStrictEqual(readJournal(path, isLine), [])
    assert.throws(() => readJournal(folder, isLine), /Cannot read/)
  })
})
