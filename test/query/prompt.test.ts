import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { PassThrough } from "node:stream"
import type { Database } from "../../src/query/database.ts"
import { QueryError } from "../../src/query/error.ts"
import { complete, isComplete, runPrompt } from "../../src/query/prompt.ts"

const asked: Array<string> = []
const answerOf = (sql: string) => ({ columns: [{ name: "sql", type: "VARCHAR", column: { type: "utf8" } } as const], rows: [[sql]] })
const database: Database = {
  pipeline: "p",
  tables: [{ schema: "p", name: "student", columns: ["accuracy", "lr"] }, { schema: "other one", name: "x", columns: [] }, { schema: "main", name: "runs", columns: ["run"] }],
  notes: [],
  remarks: () => [],
  query: (sql) => Effect.succeed(answerOf(sql)),
  script: (sql) => sql.includes("wrong") ? new QueryError({ message: "No.", hint: "Try again." }) : Effect.sync(() => {
    asked.push(sql)
    return [answerOf(sql)]
  })
}

describe("the prompt", () => {
  it.live("takes statements over several lines, tells mistakes, and remembers", () =>
    Effect.gen(function*() {
      const folder = mkdtempSync(join(tmpdir(), "reprise-prompt-"))
      const [input, output] = [new PassThrough(), new PassThrough()]
      const chunks: Array<string> = []
      output.on("data", (chunk) => chunks.push(String(chunk)))
      input.end("select 1\n  + 1;\n\n.tables\nwrong;\n.nonsense\n.schema student\n.quit\nselect 'never asked';\n")
      yield* runPrompt(database, { input, output, history: join(folder, "deep", "history"), width: () => 80 })
      const text = chunks.join("")
      assert.deepStrictEqual(asked, ["select 1\n  + 1;"])
      assert.include(text, "student  (accuracy, lr)\n\"other one\".x  ()\nruns  (run)")
      assert.include(text, "No.\nTry again.")
      assert.include(text, "There is no .nonsense.")
      assert.include(text, "describe student")
      assert.strictEqual(readFileSync(join(folder, "deep", "history"), "utf8"), "select 1 + 1;\n.tables\nwrong;\n.nonsense\n.schema student\n")
      rmSync(folder, { recursive: true })
    }))

  it("knows when a statement ends", () => {
    const cases: ReadonlyArray<readonly [string, boolean]> = [
      ["select 1", false], ["select 1;", true], ["select 1; -- done", true], ["select ';", false], ["select ';'", false], ["select 'it''s;';", true], ["select \";\"", false], ["select 1 /* ; */", false], ["-- ;", false]
    ]
    for (const [text, ends] of cases) assert.strictEqual(isComplete(text), ends, text)
  })

  it("completes tables, columns, words and commands", () => {
    assert.deepStrictEqual(complete("select acc", database), [["accuracy"], "acc"])
    assert.deepStrictEqual(complete("from stu", database), [["student"], "stu"])
    assert.deepStrictEqual(complete(".s", database), [[".schema"], ".s"])
    assert.deepStrictEqual(complete("sele", database), [["select"], "sele"])
    assert.deepStrictEqual(complete("select ", database), [[], ""])
  })
})
