import { existsSync, readFileSync } from "node:fs"
import { assert, beforeAll, describe, it } from "vitest"
import { haveVectors } from "./conformance.ts"
import { operatorsPage, type Results, runAll } from "./table.ts"

const page = new URL("../../../docs/operators.md", import.meta.url)

describe.skipIf(!haveVectors)("ONNX's own test vectors (skipped without the Debian package libonnx-testdata)", () => {
  let results: Results = new Map()
  beforeAll(async () => {
    results = await runAll()
  }, 300_000)

  it("come out right by the interpreter and by onnxruntime wherever they are not refused", () => {
    const wrong = [...results.values()].flat().filter(({ interpreter, runtime }) => interpreter.outcome === "wrong" || runtime.outcome === "wrong")
    assert.deepStrictEqual(wrong, [])
  })

  it("are refused only where the published page says so", () => {
    const published = existsSync(page) ? readFileSync(page, "utf8") : ""
    assert.strictEqual(published, operatorsPage(results), "docs/operators.md is out of date; run: node scripts/conformance.ts")
  })
})
